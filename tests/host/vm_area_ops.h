/* SPDX-License-Identifier: MIT */
#pragma once

#include "ops_source.h"

#include <mm/vm_area.h>

/*
 * Bytes turned into calls of mm/vm_area.c, each compared with a model: what the random test and the fuzzer
 * have in common. And for tests of single cases, what vm_area.c knows itself.
 */

/**
 * vm_area_ops_run() - one life of an address space: set it up, make calls, give everything back
 * @src: the bytes
 * @most: at most so many calls
 * @verbose: print each call
 *
 * A difference between what is said and what the model says is printed and ends the process by abort(),
 * so that a sanitizer or a fuzzer shows where.
 *
 * Return: the number of calls made.
 */
unsigned long vm_area_ops_run(const struct ops_source *src, unsigned long most, bool verbose);

/* How often each kind of call was made, and how often it succeeded: for the log. */
void vm_area_ops_summary(void);

/**
 * vm_area_reset() - a new address space, without ranges
 * @start: first byte
 * @end: one past the last
 * @managed: frames that the machine has
 */
void vm_area_reset(unsigned long start, unsigned long end, unsigned long managed);

/* The tree of vm_area.c. */
const struct vm_area_tree *vm_area_the_tree(void);
