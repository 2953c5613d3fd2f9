/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <kernel/backtrace.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>
#include <lib/vsnprintf.h>

/*
 * Backtraces by the chain of frame pointers.
 *
 * Each function pushes EBP and points EBP at the saved value. A frame is therefore two words: the
 * caller's EBP and, above it, the return address:
 *
 *	EBP ─▶ [ caller's EBP ][ return address ]
 *	              └──────▶ [ its caller's EBP ][ return address ] ...  ─▶ 0
 *
 * The entry code pushed a 0, which ends the chain. The stack may be the very thing that is broken.
 * The invariants that make reading it safe: each word is read by probe_read(), which survives a
 * page fault, and each frame must have a higher address than the one before. The price is one
 * register and two instructions per function, because the compiler has to keep frame pointers.
 */

#define MAX_FRAMES 10000
#define MAX_LINES  24
#define LINE_TEXT  (SYMBOL_TEXT + 32)

static bool read_frame(unsigned long ebp, u32 *next, u32 *ret)
{
	if (ebp == 0 || ebp % sizeof(u32) != 0)
		return false;
	return probe_read((void *)ebp, next) == 0 && probe_read((void *)(ebp + 4), ret) == 0 &&
	       *ret;
}

static void show_line(printf_fn *out, unsigned long address, unsigned long lookup)
{
	char text[SYMBOL_TEXT];

	out(" %08lx %s\n", address, symbol_format(lookup, text));
}

/* A recursive function takes one line, and a count. */
static void show_repeats(printf_fn *out, unsigned int repeats)
{
	if (repeats)
		out(" ... and %u times more from there\n", repeats);
}

void show_calls(unsigned long eip, unsigned long ebp, unsigned int most, printf_fn *out)
{
	unsigned int lines = 0, repeats = 0;
	u32 next, ret, last = 0;

	out("Call trace:\n");
	if (eip && lines++ < most)
		show_line(out, eip, eip);
	for (int i = 0; i < MAX_FRAMES && lines < most && read_frame(ebp, &next, &ret); i++) {
		if (ret == last) {
			repeats++;
		} else {
			lines += repeats != 0;
			show_repeats(out, repeats);
			repeats = 0;
			lines++;
			/*
			 * A call that never returns may be the last instruction of its function,
			 * and the return address is then in the next function: look up the byte
			 * before it.
			 */
			show_line(out, ret, ret - 1);
		}
		last = ret;
		if (next <= ebp)
			break;
		ebp = next;
	}
	show_repeats(out, repeats);
}

static int log_line(const char *fmt, ...)
{
	char text[LINE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return pr_emerg("%s", text);
}

void show_backtrace(void)
{
	show_calls(0, (unsigned long)__builtin_frame_address(0), MAX_LINES, log_line);
}

unsigned long caller_address(unsigned int depth)
{
	unsigned long ebp = (unsigned long)__builtin_frame_address(0);
	u32 next, ret;

	/*
	 * The first frame belongs to this function; its return address is in the calling function.
	 */
	for (unsigned int i = 0; i <= depth; i++) {
		if (!read_frame(ebp, &next, &ret) || next <= ebp)
			return 0;
		ebp = next;
	}
	return read_frame(ebp, &next, &ret) ? ret : 0;
}
