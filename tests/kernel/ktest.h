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

/*
 * An expectation is compiled to a short call, since there are two thousand of them, and the image
 * has each twice. The comparison and the message are in ktest_expect.c.
 */

/**
 * struct ktest_place - where an expectation is
 * @file: __FILE__
 * @text: the expression that it checks
 * @line: __LINE__
 */
struct ktest_place {
	const char *file, *text;
	u16 line;
} __packed;

#define KTEST_PLACE(text_)                                                            \
	({                                                                            \
		static const struct ktest_place _place __aligned(                     \
			1) = { .file = __FILE__, .text = (text_), .line = __LINE__ }; \
		&_place;                                                              \
	})

/**
 * ktest_expected() - mark the current test as failed, since a condition is false
 * @place: the condition
 *
 * Context: any that may print.
 */
void ktest_expected(const struct ktest_place *place);

/**
 * ktest_required() - ktest_expected() for a condition without which the test ends
 * @place: the condition
 *
 * Context: any that may print.
 */
void ktest_required(const struct ktest_place *place);

/**
 * ktest_expect_32() - mark the current test as failed if two numbers of at most 32 bits differ
 * @got: the number that the expression has
 * @want: the number that it should have
 * @place: the expression
 *
 * Context: any that may print.
 */
void ktest_expect_32(u32 got, u32 want, const struct ktest_place *place);

/**
 * ktest_expect_signed() - ktest_expect_32() if only the expected number has a sign
 * @got: the number that the expression has
 * @want: the number that it should have; no unsigned number is equal to a negative one
 * @place: the expression
 *
 * Context: any that may print.
 */
void ktest_expect_signed(u32 got, s32 want, const struct ktest_place *place);

/**
 * ktest_expect_unsigned() - ktest_expect_32() if only the number of the expression has a sign
 * @got: the number that the expression has
 * @want: the number that it should have
 * @place: the expression
 *
 * Context: any that may print.
 */
void ktest_expect_unsigned(s32 got, u32 want, const struct ktest_place *place);

/**
 * ktest_expect_64() - ktest_expect_32() for numbers of 64 bits
 * @place: the expression
 * @got: the number that it has
 * @want: the number that it should have
 *
 * Context: any that may print.
 */
void ktest_expect_64(const struct ktest_place *place, u64 got, u64 want);

/**
 * ktest_expect_text() - ktest_expect_32() for texts
 * @got: the text that the expression has
 * @want: the text that it should have
 * @place: the expression
 *
 * Context: any that may print.
 */
void ktest_expect_text(const char *got, const char *want, const struct ktest_place *place);

#define EXPECT(cond)                                        \
	do {                                                \
		if (!(cond))                                \
			ktest_expected(KTEST_PLACE(#cond)); \
	} while (0)

/* Does the type of a number have a sign? The sum gives a bit field a size. */
#define KTEST_SIGNED(x) ((__typeof__((x) + 0))-1 < (__typeof__((x) + 0))1)

/* Numbers of at most 32 bits are compared as such. -1 is not 0xffffffff. */
#define EXPECT_EQ(got, want)                                                               \
	do {                                                                               \
		if (sizeof((got) + 0) > 4 || sizeof((want) + 0) > 4)                       \
			ktest_expect_64(KTEST_PLACE(#got), (u64)(got), (u64)(want));       \
		else if (KTEST_SIGNED(got) == KTEST_SIGNED(want))                          \
			ktest_expect_32((u32)(got), (u32)(want), KTEST_PLACE(#got));       \
		else if (KTEST_SIGNED(want))                                               \
			ktest_expect_signed((u32)(got), (s32)(want), KTEST_PLACE(#got));   \
		else                                                                       \
			ktest_expect_unsigned((s32)(got), (u32)(want), KTEST_PLACE(#got)); \
	} while (0)

#define EXPECT_STREQ(got, want) ktest_expect_text(got, want, KTEST_PLACE(#got))

#define KTEST_REQUIRE(cond)                                 \
	do {                                                \
		if (!(cond)) {                              \
			ktest_required(KTEST_PLACE(#cond)); \
			return;                             \
		}                                           \
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
