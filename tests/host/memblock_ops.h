/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Bytes turned into calls of memblock, each compared with the model: what the random test and the
 * fuzzer have in common.
 */

/**
 * struct ops_source - where the bytes come from
 * @next: one more byte; 0 for ever when there are no more
 * @more: is there anything left?
 * @arg: for both
 */
struct ops_source {
	u8 (*next)(void *arg);
	bool (*more)(void *arg);
	void *arg;
};

/**
 * memblock_ops_run() - one life of memblock: set it up, then make calls
 * @src: the bytes
 * @most: at most so many calls
 * @verbose: print each call
 *
 * Everything that memblock says is compared with the model after each call. A difference is printed
 * and ends the process by abort(), so that a sanitizer or a fuzzer shows where.
 *
 * Return: the number of calls made.
 */
unsigned long memblock_ops_run(const struct ops_source *src, unsigned long most, bool verbose);

/* How often each kind of call was made and how often it changed something: for the log. */
void memblock_ops_summary(void);
