/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Page tables in print.
 */

/**
 * ptdump_show() - what is mapped, range by range, as Linux's kernel_page_tables
 * @out: where to
 */
void ptdump_show(printf_fn *out);

/**
 * pagetable_walk_show() - how the page tables translate one address, level by level
 * @vaddr: any address
 * @out: where to
 */
void pagetable_walk_show(unsigned long vaddr, printf_fn *out);
