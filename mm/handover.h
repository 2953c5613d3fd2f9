/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * From memblock to the page allocator. This is the joint of two layers, above both: memblock knows
 * nothing of zones, the page allocator nothing of memblock.
 */

/**
 * memblock_free_all() - give all memory that is free in memblock to the page allocator
 *
 * Every whole page that is in `memory` and not in `reserved`, nor NOMAP or DRIVER_MANAGED, lowmem
 * and highmem; a page that is partly reserved, or partly no RAM, stays reserved. HOTPLUG marks are
 * cleared, otherwise the lists stay as they were. Prints the sums, and warns if in some zone
 * managed and reserved pages are not together the present ones.
 *
 * Context: boot, once, after mem_map_init(). memblock is not to be asked for memory afterwards.
 */
void memblock_free_all(void);

/**
 * memblock_free_late() - give memory to the page allocator after memblock_free_all() has run
 * @base: first byte
 * @size: bytes
 *
 * For what was reserved at boot and is no longer needed. Pages wholly inside of the range are given
 * and count as managed; memblock's lists are not looked at. Panics if one of them is not reserved
 * RAM.
 *
 * Context: any, with interrupts on or off.
 */
void memblock_free_late(phys_addr_t base, phys_addr_t size);

/**
 * memblock_discard() - give back the memory of lists that have grown
 *
 * Such a list is empty and unusable afterwards. The kernel does not call it: memblock is kept for
 * its report.
 *
 * Context: after memblock_free_all(), once.
 */
void memblock_discard(void);
