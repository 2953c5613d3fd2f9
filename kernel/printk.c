/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/time.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The log is a ring of bytes. Each message is a header and its text; a new one pushes out as many of
 * the oldest as it needs the room of:
 *
 *	   tail                                        head
 *	... │ header, text │ header, text │ header, text │ (free) ...
 *
 * `head` and `tail` count bytes for ever and are taken modulo the size, so neither "empty" nor "full"
 * needs a flag. A console that is registered gets what the ring holds first: so what was printed when
 * there was no console is not lost.
 *
 * Everything runs with interrupts off, since an interrupt may print; consoles poll, so that works in a
 * panic too.
 */

#define LOG_SIZE     65536u
#define MESSAGE_SIZE 512

struct record {
	u64 ns;
	u16 length;
	u8 level;
	bool cont;
};

static char log[LOG_SIZE];
static u32 head, tail;

static struct console *consoles;
static int console_level = 7; /* messages below it are shown */

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

/* --- the ring ----------------------------------------------------------------------------------- */

static void ring_put(u32 at, const void *data, u32 n)
{
	for (u32 i = 0; i < n; i++)
		log[(at + i) % LOG_SIZE] = ((const char *)data)[i];
}

static void ring_get(u32 at, void *data, u32 n)
{
	for (u32 i = 0; i < n; i++)
		((char *)data)[i] = log[(at + i) % LOG_SIZE];
}

static void store(const struct record *record, const char *text)
{
	u32 need = sizeof(*record) + record->length;
	struct record oldest;

	while (head - tail + need > LOG_SIZE) {
		ring_get(tail, &oldest, sizeof(oldest));
		tail += sizeof(oldest) + oldest.length;
	}
	ring_put(head, record, sizeof(*record));
	ring_put(head + sizeof(*record), text, record->length);
	head += need;
}

/* --- showing ------------------------------------------------------------------------------------ */

static void write_out(struct console *only, const char *s, size_t n)
{
	if (only) {
		only->write(s, n);
		return;
	}
	for (struct console *con = consoles; con; con = con->next)
		con->write(s, n);
}

/* Each line of a message begins with its time. Returns whether the last one is complete. */
static bool show(struct console *only, const struct record *record, const char *text, bool start)
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
static bool replay(struct console *only, int below, bool start)
{
	char text[MESSAGE_SIZE];
	struct record record;

	for (u32 at = tail; at != head; at += sizeof(record) + record.length) {
		ring_get(at, &record, sizeof(record));
		ring_get(at + sizeof(record), text, record.length);
		if (record.level < below)
			start = show(only, &record, text, start);
	}
	return start;
}

/* --- printing ----------------------------------------------------------------------------------- */

/* Takes the level off a format. */
static const char *take_level(const char *fmt, struct record *record)
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
	char text[MESSAGE_SIZE];
	struct record record;
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
	record.ns = time_ns();
	record.length = (u16)n;
	store(&record, text);
	if (record.level < console_level)
		at_line_start = show(NULL, &record, text, at_line_start);
	local_irq_restore(flags);
	return n;
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
	char text[MESSAGE_SIZE];
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
	replay(con, console_level, true);
	local_irq_restore(flags);
}

static int dmesg(int argc, char **argv)
{
	replay(NULL, 8, true);
	return 0;
}
PROMPT_COMMAND("dmesg", "", "the kernel log, all levels", dmesg);
