/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/watchdog.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

/*
 * Watchdogs: a kernel that makes no progress panics, and shows where each CPU is.
 *
 * There are two ways to hang. A CPU may keep its interrupts off and no longer tick. Its neighbour
 * notices that (arch/i386/smp/smp_tick.c) and gets the limit from this file. Or all CPUs tick, but
 * a task such as a self-test does not end. That is counted here.
 *
 * Both count handled ticks, not time. If a debugger or a busy host stops the machine, it handles no
 * ticks meanwhile, and no watchdog expires.
 */

#define CPU_SECONDS           60u
/* Self-tests run on hosts where several guests share a core. */
#define CPU_SECONDS_UNWATCHED 100u
#define TASK_SECONDS          100u

static u32 cpu_seconds = CPU_SECONDS;
static bool cpu_seconds_given;
static u32 task_seconds = TASK_SECONDS;

static int parse_seconds(const char *value, u32 *seconds)
{
	return parse_u32(strcmp(value, "off") == 0 ? "0" : value, 10000, seconds);
}

static int parse_watchdog(const char *value)
{
	int err = parse_seconds(value, &cpu_seconds);

	if (!err)
		cpu_seconds_given = true;
	return err;
}
BOOT_PARAM("watchdog", "watchdog=off|seconds", "panic if a CPU does not tick for this long; 60",
	   parse_watchdog);

static int parse_watchdog_test(const char *value)
{
	return parse_seconds(value, &task_seconds);
}
BOOT_PARAM("watchdog_test", "watchdog_test=off|seconds",
	   "panic if a self-test takes longer than this; 100", parse_watchdog_test);

u32 watchdog_ticks(void)
{
	if (!cpu_seconds_given && panic_exits())
		return CPU_SECONDS_UNWATCHED * HZ;
	return cpu_seconds * HZ;
}

static u32 ticks; /* written only by the CPU that calls watchdog_tick() */
static u32 begun; /* value of `ticks` at the start of the task */

void watchdog_begin(const char *task)
{
	WRITE_ONCE(begun, READ_ONCE(ticks));
	panic_set_task(task);
}

void watchdog_end(void)
{
	panic_set_task(NULL);
}

void watchdog_tick(void)
{
	const char *task = panic_task();

	WRITE_ONCE(ticks, ticks + 1);
	if (task && task_seconds && ticks - READ_ONCE(begun) == task_seconds * HZ)
		panic("watchdog: %s has not ended within %u seconds", task, task_seconds);
}
