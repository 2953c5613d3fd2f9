/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The choice of the border between lowmem and highmem. The border itself is max_low_pfn of <asm/layout.h>.
 */

/**
 * borders_init() - choose the border between lowmem and highmem: max_low_pfn
 *
 * The border is where the direct map ends, or RAM, unless highmem= asks for another size of highmem. If it asks
 * for less than there is, the highest RAM is taken out of e820_table, and one line says how much. If it asks for
 * more, the border moves down. A size that would leave too little lowmem is refused with a warning.
 *
 * Context: boot, once: e820_table has only RAM that page tables can name, and memblock has none yet.
 */
void borders_init(void);

/**
 * borders_print() - log the borders of the address space
 *
 * Context: boot, after layout_set_direct_map().
 */
void borders_print(void);
