/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Chooses the border between lowmem and highmem, max_low_pfn of <asm/layout.h>, and vmalloc_start,
 * the start of the vmalloc range.
 */

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
 * borders_complete() - set direct_map_size and vmalloc_start, once the direct map is complete
 *
 * Without PAE, the vmalloc range is limited on a machine with little lowmem, since all its page
 * tables are made at boot. If `vmalloc=` asked for more, a warning has the values.
 *
 * Context: boot, once, after layout_set_end_of_ram().
 */
void borders_complete(void);

/**
 * borders_print() - log the borders of the address space
 *
 * Context: boot, after borders_complete().
 */
void borders_print(void);
