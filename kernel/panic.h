/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * Panics and warnings. Tests and fuzzers on the host define panic() and warn() themselves, so mm/
 * uses nothing else of this header.
 */

/**
 * panic() - stop the kernel and print a report
 * @fmt: printf format: what was found, with its values, and what was expected; no newline
 *
 * Stops the other CPUs and prints where each of them was. A report of at most PANIC_LINES lines
 * follows; its first and its last line is "Kernel panic: ...". Then panic= decides: leave the
 * emulator through isa-debug-exit with value 0x12 (QEMU exits with status 37), halt, or reboot.
 *
 * Context: any.
 */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

/* Lines of a text screen. */
#define PANIC_LINES 25

/**
 * struct panic_report - additional content of a panic report
 * @details: prints about ten lines at most; NULL for none
 * @arg: argument of @details
 * @eip, @ebp: where the call trace of the report begins; 0 for the caller of panic_report()
 */
struct panic_report {
	void (*details)(const void *arg, printf_fn *out);
	const void *arg;
	unsigned long eip, ebp;
};

/**
 * panic_report() - panic() with additional content
 * @report: the additional content
 * @fmt: as for panic()
 *
 * Context: any.
 */
void panic_report(const struct panic_report *report, const char *fmt, ...)
	__printf(2, 3) __noreturn;

/**
 * panic_set_task() - set the name of the current task, which a panic report shows
 * @task: a text that stays valid, "test kmap.wraps"; NULL for none
 *
 * Context: any.
 */
void panic_set_task(const char *task);

/**
 * panic_task() - the name set by panic_set_task()
 *
 * Context: any.
 * Return: the name; NULL if there is none.
 */
const char *panic_task(void);

/**
 * warn() - report an error that the kernel can survive
 * @fmt: printf format: what was found; no newline
 *
 * Prints "WARNING: ..." and a backtrace, and counts the warning. A run of the self-tests fails if a
 * test printed a warning that it did not expect.
 *
 * Context: any.
 */
void warn(const char *fmt, ...) __printf(1, 2);

/**
 * warn_expect() - announce warnings that a test causes on purpose
 * @nr: number of warnings from now on that are marked as expected and have no backtrace; 0 ends it
 *
 * Context: one thread at a time.
 */
void warn_expect(unsigned int nr);

/**
 * warn_count() - the number of warnings since boot
 *
 * Context: any.
 * Return: the number.
 */
unsigned int warn_count(void);

/**
 * panic_exits_by_default() - leave the emulator after a panic, unless panic= says otherwise
 *
 * For boots without a user: self-tests and run=.
 *
 * Context: boot.
 */
void panic_exits_by_default(void);

/**
 * panic_exits() - does a panic leave the emulator?
 *
 * Context: any.
 * Return: true if so. Then no user watches, and other limits than the kernel's own end a hang.
 */
bool panic_exits(void);

/**
 * struct panic_context - a line of every panic report, such as the thread that was running
 * @show: prints at most one line; called after the details
 */
struct panic_context {
	void (*show)(printf_fn *out);
};

#define PANIC_CONTEXT(fn)                                                \
	static const struct panic_context panic_context_##fn LINKER_SET( \
		panic_contexts) = { .show = (fn) }

/**
 * panic_use_stop() - set the functions that stop the other CPUs and report them
 * @stop: halts the other CPUs, or gives up after some time; prints nothing; called once, with
 *        interrupts off
 * @show: prints where each of them was; returns their number
 *
 * Context: boot, once.
 */
void panic_use_stop(void (*stop)(void), unsigned int (*show)(printf_fn *out));

/* Panics if an invariant of the kernel is violated, because it cannot continue safely. */
#define BUG_ON(cond)                                                          \
	do {                                                                  \
		if (unlikely(cond))                                           \
			panic("BUG: %s at %s:%d", #cond, __FILE__, __LINE__); \
	} while (0)
