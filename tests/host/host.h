/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The framework of host tests: groups of checks, reproducible random numbers, and the kernel's
 * printk(), warn() and panic().
 *
 *	static void sorts_numbers(void)
 *	{
 *		CHECK_EQ(got, want);
 *	}
 *
 *	int main(void)
 *	{
 *		host_run("sorts numbers", sorts_numbers);
 *		return host_done();
 *	}
 *
 * A program prints TAP (Test Anything Protocol 14): a line "ok N name" or "not ok N name" for each
 * group, and the plan "1..N" at the end. Without the plan the program has died. Programs run in the
 * root of the tree. The output of printk() is kept, and shown with V=1 in the environment.
 */

/**
 * host_run() - run a group of checks and print its result
 * @name: name of the group
 * @fn: function with the checks
 */
void host_run(const char *name, void (*fn)(void));

/**
 * host_done() - print the plan
 *
 * Return: exit status of the program: 0, or 1 if a group failed.
 */
int host_done(void);

/**
 * host_fail() - mark the current group as failed
 * @file: __FILE__
 * @line: __LINE__
 * @fmt: printf format: what was wrong; the first 20 messages of a group are shown
 */
void host_fail(const char *file, int line, const char *fmt, ...) __printf(3, 4);

/* True for fuzzers: a failure ends the process, so that the fuzzer saves the input. */
extern bool host_fail_aborts;

#define CHECK(cond)                                                          \
	do {                                                                 \
		if (!(cond))                                                 \
			host_fail(__FILE__, __LINE__, "expected %s", #cond); \
	} while (0)

#define CHECK_EQ(got, want)                                                                        \
	do {                                                                                       \
		u64 _got = (u64)(got);                                                             \
		u64 _want = (u64)(want);                                                           \
		if (_got != _want)                                                                 \
			host_fail(__FILE__, __LINE__, "%s is %lld (%#llx), expected %lld (%#llx)", \
				  #got, _got, _got, _want, _want);                                 \
	} while (0)

#define CHECK_STREQ(got, want)                                                                     \
	do {                                                                                       \
		const char *_got = (got), *_want = (want);                                         \
		if (strcmp(_got, _want) != 0)                                                      \
			host_fail(__FILE__, __LINE__, "%s is \"%s\", expected \"%s\"", #got, _got, \
				  _want);                                                          \
	} while (0)

/* Like CHECK(), but the function returns if the condition is false. */
#define REQUIRE(cond)                                                        \
	do {                                                                 \
		if (!(cond)) {                                               \
			host_fail(__FILE__, __LINE__, "required %s", #cond); \
			return;                                              \
		}                                                            \
	} while (0)

/* The statement must end in a panic() whose message contains `text`. */
#define CHECK_PANICS(text, statement)                                                          \
	do {                                                                                   \
		if (setjmp(host_panic_jump) == 0) {                                            \
			host_expect_panic = true;                                              \
			statement;                                                             \
			host_fail(__FILE__, __LINE__, "%s did not panic", #statement);         \
		} else if (!strstr(host_panic_text, text)) {                                   \
			host_fail(__FILE__, __LINE__, "panicked with \"%s\", expected \"%s\"", \
				  host_panic_text, text);                                      \
		}                                                                              \
		host_expect_panic = false;                                                     \
	} while (0)

extern jmp_buf host_panic_jump;
extern bool host_expect_panic;
extern char host_panic_text[512];

/* The output of printk() and warn() since host_log_clear(), without levels; cut at 1 MiB. */
extern char host_log[1 << 20];
void host_log_clear(void);

/* Number of calls of warn() since host_log_clear(). */
extern unsigned int host_warnings;

/**
 * host_random() - 64 random bits
 *
 * The seed determines the sequence. It is SEED of the environment; without that it is made from the
 * time, and printed at the first call.
 *
 * Return: the bits.
 */
u64 host_random(void);

/**
 * host_random_below() - a random number from 0 to @n - 1
 * @n: not 0
 *
 * Return: the number.
 */
u64 host_random_below(u64 n);

/**
 * host_random_use() - take random numbers from a fuzzer's input from now on
 * @data: the input; a number below n uses as few bytes as possible
 * @size: bytes in @data; NULL and 0 return to the seed's sequence
 *
 * So a random test is a fuzz target, too: the fuzzer chooses its numbers.
 */
void host_random_use(const u8 *data, size_t size);

/**
 * host_random_left() - is there input left?
 *
 * After the end of the input all numbers are 0.
 *
 * Return: true if so; always true without host_random_use().
 */
bool host_random_left(void);
