/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/string.h>
#include <lib/types.h>

/*
 * In-kernel tests. A suite is a file under tests/kernel/; a test is a function:
 *
 *	KTEST(buddy, coalesces_to_the_initial_state)
 *	{
 *		EXPECT_EQ(before, after);
 *	}
 *
 * The linker collects them; tests/kernel/ktest.c runs those whose "suite.name" or suite matches a
 * glob, and prints KTAP version 1. A failed expectation prints a diagnostic line with both values
 * and its place, marks the test as failed and goes on; KTEST_REQUIRE ends the test function.
 * A test leaves the kernel as it found it: at the end of each suite as many pages and objects have to be in use
 * as before it, or its last test fails.
 */

struct ktest {
	const char *suite;
	const char *name;
	int line; /* of the source: tests of a suite run in the order in which they stand */
	void (*run)(void);
};

#define KTEST(suite_, name_)                                                  \
	static void ktest_##suite_##_##name_(void);                           \
	static const struct ktest ktest_record_##suite_##_##name_ LINKER_SET( \
		ktests) = { .suite = #suite_,                                 \
			    .name = #name_,                                   \
			    .line = __LINE__,                                 \
			    .run = ktest_##suite_##_##name_ };                \
	static void ktest_##suite_##_##name_(void)

/**
 * ktest_fail() - mark the running test as failed
 * @file: __FILE__
 * @line: __LINE__
 * @fmt: what was wrong
 */
void ktest_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);

/**
 * ktest_skip() - mark the running test as skipped; the caller returns afterwards
 * @fmt: why it cannot run here: what this machine lacks
 */
void ktest_skip(const char *fmt, ...) __printf(1, 2);

/**
 * ktest_info() - print a diagnostic line ("# ...")
 * @fmt: what a reader of the log wants to know, figures mostly
 */
void ktest_info(const char *fmt, ...) __printf(1, 2);

/**
 * ktest_expect_warnings() - say that the running test makes the kernel warn from here on
 * @nr: how often; any other number fails the test
 *
 * These warnings are printed as "expected: WARNING: ...", without a backtrace.
 */
void ktest_expect_warnings(unsigned int nr);

/**
 * ktest_interrupted() - should the running test end, since the user has typed Ctrl-C?
 *
 * A test that may run for a second asks from time to time. When the answer is yes, it gives everything
 * back and returns without further expectations; it is reported as skipped.
 */
bool ktest_interrupted(void);

/**
 * ktest_settle() - give back what is kept for the next time
 *
 * Ranges that wait for a flush, slabs without objects, pages that CPUs keep: what is free afterwards depends
 * only on what is in use.
 *
 * Context: that of vm_unmap_aliases().
 */
void ktest_settle(void);

/**
 * struct holdings - memory in use
 * @pages: of all zones, but for page tables, which are kept and serve the next mapping at their place
 * @objects: of all caches
 */
struct holdings {
	unsigned long pages, objects;
};

/**
 * ktest_in_use() - what is in use now, after ktest_settle()
 */
struct holdings ktest_in_use(void);

#define EXPECT(cond)                                                          \
	do {                                                                  \
		if (!(cond))                                                  \
			ktest_fail(__FILE__, __LINE__, "expected %s", #cond); \
	} while (0)

#define EXPECT_EQ(got, want)                                                                      \
	do {                                                                                      \
		u64 _got = (u64)(got), _want = (u64)(want);                                       \
		if (_got != _want)                                                                \
			ktest_fail(__FILE__, __LINE__,                                            \
				   "%s is %llu (%#llx), expected %llu (%#llx)", #got, _got, _got, \
				   _want, _want);                                                 \
	} while (0)

#define EXPECT_STREQ(got, want)                                                               \
	do {                                                                                  \
		const char *_got = (got), *_want = (want);                                    \
		if (strcmp(_got, _want) != 0)                                                 \
			ktest_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #got, \
				   _got, _want);                                              \
	} while (0)

#define KTEST_REQUIRE(cond)                                                   \
	do {                                                                  \
		if (!(cond)) {                                                \
			ktest_fail(__FILE__, __LINE__, "required %s", #cond); \
			return;                                               \
		}                                                             \
	} while (0)

/**
 * ktest_run_all() - run the tests that match, or list them
 * @globs: patterns for suite or suite.name, with * and ?, separated by commas or blanks; "" runs all. With
 *         the word "list" in front of them the tests are listed instead.
 *
 * Context: interrupts on, single thread.
 * Return: number of failed tests; -ENOENT where a pattern matches no test (which is printed, and nothing is
 * run); -EINTR after Ctrl-C.
 */
int ktest_run_all(const char *globs);
