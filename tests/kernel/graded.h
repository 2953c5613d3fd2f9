/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Signed results for a grader: graded.c. Without grade_key= on the command line these functions do
 * nothing.
 */

/**
 * graded_begin() - a run of tests or benchmarks begins
 *
 * Context: thread.
 */
void graded_begin(void);

/**
 * graded_say() - print a result with its signature
 * @indent: blanks in front of the line
 * @fmt: printf format of the result, at most 255 characters, for example "ok kmap.a_test"
 *
 * Context: thread. Each call prints one line: "# graded ", the result, a blank, and 32 digits.
 */
void graded_say(const char *indent, const char *fmt, ...) __printf(2, 3);

/**
 * graded_end() - the run has ended; print the number of its results, signed
 *
 * Context: thread.
 */
void graded_end(void);
