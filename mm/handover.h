/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The hand-over of memory from memblock to the page allocator. It is the joint of two layers, and
 * is above both: memblock does not know zones, and the page allocator does not know memblock.
 */

/**
 * memblock_free_all() - give all free memory of memblock to the page allocator
 *
 * That is each page that is wholly in `memory`, that no region of `reserved` touches, and that is
 * neither NOMAP nor DRIVER_MANAGED; in lowmem and in highmem. A page that is partly reserved, or
 * only partly RAM, stays reserved. The function clears HOTPLUG marks, and leaves the lists as
 * they are otherwise. It prints the sums, and warns if managed and reserved pages of a zone do
 * not add up to the present pages.
 *
 * Context: boot, once, after mem_map_init(). Nobody may allocate from memblock afterwards.
 */
void memblock_free_all(void);

/**
 * memblock_free_late() - give memory to the page allocator after memblock_free_all()
 * @base: physical address of the first byte
 * @size: bytes
 *
 * For memory that was reserved at boot and is not needed any more. The pages that are wholly
 * inside of the range become free, and count as managed. memblock's lists are not consulted.
 * Panics if one of the pages is not reserved RAM.
 *
 * Context: any, with interrupts on or off.
 */
void memblock_free_late(phys_addr_t base, phys_addr_t size);

/**
 * memblock_discard() - free the arrays of memblock's lists that have grown
 *
 * Such a list is empty and unusable afterwards. The kernel does not call this function, since its
 * memblock report needs the lists.
 *
 * Context: once, after memblock_free_all().
 */
void memblock_discard(void);
