/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <lib/string.h>
#include <lib/types.h>

/*
 * In-kernel tests. A suite is a file in tests/kernel/, and a test is a function:
 *
 *	KTEST(buddy, coalesces_to_the_initial_state)
 *	{
 *		EXPECT_EQ(before, after);
 *	}
 *
 * The linker collects the tests. tests/kernel/ktest.c runs those whose "suite.name" or suite
 * matches a glob, and prints KTAP version 1. A failed expectation prints both values and its place,
 * and marks the test as failed; the test continues. A failed KTEST_REQUIRE ends the test function.
 *
 * The invariant: a test leaves the kernel as it found it. At the end of a suite as many pages and
 * objects must be in use as before it, or its last test fails.
 */

struct ktest {
	const char *suite;
	const char *name;
	int line; /* source line: tests of a suite run in this order */
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
 * ktest_fail() - mark the current test as failed
 * @file: __FILE__
 * @line: __LINE__
 * @fmt: printf format: what was wrong
 *
 * Context: any that may print.
 */
void ktest_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);

/**
 * ktest_skip() - mark the current test as skipped; the caller returns afterwards
 * @fmt: printf format: the feature that this machine lacks
 *
 * Context: any that may print.
 */
void ktest_skip(const char *fmt, ...) __printf(1, 2);

/**
 * ktest_info() - print a diagnostic line ("# ...")
 * @fmt: printf format: a fact for the reader of the log, usually a number
 *
 * Context: any that may print.
 */
void ktest_info(const char *fmt, ...) __printf(1, 2);

/**
 * ktest_expect_warnings() - announce warnings that the current test causes on purpose
 * @nr: number of warnings; any other number fails the test
 *
 * These warnings are printed as "expected: WARNING: ...", without a backtrace.
 *
 * Context: the thread of the test.
 */
void ktest_expect_warnings(unsigned int nr);

/**
 * ktest_interrupted() - has the user typed Ctrl-C?
 *
 * A test that runs for more than about a second checks this from time to time. If it is true, the
 * test frees everything and returns without further expectations. It is then reported as skipped.
 *
 * Context: any.
 * Return: true if the test should end.
 */
bool ktest_interrupted(void);

/**
 * ktest_settle() - return all cached memory
 *
 * Purges ranges that wait for a flush, frees slabs without objects, and empties the per-CPU lists.
 * Afterwards the amount of free memory depends only on what is in use.
 *
 * Context: that of vm_unmap_aliases().
 */
void ktest_settle(void);

/**
 * struct holdings - memory in use
 * @pages: pages in use in all zones, without page tables: the kernel keeps them for the next
 *         mapping at the same place
 * @objects: objects in use in all caches
 */
struct holdings {
	unsigned long pages, objects;
};

/**
 * ktest_in_use() - measure the memory in use, after ktest_settle()
 *
 * Context: that of vm_unmap_aliases().
 * Return: the memory in use.
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
 * @globs: patterns for a suite or suite.name, with * and ?, separated by commas or blanks; "" runs
 *         all tests. If the first word is "list", the tests are listed instead.
 *
 * Context: interrupts on, one thread at a time.
 * Return: number of failed tests; -ENOENT if a pattern matches no test (it is printed, and nothing
 * runs); -EINTR after Ctrl-C.
 */
int ktest_run_all(const char *globs);
