/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The border between lowmem and highmem: max_low_pfn of <mm/page.h>.
 */

/**
 * borders_init() - set max_low_pfn, and apply highmem=
 *
 * The border is where the direct map ends, or RAM, unless highmem= asks for another size of highmem.
 * With less than there is, the highest RAM is taken out of e820_table, and one line says how much;
 * with more, the border moves down. A size that would leave too little lowmem is refused with a warning.
 *
 * Context: boot, once: e820_table has only RAM that page tables can name, and memblock has none yet.
 */
void borders_init(void);
