/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <kernel/console.h>
#include <kernel/log_ring.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The log, and who sees it. A message goes into a ring first, and then to the consoles. A console that
 * is registered gets what the ring holds, so what was printed when there was none is not lost.
 *
 *	printk ─▶ ring ──────────▶ dmesg
 *	             └─ if level ─▶ consoles ◀─ console_write
 *
 * Everything runs with interrupts off, since an interrupt may print; consoles poll, so that works in a
 * panic too. A fault inside of a console's write ends up here again: its report goes to the others.
 *
 * The clock is above this file and hands in its function; until then all happens at 0.
 */

static char log_bytes[65536];
static struct log_ring ring = { .bytes = log_bytes, .size = sizeof(log_bytes) };

static struct console *consoles;
static int console_level = 7; /* messages below it are shown, and those of level 0 always */
static u64 (*clock)(void);

/* Of the consoles together: is what comes next the first of a line? */
static bool at_line_start = true;

static int parse_loglevel(const char *value)
{
	u64 level;

	if (parse_u64(value, &level) != 0 || level > 8)
		return -EINVAL;
	console_level = (int)level;
	return 0;
}
BOOT_PARAM("loglevel", "loglevel=0..8", "show messages below this level: 4 errors, 8 all",
	   parse_loglevel);

/* --- showing ------------------------------------------------------------------------------------ */

static void write_to(struct console *con, const char *s, size_t n)
{
	if (con->busy)
		return;
	con->busy = true;
	con->write(s, n);
	con->busy = false;
}

static void write_out(struct console *only, const char *s, size_t n)
{
	if (only) {
		write_to(only, s, n);
		return;
	}
	for (struct console *con = consoles; con; con = con->next)
		write_to(con, s, n);
}

static bool is_shown(const struct log_record *record, int below)
{
	return record->level < below || record->level == KERN_EMERG[1] - '0';
}

/* Each line of a message begins with its time. Returns whether the last one is complete. */
static bool show(struct console *only, const struct log_record *record, const char *text,
		 bool start)
{
	char stamp[24];
	int n = snprintf(stamp, sizeof(stamp), "[%5u.%06u] ", (u32)(record->ns / 1000000000),
			 (u32)(record->ns % 1000000000 / 1000));
	u32 from = 0;

	if (!start && !record->cont) {
		write_out(only, "\n", 1);
		start = true;
	}
	for (u32 i = 0; i < record->length; i++) {
		if (text[i] != '\n' && i + 1 < record->length)
			continue;
		if (start)
			write_out(only, stamp, (size_t)n);
		write_out(only, text + from, i + 1 - from);
		start = text[i] == '\n';
		from = i + 1;
	}
	return start;
}

/* All that is in the ring and below a level, to one console or to all. */
static void replay(struct console *only, int below)
{
	char text[LOG_TEXT];
	struct log_record record;
	unsigned long flags;
	u32 at = ring.tail;
	bool start = true;

	for (;;) {
		flags = local_irq_save();
		if (!log_ring_next(&ring, &at, &record, text))
			break;
		if (is_shown(&record, below))
			start = show(only, &record, text, start);
		local_irq_restore(flags);
	}
	if (!start)
		write_out(only, "\n", 1);
	local_irq_restore(flags);
}

/* --- printing ----------------------------------------------------------------------------------- */

/* Takes the level off a format. */
static const char *take_level(const char *fmt, struct log_record *record)
{
	record->level = KERN_INFO[1] - '0';
	record->cont = false;
	if (fmt[0] != KERN_INFO[0] || !fmt[1])
		return fmt;
	record->cont = fmt[1] == KERN_CONT[1];
	if (!record->cont)
		record->level = (u8)(fmt[1] - '0');
	return fmt + 2;
}

int printk(const char *fmt, ...)
{
	static const char cut[] = "...[cut]\n";
	unsigned long flags = local_irq_save();
	char text[LOG_TEXT];
	struct log_record record;
	va_list args;
	int n;

	fmt = take_level(fmt, &record);
	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n >= (int)sizeof(text)) {
		memcpy(text + sizeof(text) - sizeof(cut), cut, sizeof(cut));
		n = sizeof(text) - 1;
	}
	record.ns = clock ? clock() : 0;
	record.length = (u16)n;
	log_ring_store(&ring, &record, text);
	if (is_shown(&record, console_level))
		at_line_start = show(NULL, &record, text, at_line_start);
	local_irq_restore(flags);
	return n;
}

void printk_set_clock(u64 (*ns)(void))
{
	clock = ns;
}

void console_write(const char *s, size_t n)
{
	unsigned long flags = local_irq_save();

	write_out(NULL, s, n);
	if (n)
		at_line_start = s[n - 1] == '\n';
	local_irq_restore(flags);
}

int console_printf(const char *fmt, ...)
{
	char text[LOG_TEXT];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n >= (int)sizeof(text))
		n = sizeof(text) - 1;
	console_write(text, (size_t)n);
	return n;
}

void console_register(struct console *con)
{
	unsigned long flags = local_irq_save();

	con->next = consoles;
	consoles = con;
	replay(con, console_level);
	local_irq_restore(flags);
}

static int dmesg(int argc, char **argv)
{
	replay(NULL, 8);
	return 0;
}
PROMPT_COMMAND("dmesg", "", "the kernel log, all levels", dmesg);
