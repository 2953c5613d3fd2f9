/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * sort() - put an array in order, in place
 * @base: its first element
 * @num: number of elements
 * @size: bytes of one
 * @cmp: less than, equal to or greater than 0 as *a belongs before, beside or behind *b
 *
 * Heap sort: at most about 2 num log2(num) comparisons whatever the order was, no recursion, no
 * memory. Equal elements may change places.
 * Context: as @cmp.
 */
void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b));
