/* SPDX-License-Identifier: MIT */
#pragma once

#include "ops_source.h"

/*
 * Random calls of memblock, each compared with the model in memblock_model.c. The random test and
 * the fuzzer share this code: both supply bytes, and the bytes choose calls and operands.
 */

/**
 * memblock_ops_run() - reset memblock and make calls
 * @source: the bytes; the run ends when there are no more
 * @most: the largest number of calls
 * @verbose: print each call
 *
 * After each call the whole state is compared with the model. A difference is printed and ends the
 * process by abort(), so that a fuzzer notices it and a sanitizer shows where.
 *
 * Return: the number of calls made.
 */
unsigned long memblock_ops_run(const struct ops_source *source, unsigned long most, bool verbose);

/**
 * memblock_ops_summary() - print how often each kind of call was made
 */
void memblock_ops_summary(void);
