/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The end, and what leads to it. Tests and fuzzers on the host supply panic() and warn()
 * of their own, so mm/ uses nothing else from here.
 */

/**
 * panic() - stop the kernel
 * @fmt: what was found, with its values, and what was expected; no newline
 *
 * Stops the other CPUs, prints where each was, and then a report of PANIC_LINES lines at most, whose first and
 * last line is "Kernel panic: ...". Ends as `panic=` says: by isa-debug-exit with value 0x12 (QEMU status 37),
 * by halting, or by a reboot.
 *
 * Context: any.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

/* What a screen shows. */
#define PANIC_LINES 25

/**
 * struct panic_report - what else there is to say
 * @details: prints it, about ten lines at most; NULL: nothing
 * @arg: for @details
 * @eip, @ebp: where the calls begin that the report shows; 0: at the caller of panic_report()
 */
struct panic_report {
	void (*details)(const void *arg, printf_fn *out);
	const void *arg;
	unsigned long eip, ebp;
};

/**
 * panic_report() - panic() with more to say
 * @report: what
 * @fmt: as for panic()
 */
void panic_report(const struct panic_report *report, const char *fmt, ...)
	__printf(2, 3) __noreturn;

/**
 * panic_set_task() - name what the kernel is busy with, for the report of a panic
 * @task: a text that stays, "test kmap.wraps"; NULL: nothing in particular
 */
void panic_set_task(const char *task);

/**
 * panic_task() - what was named last; NULL if nothing was
 */
const char *panic_task(void);

/**
 * warn() - report something wrong that can be survived
 * @fmt: what was found; no newline
 *
 * Prints "WARNING: ..." and a backtrace, and counts it: a self-test run in which a warning was
 * printed by a test that did not expect it has failed.
 *
 * Context: any.
 */
void warn(const char *fmt, ...) __printf(1, 2);

/**
 * warn_expect() - a test will make the kernel warn
 * @nr: that many warnings, from now on, are marked as expected and have no backtrace; 0 to end that
 *
 * Context: one thread at a time.
 */
void warn_expect(unsigned int nr);

/**
 * warn_count() - how many warnings there were
 */
unsigned int warn_count(void);

/**
 * panic_exits_by_default() - leave the emulator after a panic, unless panic= says otherwise
 *
 * For boots that nobody watches: self-tests, run=.
 */
void panic_exits_by_default(void);

/**
 * panic_exits() - does a panic leave the emulator? Then nobody watches, and time limits are not ours
 */
bool panic_exits(void);

/**
 * panic_use_context() - how to say which thread runs on this CPU
 * @show: prints a line; called once, after the details
 */
void panic_use_context(void (*show)(printf_fn *out));

/**
 * panic_use_stop() - how to stop the other CPUs
 * @stop: halts them, or gives up after a while; prints nothing; called once, with interrupts off
 * @show: prints where each of them was; returns how many there are
 */
void panic_use_stop(void (*stop)(void), unsigned int (*show)(printf_fn *out));

/* An invariant of ours does not hold: there is nothing to go on with. */
#define BUG_ON(cond)                                                          \
	do {                                                                  \
		if (unlikely(cond))                                           \
			panic("BUG: %s at %s:%d", #cond, __FILE__, __LINE__); \
	} while (0)
