/* SPDX-License-Identifier: MIT */
#pragma once

/* Chooses the border between lowmem and highmem, max_low_pfn of <asm/layout.h>. */

/**
 * borders_init() - choose the border between lowmem and highmem, and set max_low_pfn
 *
 * The border is the end of the direct map or of RAM, unless highmem= asks for another size of
 * highmem. For a smaller highmem, the highest RAM is removed from e820_table, and one line says how
 * much. For a larger highmem, the border moves down. A size that would leave too little lowmem is
 * refused with a warning.
 *
 * Context: boot, once: e820_table has only RAM that page tables can name, and memblock has none
 * yet.
 */
void borders_init(void);

/**
 * borders_print() - log the borders of the address space
 *
 * Context: boot, after layout_set_direct_map().
 */
void borders_print(void);
