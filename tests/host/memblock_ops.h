/* SPDX-License-Identifier: MIT */
#pragma once

#include "ops_source.h"

/*
 * Bytes turned into calls of memblock, each compared with the model: what the random test and the
 * fuzzer have in common.
 */

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
