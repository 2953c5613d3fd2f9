/* SPDX-License-Identifier: MIT */
#include <asm/backtrace.h>
#include <asm/extable.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>

/*
 * Each function pushes EBP and points EBP at it, so a frame is two words: the caller's EBP and, above
 * it, the return address. The chain ends with 0, which the entry code put there. The stack may be the
 * very thing that is broken, so the words are read by probe_read(), and the chain must rise.
 */

#define MAX_FRAMES 10000
#define MAX_LINES  24

static bool read_frame(unsigned long ebp, u32 *next, u32 *ret)
{
	if (ebp == 0 || ebp % sizeof(u32) != 0)
		return false;
	return probe_read((void *)ebp, next) == 0 && probe_read((void *)(ebp + 4), ret) == 0 &&
	       *ret;
}

static void show_line(unsigned long address, unsigned long lookup)
{
	char text[SYMBOL_TEXT];

	pr_emerg(" %08lx %s\n", address, symbol_format(lookup, text));
}

/* A recursion is one line and a count. */
static void show_repeats(unsigned int repeats)
{
	if (repeats)
		pr_emerg(" ... and %u times more from there\n", repeats);
}

void show_backtrace_from(unsigned long eip, unsigned long ebp)
{
	unsigned int lines = 0, repeats = 0;
	u32 next, ret, last = 0;

	pr_emerg("Call trace:\n");
	if (eip)
		show_line(eip, eip);
	for (int i = 0; i < MAX_FRAMES && lines < MAX_LINES && read_frame(ebp, &next, &ret); i++) {
		if (ret == last) {
			repeats++;
		} else {
			show_repeats(repeats);
			repeats = 0;
			lines++;
			/* A call that does not return may be the last of its function: look before. */
			show_line(ret, ret - 1);
		}
		last = ret;
		if (next <= ebp)
			break;
		ebp = next;
	}
	show_repeats(repeats);
}

void show_backtrace(void)
{
	show_backtrace_from(0, (unsigned long)__builtin_frame_address(0));
}

unsigned long caller_address(unsigned int depth)
{
	unsigned long ebp = (unsigned long)__builtin_frame_address(0);
	u32 next, ret;

	/* The first frame is this function's own, whose return address is in the one that asks. */
	for (unsigned int i = 0; i <= depth; i++) {
		if (!read_frame(ebp, &next, &ret) || next <= ebp)
			return 0;
		ebp = next;
	}
	return read_frame(ebp, &next, &ret) ? ret : 0;
}
