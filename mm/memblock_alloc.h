/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock_regions.h>

/*
 * Allocating memory at boot. Blocks have exactly the requested size, which is not rounded up, and
 * are freed by memblock_phys_free() or memblock_free() with that size.
 *
 * The functions of the first group return physical addresses of any memory, the others pointers
 * into the direct map. So for the latter memblock.current_limit must not exceed the direct map.
 */

/* Special values of an upper bound. ACCESSIBLE and NOLEAKTRACE both mean memblock.current_limit. */
#define MEMBLOCK_ALLOC_ANYWHERE    (~(phys_addr_t)0)
#define MEMBLOCK_ALLOC_ACCESSIBLE  0
#define MEMBLOCK_ALLOC_NOLEAKTRACE 1
/* The lower bound that excludes nothing. */
#define MEMBLOCK_LOW_LIMIT         0

#ifndef ARCH_LOW_ADDRESS_LIMIT
#define ARCH_LOW_ADDRESS_LIMIT 0xfffffffful
#endif
#ifndef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES 64
#endif

/* --- physical addresses ----------------------------------------------------------------------- */

/**
 * memblock_alloc_range_nid() - allocate between two addresses, preferably on a node
 * @size: bytes
 * @align: alignment of the address, a power of two; 0 means SMP_CACHE_BYTES
 * @start: lower bound, in bytes; the first page of memory is never allocated
 * @end: upper bound: the block ends at or below it, even if it is above memblock.current_limit;
 *       MEMBLOCK_ALLOC_ACCESSIBLE and MEMBLOCK_ALLOC_NOLEAKTRACE mean memblock.current_limit
 * @nid: the preferred node; NUMA_NO_NODE for any
 * @exact_nid: fail rather than take another node's memory
 *
 * The block is inside one region of `memory`. Regions that are NOMAP or DRIVER_MANAGED are left
 * out, as are HOTPLUG regions with `movable_node`. The block gets the highest address possible, or
 * the lowest if memblock.bottom_up is set. Memory of the preferred node is tried before that of
 * other nodes, and mirrored memory, if there is any, before other memory.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: physical address of the block, never 0; 0 if there is no room.
 */
phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid);

/**
 * memblock_phys_alloc_range() - allocate between two addresses
 * @size: bytes
 * @align: alignment of the address, a power of two; 0 means SMP_CACHE_BYTES
 * @start: lower bound, in bytes
 * @end: upper bound, as in memblock_alloc_range_nid()
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: physical address of the block; 0 if there is no room.
 */
phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end);

/**
 * memblock_phys_alloc_try_nid() - allocate below memblock.current_limit, preferably on a node
 * @size: bytes
 * @align: alignment of the address, a power of two; 0 means SMP_CACHE_BYTES
 * @nid: the preferred node; NUMA_NO_NODE for any
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: physical address of the block; 0 if there is no room.
 */
phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid);

/**
 * memblock_phys_alloc() - allocate below memblock.current_limit
 * @size: bytes
 * @align: alignment of the address, a power of two; 0 means SMP_CACHE_BYTES
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: physical address of the block; 0 if there is no room.
 */
static inline phys_addr_t memblock_phys_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_phys_alloc_range(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE);
}

/* --- pointers --------------------------------------------------------------------------------- */

/*
 * A lower bound is a preference here: if nothing above it is free, the search is repeated from
 * address 0. An upper bound is never exceeded, and neither is memblock.current_limit.
 *
 * After memblock_use_slab() these functions log a warning, once, and return zeroed memory of the
 * slab allocator.
 */

/**
 * memblock_alloc_try_nid() - allocate zeroed memory, preferably on a node
 * @size: bytes
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 * @min_addr: preferred lower bound, a physical address
 * @max_addr: upper bound, a physical address; MEMBLOCK_ALLOC_ACCESSIBLE for memblock.current_limit
 * @nid: the preferred node; NUMA_NO_NODE for any
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid);

/**
 * memblock_alloc_try_nid_raw() - memblock_alloc_try_nid() without zeroing
 * @size: bytes; their contents are not changed
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 * @min_addr: preferred lower bound, a physical address
 * @max_addr: upper bound, a physical address; MEMBLOCK_ALLOC_ACCESSIBLE for memblock.current_limit
 * @nid: the preferred node; NUMA_NO_NODE for any
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid);

/**
 * memblock_alloc_exact_nid_raw() - memblock_alloc_try_nid_raw() from one node only
 * @size: bytes; their contents are not changed
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 * @min_addr: preferred lower bound, a physical address
 * @max_addr: upper bound, a physical address; MEMBLOCK_ALLOC_ACCESSIBLE for memblock.current_limit
 * @nid: the node
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if the node has no room.
 */
void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid);

/**
 * memblock_alloc() - allocate zeroed memory
 * @size: bytes
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
static inline void *memblock_alloc(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

/**
 * memblock_alloc_raw() - memblock_alloc() without zeroing
 * @size: bytes; their contents are not changed
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
static inline void *memblock_alloc_raw(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid_raw(size, align, MEMBLOCK_LOW_LIMIT,
					  MEMBLOCK_ALLOC_ACCESSIBLE, NUMA_NO_NODE);
}

/**
 * memblock_alloc_from() - allocate zeroed memory, preferably above an address
 * @size: bytes
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 * @min_addr: preferred lower bound, a physical address
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
static inline void *memblock_alloc_from(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr)
{
	return memblock_alloc_try_nid(size, align, min_addr, MEMBLOCK_ALLOC_ACCESSIBLE,
				      NUMA_NO_NODE);
}

/**
 * memblock_alloc_low() - allocate zeroed memory below ARCH_LOW_ADDRESS_LIMIT
 * @size: bytes
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
static inline void *memblock_alloc_low(phys_addr_t size, phys_addr_t align)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, ARCH_LOW_ADDRESS_LIMIT,
				      NUMA_NO_NODE);
}

/**
 * memblock_alloc_node() - allocate zeroed memory, preferably on a node
 * @size: bytes
 * @align: alignment of the physical address, a power of two; 0 means SMP_CACHE_BYTES
 * @nid: the preferred node; NUMA_NO_NODE for any
 *
 * Context: boot, or while only one thread uses memblock; after memblock_use_slab() that of
 * kmalloc() with GFP_KERNEL.
 * Return: pointer to the block; NULL if there is no room.
 */
static inline void *memblock_alloc_node(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_try_nid(size, align, MEMBLOCK_LOW_LIMIT, MEMBLOCK_ALLOC_ACCESSIBLE,
				      nid);
}

/* --- settings --------------------------------------------------------------------------------- */

/**
 * memblock_set_bottom_up() - choose the end of memory from which later allocations are made
 * @enable: true for the lowest address first, false for the highest
 *
 * Context: boot, or while only one thread uses memblock.
 */
static inline void memblock_set_bottom_up(bool enable)
{
	memblock.bottom_up = enable;
}

/**
 * memblock_bottom_up() - test whether allocations take the lowest address first
 *
 * Context: any.
 * Return: true if they do.
 */
static inline bool memblock_bottom_up(void)
{
	return memblock.bottom_up;
}

/**
 * memblock_set_current_limit() - set the upper bound of later allocations that name none
 * @limit: physical address, one past the last byte
 *
 * Context: boot, or while only one thread uses memblock.
 */
static inline void memblock_set_current_limit(phys_addr_t limit)
{
	memblock.current_limit = limit;
}

/**
 * memblock_get_current_limit() - read the upper bound of allocations that name none
 *
 * Context: any.
 * Return: physical address, one past the last byte.
 */
static inline phys_addr_t memblock_get_current_limit(void)
{
	return memblock.current_limit;
}

/**
 * memblock_use_slab() - let the slab allocator supply memory from now on
 * @zalloc: returns size zeroed bytes, aligned for any type, or NULL
 * @free: frees them
 *
 * memblock is in a lower layer than the slab allocator and may not call it, so the slab allocator
 * registers its functions when it is ready. From then on they supply the arrays of lists that
 * grow, and the memory of the functions here that return pointers. The functions that return
 * physical addresses do not change.
 *
 * Context: boot, once.
 */
void memblock_use_slab(void *(*zalloc)(size_t size), void (*free)(const void *ptr));
