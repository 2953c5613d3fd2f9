/* SPDX-License-Identifier: MIT */
#include <asm/backtrace.h>
#include <asm/irqflags.h>
#include <asm/machine.h>
#include <asm/percpu.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * The end. Nothing here allocates, waits or takes a lock. If reporting panics again the first message is
 * out already; the second is printed without a backtrace, and the third time the CPU just halts.
 */

static enum { PANIC_HALT, PANIC_EXIT, PANIC_REBOOT } policy;
static bool policy_given;
static unsigned int panics;
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
		machine_exit(EXIT_PANIC);
	if (policy == PANIC_REBOOT)
		machine_reboot();
	machine_halt();
}

static void (*stop_others)(void);
static u32 panicking_cpu; /* its cpu_tag() */

void panic_use_stop(void (*stop)(void))
{
	stop_others = stop;
}

static void (*show_context)(void);

void panic_use_context(void (*show)(void))
{
	show_context = show;
}

bool panic_exits(void)
{
	return policy == PANIC_EXIT;
}

/* Two CPUs at once: the first one reports, the other waits for the NMI that stops it. */
static void let_one_through(void)
{
	u32 me = cpu_tag(), nobody = 0;

	if (!__atomic_compare_exchange_n(&panicking_cpu, &nobody, me, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST) &&
	    nobody != me)
		machine_halt();
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list args;

	local_irq_disable();
	let_one_through();
	if (++panics > 2)
		machine_halt();
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pr_emerg("Kernel panic: %s\n", text);
	if (panics == 1 && show_context)
		show_context();
	if (panics == 1)
		show_backtrace();
	if (panics == 1 && stop_others)
		stop_others();
	end();
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
