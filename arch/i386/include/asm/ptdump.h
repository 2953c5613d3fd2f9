/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Prints page tables. */

/**
 * ptdump_show() - print all mappings, range by range, as Linux's kernel_page_tables
 * @out: output function
 *
 * Context: any.
 */
void ptdump_show(printf_fn *out);

/**
 * pagetable_walk_show() - print the translation of one address, level by level
 * @vaddr: any address
 * @out: output function
 *
 * Context: any.
 */
void pagetable_walk_show(unsigned long vaddr, printf_fn *out);
