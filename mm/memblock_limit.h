/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Giving up RAM. The functions that take a limit remove a range from both lists. That includes the
 * reservation of a list's own array, if the list has grown into that range. Call them before
 * memblock_allow_resize().
 */

/**
 * memblock_trim_memory() - keep only whole blocks of a size in `memory`
 * @align: size of a block in bytes, a power of two; PAGE_SIZE for whole pages
 *
 * The base of each region is rounded up and its end rounded down. A region with nothing left goes.
 *
 * Context: boot, before memblock_allow_resize().
 */
void memblock_trim_memory(phys_addr_t align);

/**
 * memblock_enforce_memory_limit() - keep the first bytes of memory
 * @limit: their number, without the holes between regions; 0, or more than there is, does nothing
 *
 * Both lists lose everything above.
 *
 * Context: boot, before memblock_allow_resize().
 */
void memblock_enforce_memory_limit(phys_addr_t limit);

/**
 * memblock_cap_memory_range() - keep one range of both lists, and NOMAP memory everywhere
 * @base: physical address of its first byte
 * @size: bytes; 0 does nothing
 *
 * Context: boot, before memblock_allow_resize().
 */
void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size);

/**
 * memblock_mem_limit_remove_map() - memblock_enforce_memory_limit() that keeps NOMAP memory
 * @limit: bytes, without the holes between regions; 0, or more than there is, does nothing
 *
 * Context: boot, before memblock_allow_resize().
 */
void memblock_mem_limit_remove_map(phys_addr_t limit);
