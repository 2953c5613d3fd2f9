/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/percpu.h>
#include <kernel/backtrace.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Panic: the kernel stops and says why.
 *
 * The kernel may be broken in any way, so this code neither allocates nor acquires a lock, and each
 * wait has a limit. A panic runs in this order:
 *
 *	stop the other CPUs      they print nothing more, and each notes where it was
 *	take over the consoles   even from a CPU that was stopped while it printed
 *	report                   the cause; where the other CPUs were; then, for a screen of 25
 *	                         lines, the cause, details, the call trace, and the cause again
 *	end                      leave the emulator, halt or reboot
 *
 * The invariant: the kernel ends as panic= says, whatever happens on the way. If the report itself
 * panics, only the second cause is printed; if that panics too, nothing more is printed.
 */

static enum { PANIC_HALT, PANIC_EXIT, PANIC_REBOOT } policy;
static bool policy_given;
static unsigned int warnings;

static int parse_panic(const char *value)
{
	if (strcmp(value, "exit") == 0)
		policy = PANIC_EXIT;
	else if (strcmp(value, "halt") == 0)
		policy = PANIC_HALT;
	else if (strcmp(value, "reboot") == 0)
		policy = PANIC_REBOOT;
	else
		return -EINVAL;
	policy_given = true;
	return 0;
}
BOOT_PARAM("panic", "panic=exit|halt|reboot",
	   "after a panic leave the emulator with status 37, halt, or reboot", parse_panic);

void panic_exits_by_default(void)
{
	if (!policy_given)
		policy = PANIC_EXIT;
}

static void __noreturn end(void)
{
	if (policy == PANIC_EXIT)
		power_exit(EXIT_PANIC);
	if (policy == PANIC_REBOOT)
		machine_reboot();
	machine_halt();
}

static void (*stop_others)(void);
static unsigned int (*show_others)(printf_fn *out);
static u32 panicking_cpu; /* cpu_tag() of the CPU that reports */

void panic_use_stop(void (*stop)(void), unsigned int (*show)(printf_fn *out))
{
	BUG_ON(stop_others && stop_others != stop);
	stop_others = stop;
	show_others = show;
}

bool panic_exits(void)
{
	return policy == PANIC_EXIT;
}

static const char *task;

void panic_set_task(const char *new_task)
{
	WRITE_ONCE(task, new_task);
}

const char *panic_task(void)
{
	return READ_ONCE(task);
}

#define CAUSE_TEXT 256

/*
 * cpu_tag() of a CPU that panicked while another one was reporting, and its cause; 0 if none did.
 */
static u32 second_cpu;
static char second_cause[CAUSE_TEXT];

/* If two CPUs panic at once, the first one reports. The other waits for the NMI that stops it. */
static void let_one_through(const char *cause)
{
	u32 me = cpu_tag(), nobody = 0;

	if (__atomic_compare_exchange_n(&panicking_cpu, &nobody, me, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST) ||
	    nobody == me)
		return;
	nobody = 0;
	if (__atomic_compare_exchange_n(&second_cpu, &nobody, me, false, __ATOMIC_SEQ_CST,
					__ATOMIC_SEQ_CST))
		strscpy(second_cause, cause, sizeof(second_cause));
	machine_halt();
}

/* --- the report ------------------------------------------------------------------------------- */

/* Lines printed so far of the part that must fit on a screen, and columns of the last one. */
static unsigned int lines, columns;

#define COLUMNS 80

static int counted_printf(const char *fmt, ...)
{
	char text[CAUSE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (const char *c = text; *c; c++) {
		columns = *c == '\n' ? 0 : columns + 1;
		lines += *c == '\n' || (columns > COLUMNS && columns % COLUMNS == 1);
	}
	return report_printf("%s", text);
}

static unsigned int lines_left(unsigned int kept)
{
	return lines + kept < PANIC_LINES ? PANIC_LINES - kept - lines : 0;
}

static void show_rest(const struct panic_report *report, const char *cause)
{
	/* "Call trace:", the last line, and the line about rebooting. */
	const unsigned int kept = 3, least = 3;
	const struct panic_context *context;

	if (READ_ONCE(second_cpu))
		counted_printf("CPU %u panicked too: %s\n", second_cpu - 1, second_cause);
	if (report->details)
		report->details(report->arg, counted_printf);
	for_each_in_set(context, panic_contexts)
		context->show(counted_printf);
	if (task)
		counted_printf("Busy with: %s\n", task);
	show_calls(report->eip, report->ebp, max(lines_left(kept), least), counted_printf);
	counted_printf("Kernel panic: %s\n", cause);
	if (policy == PANIC_HALT)
		counted_printf(
			"Halted. QEMU ends with Ctrl-A X; with panic=exit it ends by itself.\n");
}

static void __noreturn report_and_end(const struct panic_report *report, const char *cause)
{
	static unsigned int panics;

	local_irq_disable();
	let_one_through(cause);
	switch (++panics) {
	case 1:
		if (stop_others)
			stop_others();
		printk_take_over();
		pr_emerg("Kernel panic: %s\n", cause);
		lines = 1;
		if (show_others && show_others(report_printf) > 0) {
			lines = 0;
			counted_printf("Kernel panic: %s\n", cause);
		}
		show_rest(report, cause);
		break;
	case 2:
		printk_take_over();
		report_printf("Kernel panic during the report of a panic: %s\n", cause);
		break;
	case 3:
		break;
	default:
		machine_halt();
	}
	end();
}

void panic(const char *fmt, ...)
{
	const struct panic_report report = { .ebp = (unsigned long)__builtin_frame_address(0) };
	char cause[CAUSE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(cause, sizeof(cause), fmt, args);
	va_end(args);
	report_and_end(&report, cause);
}

void panic_report(const struct panic_report *report, const char *fmt, ...)
{
	char cause[CAUSE_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(cause, sizeof(cause), fmt, args);
	va_end(args);
	report_and_end(report, cause);
}

static unsigned int expected_warnings;

void warn_expect(unsigned int nr)
{
	expected_warnings = nr;
}

void warn(const char *fmt, ...)
{
	char text[256];
	va_list args;

	warnings++;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (expected_warnings) {
		expected_warnings--;
		pr_warn("expected: WARNING: %s\n", text);
		return;
	}
	pr_warn("WARNING: %s\n", text);
	show_backtrace();
}

unsigned int warn_count(void)
{
	return warnings;
}
