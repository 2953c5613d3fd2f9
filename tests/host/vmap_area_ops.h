/* SPDX-License-Identifier: MIT */
#pragma once

#include "ops_source.h"

#include <mm/vmap_area.h>

/*
 * Bytes turned into calls of mm/vmap_area.c, each compared with a model: what the random test and the fuzzer
 * have in common. And for tests of single cases, what vmap_area.c knows itself.
 */

/**
 * vmap_area_ops_run() - one life of an address space: set it up, make calls, give everything back
 * @src: the bytes
 * @most: at most so many calls
 * @verbose: print each call
 *
 * A difference between what is said and what the model says is printed and ends the process by abort(),
 * so that a sanitizer or a fuzzer shows where.
 *
 * Return: the number of calls made.
 */
unsigned long vmap_area_ops_run(const struct ops_source *src, unsigned long most, bool verbose);

/* How often each kind of call was made, and how often it succeeded: for the log. */
void vmap_area_ops_summary(void);

/**
 * vmap_area_reset() - a new address space, without ranges
 * @start: first byte
 * @end: one past the last
 * @managed: frames that the machine has
 */
void vmap_area_reset(unsigned long start, unsigned long end, unsigned long managed);

/* The tree of vmap_area.c. */
const struct vmap_area_tree *vmap_area_the_tree(void);
