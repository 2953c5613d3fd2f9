/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock_regions.h>

/*
 * Lists that grow when they are full.
 */

/**
 * memblock_allow_resize() - let lists grow from now on
 *
 * Before this call, adding to a full list returns -ENOMEM. Afterwards the list moves into a larger
 * array, which memblock allocates below memblock.current_limit and writes to at once. So the
 * caller has to set that limit first; all memory below it has to be mapped, and everything in use
 * reserved.
 *
 * Context: boot, once.
 */
void memblock_allow_resize(void);

/**
 * memblock_grown_array() - find the memory that memblock allocated for the array of a list
 * @type: &memblock.memory, &memblock.reserved or &physmem
 * @size: set to its bytes, a multiple of PAGE_SIZE
 *
 * Context: any, while no list changes.
 * Return: its physical address. 0 if the list has not grown, or if its array came from the slab
 * allocator or from the caller.
 */
phys_addr_t memblock_grown_array(const struct memblock_type *type, phys_addr_t *size);
