/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/watchdog.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>

/*
 * Two ways of making no progress. A CPU may have its interrupts off and not tick any more: its neighbour sees
 * that (arch/i386/smp/smp.c), and asks here how long it may last. Or all CPUs tick, and what was begun, a self-test,
 * does not end: that is counted here.
 *
 * Both count ticks that were handled, not time. A machine that is stopped, by a debugger or by a host that has
 * other things to do, has none meanwhile.
 */

#define CPU_SECONDS           60u
/* Self-tests run where several guests share a core. */
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
BOOT_PARAM("watchdog", "watchdog=off|seconds", "panic when a CPU does not tick for so long; 60",
	   parse_watchdog);

static int parse_watchdog_test(const char *value)
{
	return parse_seconds(value, &task_seconds);
}
BOOT_PARAM("watchdog_test", "watchdog_test=off|seconds",
	   "panic when a self-test does not end in so long; 100", parse_watchdog_test);

u32 watchdog_ticks(void)
{
	if (!cpu_seconds_given && panic_exits())
		return CPU_SECONDS_UNWATCHED * HZ;
	return cpu_seconds * HZ;
}

static u32 ticks; /* only the CPU that calls watchdog_tick() changes it */
static u32 begun; /* what it was when the task began */

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
