/* SPDX-License-Identifier: MIT */
#pragma once

#include "ops_source.h"

#include <mm/vmap_area.h>

/*
 * Turns bytes into calls of mm/vmap_area.c and compares each with a model. The random test and
 * the fuzzer share this. Two more functions serve tests of single cases.
 */

/**
 * vmap_area_ops_run() - one life of an address space: set it up, make calls, free all ranges
 * @src: source of the bytes that choose calls and operands
 * @most: limit of the number of calls
 * @verbose: print each call
 *
 * The first difference from the model is printed and ends the process by abort(), so that a
 * sanitizer or a fuzzer shows the place.
 *
 * Context: one at a time.
 * Return: number of calls made.
 */
unsigned long vmap_area_ops_run(const struct ops_source *src, unsigned long most, bool verbose);

/**
 * vmap_area_ops_summary() - print how often each kind of call was made and succeeded
 *
 * Context: any.
 */
void vmap_area_ops_summary(void);

/**
 * vmap_area_reset() - begin with a new address space without ranges
 * @start: first address
 * @end: first address after the last
 * @managed: number of frames of the machine
 *
 * Context: not during vmap_area_ops_run().
 */
void vmap_area_reset(unsigned long start, unsigned long end, unsigned long managed);

/**
 * vmap_area_the_tree() - the tree of vmap_area.c
 *
 * Context: any.
 * Return: the tree, to be read only.
 */
const struct range_tree *vmap_area_the_tree(void);
