/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/log_ring.h>
#include <kernel/printk.h>
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
 * One CPU prints at a time, with interrupts off, since an interrupt may print; consoles poll, so that
 * works in a panic too. The lock is not one of kernel/spinlock.h, which is above this file and prints. The CPU that
 * holds it may print again: after a fault inside of a console's write, whose report the other consoles show, or in
 * an NMI. Such a visit does not release the lock. If the ring was being changed, the text is set aside until the
 * ring is whole.
 *
 * A panic takes the lock from whichever CPU has it, since that CPU has been stopped, and never gives it back:
 * from then on all other CPUs keep silent.
 *
 * The clock is above this file and hands in its function; until then all happens at 0.
 */

static char log_bytes[65536];
static struct log_ring ring = { .bytes = log_bytes, .size = sizeof(log_bytes) };

static struct console *consoles;
static u32 console_level = 7; /* messages below it are shown, and those of level 0 always */
static u64 (*clock)(void);

/* cpu_tag() of the CPU that prints, and of the one that reports a panic. */
static u32 printing_cpu;
static u32 reporting_cpu;

/* What an NMI had to say while the ring was being changed. */
static bool ring_is_changing;
static char set_aside[1024];
static u32 set_aside_length;

/* Of the consoles together: is what comes next the first of a line? */
static bool at_line_start = true;

static int parse_loglevel(const char *value)
{
	return parse_u32(value, 8, &console_level);
}
BOOT_PARAM("loglevel", "loglevel=0..8", "show messages below this level: 4 errors, 8 all",
	   parse_loglevel);

/* --- one at a time ------------------------------------------------------------------------------ */

/* Looks at the lock before it is taken from a CPU that does not give it back: seconds. */
#define PATIENCE 200000000u

/* One visit: was it the one that took the lock, and how interrupts were before. */
struct visit {
	unsigned long flags;
	bool took;
};

/* For ever; the NMI of a panic arrives all the same. */
static void keep_silent(void)
{
	for (;;)
		cpu_relax();
}

static struct visit enter(void)
{
	struct visit visit = { .flags = local_irq_save() };
	u32 me = cpu_tag(), holder = 0, looks = 0;

	if (READ_ONCE(reporting_cpu) && READ_ONCE(reporting_cpu) != me)
		keep_silent();
	if (READ_ONCE(printing_cpu) == me)
		return visit;
	while (!__atomic_compare_exchange_n(&printing_cpu, &holder, me, false, __ATOMIC_ACQUIRE,
					    __ATOMIC_RELAXED)) {
		if (READ_ONCE(reporting_cpu))
			keep_silent();
		/* When patience ends `holder` stays the CPU that has the lock. */
		if (++looks < PATIENCE)
			holder = 0;
		if (looks % LOOKS_PER_PAUSE == 0)
			cpu_relax();
	}
	visit.took = true;
	return visit;
}

static void log_text(const struct log_record *record, const char *text);

/* Logs what an NMI has set aside meanwhile. */
static void log_set_aside(void)
{
	struct log_record record = { .level = KERN_EMERG[1] - '0',
				     .length = (u16)min(set_aside_length, LOG_TEXT - 1u) };

	if (!set_aside_length)
		return;
	set_aside_length = 0;
	log_text(&record, set_aside);
}

static void leave(struct visit visit)
{
	u32 me = cpu_tag();

	if (visit.took) {
		log_set_aside();
		/* Not if another CPU has lost its patience and taken the lock. */
		__atomic_compare_exchange_n(&printing_cpu, &me, 0, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
	}
	local_irq_restore(visit.flags);
}

/* --- showing ------------------------------------------------------------------------------------ */

static void write_to(struct console *con, const char *s, size_t n)
{
	if (con->busy)
		return;
	con->busy = cpu_tag();
	con->write(s, n);
	con->busy = 0;
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
		if (start && !record->plain)
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
	struct visit visit;
	u32 at = ring.tail;
	bool start = true;

	for (;;) {
		visit = enter();
		if (!log_ring_next(&ring, &at, &record, text))
			break;
		if (is_shown(&record, below))
			start = show(only, &record, text, start);
		leave(visit);
	}
	if (!start)
		write_out(only, "\n", 1);
	leave(visit);
}

/* --- printing ----------------------------------------------------------------------------------- */

/* Takes the level off a format. */
static const char *take_level(const char *fmt, struct log_record *record)
{
	record->level = KERN_INFO[1] - '0';
	record->cont = record->plain = false;
	if (fmt[0] != KERN_INFO[0] || !fmt[1])
		return fmt;
	record->cont = fmt[1] == KERN_CONT[1];
	if (!record->cont)
		record->level = (u8)(fmt[1] - '0');
	return fmt + 2;
}

static void log_text(const struct log_record *record, const char *text)
{
	ring_is_changing = true;
	barrier();
	log_ring_store(&ring, record, text);
	barrier();
	ring_is_changing = false;
	if (is_shown(record, console_level))
		at_line_start = show(NULL, record, text, at_line_start);
}

static void set_text_aside(const char *text, size_t length)
{
	u32 room = sizeof(set_aside) - set_aside_length;

	length = min(length, (size_t)room);
	memcpy(set_aside + set_aside_length, text, length);
	set_aside_length += (u32)length;
}

/* The ring is not whole while a CPU is in log_ring_store(). During a panic it stays so. */
static void log_or_set_aside(const struct log_record *record, const char *text)
{
	if (!ring_is_changing)
		log_text(record, text);
	else if (READ_ONCE(reporting_cpu))
		at_line_start = show(NULL, record, text, at_line_start);
	else
		set_text_aside(text, record->length);
}

static int log_formatted(struct log_record *record, const char *fmt, va_list args)
{
	static const char cut[] = "...[cut]\n";
	char text[LOG_TEXT];
	int n = vsnprintf(text, sizeof(text), fmt, args);

	if (n >= (int)sizeof(text)) {
		memcpy(text + sizeof(text) - sizeof(cut), cut, sizeof(cut));
		n = sizeof(text) - 1;
	}
	record->ns = clock ? clock() : 0;
	record->length = (u16)n;
	log_or_set_aside(record, text);
	return n;
}

int printk(const char *fmt, ...)
{
	struct visit visit = enter();
	struct log_record record;
	va_list args;
	int n;

	fmt = take_level(fmt, &record);
	va_start(args, fmt);
	n = log_formatted(&record, fmt, args);
	va_end(args);
	leave(visit);
	return n;
}

int report_printf(const char *fmt, ...)
{
	struct log_record record = { .level = KERN_EMERG[1] - '0', .cont = true, .plain = true };
	struct visit visit = enter();
	va_list args;
	int n;

	va_start(args, fmt);
	n = log_formatted(&record, fmt, args);
	va_end(args);
	leave(visit);
	return n;
}

/*
 * The other CPUs are stopped, wherever they were. A console in whose write one of them was is free again, but
 * not one in which this CPU itself has panicked.
 */
void printk_take_over(void)
{
	u32 me = cpu_tag(), before = READ_ONCE(printing_cpu);

	WRITE_ONCE(reporting_cpu, me);
	WRITE_ONCE(printing_cpu, me);
	for (struct console *con = consoles; con; con = con->next)
		if (con->busy != me)
			con->busy = 0;
	if (before) {
		write_out(NULL, "\n", 1);
		at_line_start = true;
	}
	if (!ring_is_changing)
		log_set_aside();
	else
		write_out(NULL, set_aside, set_aside_length);
}

void printk_set_clock(u64 (*ns)(void))
{
	clock = ns;
}

void console_write(const char *s, size_t n)
{
	struct visit visit = enter();

	write_out(NULL, s, n);
	if (n)
		at_line_start = s[n - 1] == '\n';
	leave(visit);
}

void console_scroll(int half_screens)
{
	struct visit visit = enter();

	for (struct console *con = consoles; con; con = con->next) {
		if (!con->scroll || con->busy)
			continue;
		con->busy = cpu_tag();
		con->scroll(half_screens);
		con->busy = 0;
	}
	leave(visit);
}

static bool (*keeper)(const char *s, size_t n);

void console_use_keeper(bool (*keep)(const char *s, size_t n))
{
	WRITE_ONCE(keeper, keep);
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
	if (!keeper || !keeper(text, (size_t)n))
		console_write(text, (size_t)n);
	return n;
}

void console_register(struct console *con)
{
	struct visit visit = enter();

	con->next = consoles;
	consoles = con;
	replay(con, console_level);
	leave(visit);
}

void console_unregister(struct console *con)
{
	struct visit visit = enter();

	for (struct console **at = &consoles; *at; at = &(*at)->next) {
		if (*at == con) {
			*at = con->next;
			break;
		}
	}
	leave(visit);
}

static void report_write(const char *s, size_t n)
{
	console_printf("%.*s", (int)n, s);
}

/* The log as the output of a command: each record is shown without the lock, so that a pager may wait. */
static int dmesg(int argc, char **argv)
{
	struct console report = { .write = report_write };
	char text[LOG_TEXT];
	struct log_record record;
	u32 at = ring.tail;
	bool start = true;

	for (;;) {
		struct visit visit = enter();
		bool more = log_ring_next(&ring, &at, &record, text);

		leave(visit);
		if (!more)
			break;
		start = show(&report, &record, text, start);
	}
	if (!start)
		console_printf("\n");
	return 0;
}
PROMPT_COMMAND("dmesg", "", "the kernel log, all levels", dmesg);
