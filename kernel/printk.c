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
 * The kernel log and its consoles. A message is stored in a ring buffer first and then shown on the
 * consoles. A new console first receives what the ring holds, so messages from before it are not
 * lost.
 *
 *	printk ─▶ ring ──────────▶ dmesg
 *	             └─ if level ─▶ consoles ◀─ console_write
 *
 * The invariant: one CPU prints at a time, with interrupts off because an interrupt handler may
 * print. Consoles poll, so printing works in a panic too. The lock is not a kernel/spinlock.h lock,
 * because that layer is above this file and prints. It is recursive: its holder may print again
 * after a fault in a console's write, whose report the other consoles show, or in an NMI. If an NMI
 * arrives while the ring is being changed, its text is set aside until the change is complete.
 *
 * A panic takes the lock from any CPU, because that CPU has been stopped, and never releases it:
 * all other CPUs remain silent.
 *
 * The price: a slow console, such as a serial port, delays the caller and keeps its interrupts off.
 * The clock belongs to a layer above and registers itself; earlier messages have time stamp 0.
 */

static char log_bytes[65536];
static struct log_ring ring = { .bytes = log_bytes, .size = sizeof(log_bytes) };

static struct console *consoles;
static u32 console_level = 7; /* messages below this level are shown; level 0 is always shown */
static u64 (*clock)(void);

/* cpu_tag() of the CPU that prints, and of the CPU that reports a panic. */
static u32 printing_cpu;
static u32 reporting_cpu;

/* Text of an NMI that arrived while the ring was being changed. */
static bool ring_is_changing;
static char set_aside[1024];
static u32 set_aside_length;

/* True if the next character begins a line, on all consoles. */
static bool at_line_start = true;

static int parse_loglevel(const char *value)
{
	return parse_u32(value, 8, &console_level);
}
BOOT_PARAM("loglevel", "loglevel=0..8", "show messages below this level: 4 errors, 8 all",
	   parse_loglevel);

/* --- one at a time ---------------------------------------------------------------------------- */

/* Attempts before the lock is taken from a CPU that does not release it: some seconds. */
#define PATIENCE 200000000u

/* One use of the lock: whether it acquired the lock, and the interrupt flag before it. */
struct visit {
	unsigned long flags;
	bool took;
};

/* Waits for ever. The NMI of a panic still reaches this CPU. */
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
		/* On the last attempt `holder` remains the CPU that has the lock: the exchange
		 * takes it over. */
		if (++looks < PATIENCE)
			holder = 0;
		if (looks % LOOKS_PER_PAUSE == 0)
			cpu_relax();
	}
	visit.took = true;
	return visit;
}

static void log_text(const struct log_record *record, const char *text);

/* Logs the text that an NMI has set aside. */
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
		/* Fails if another CPU has run out of patience and taken the lock. */
		__atomic_compare_exchange_n(&printing_cpu, &me, 0, false, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
	}
	local_irq_restore(visit.flags);
}

/* --- showing ---------------------------------------------------------------------------------- */

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

/* Each line of a message begins with its time. Returns true if the last line is complete. */
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

/* Shows all messages of the ring below a level, on one console or on all. */
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

/* --- printing --------------------------------------------------------------------------------- */

/* Removes the level from a format. */
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

/*
 * A CPU in log_ring_store() changes the ring. If a panic stopped that CPU, the ring stays unusable.
 */
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
 * The other CPUs are stopped, at any point. A console whose write one of them was executing becomes
 * free again, but not one in which this CPU itself has panicked.
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

void printk_use_clock(u64 (*ns)(void))
{
	WRITE_ONCE(clock, ns);
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

/* The log as the output of a command. The lock is not held while a record is shown, because the
 * pager may wait for a key. */
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
