/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock_regions.h>

/*
 * Loops over the lists. They need a loop variable @i, from which each step continues. Each pointer
 * that a loop sets may be NULL. No loop may change a list.
 */

/**
 * memblock_next_range(), memblock_prev_range() - the step of a loop over a list; use the loops
 * @i: variable of the loop; ULLONG_MAX when there is nothing more
 * @type: the list
 * @start: set to the base of the region; may be NULL
 * @end: set to one past its last byte; may be NULL
 *
 * Context: any, while no list changes.
 */
void memblock_next_range(u64 *i, struct memblock_type *type, phys_addr_t *start, phys_addr_t *end);
void memblock_prev_range(u64 *i, struct memblock_type *type, phys_addr_t *start, phys_addr_t *end);
/**
 * memblock_next_free_range(), memblock_prev_free_range() - the step of a loop over free memory
 * @i: variable of the loop; ULLONG_MAX when there is nothing more
 * @nid: the node; NUMA_NO_NODE for any
 * @flags: as in for_each_free_mem_range()
 * @start: set to the first byte of a free piece; may be NULL
 * @end: set to one past its last byte; may be NULL
 * @nid_out: set to the node of its region; may be NULL
 *
 * Context: any, while no list changes.
 */
void memblock_next_free_range(u64 *i, int nid, enum memblock_flags flags, phys_addr_t *start,
			      phys_addr_t *end, int *nid_out);
void memblock_prev_free_range(u64 *i, int nid, enum memblock_flags flags, phys_addr_t *start,
			      phys_addr_t *end, int *nid_out);
/**
 * memblock_next_pfn_range() - the step of for_each_mem_pfn_range()
 * @i: variable of the loop; -1 when there is nothing more
 * @nid: the node; MAX_NUMNODES for any
 * @start_pfn: set to the first whole frame of a region; may be NULL
 * @end_pfn: set to one past its last whole frame; may be NULL
 * @nid_out: set to its node; may be NULL
 *
 * Context: any, while no list changes.
 */
void memblock_next_pfn_range(int *i, int nid, unsigned long *start_pfn, unsigned long *end_pfn,
			     int *nid_out);

#define memblock_for_each_range(i, type, p_start, p_end)                                  \
	for ((i) = 0, memblock_next_range(&(i), type, p_start, p_end); (i) != ULLONG_MAX; \
	     memblock_next_range(&(i), type, p_start, p_end))

/**
 * for_each_mem_range() - loop over `memory` upwards, except NOMAP regions
 * @i: u64; ULLONG_MAX after a loop that ran to its end
 * @p_start: phys_addr_t *, set to the base of the region
 * @p_end: phys_addr_t *, set to one past its last byte
 *
 * An empty list has one step, with [0, 0).
 */
#define for_each_mem_range(i, p_start, p_end) \
	memblock_for_each_range(i, &memblock.memory, p_start, p_end)

/**
 * for_each_mem_range_rev() - loop over `memory` downwards, except NOMAP regions
 * @i: u64
 * @p_start: phys_addr_t *, set to the base of the region
 * @p_end: phys_addr_t *, set to one past its last byte
 */
#define for_each_mem_range_rev(i, p_start, p_end)                                           \
	for ((i) = ULLONG_MAX, memblock_prev_range(&(i), &memblock.memory, p_start, p_end); \
	     (i) != ULLONG_MAX; memblock_prev_range(&(i), &memblock.memory, p_start, p_end))

/**
 * for_each_reserved_mem_range() - loop over `reserved` upwards
 * @i: u64
 * @p_start: phys_addr_t *, set to the base of the region
 * @p_end: phys_addr_t *, set to one past its last byte
 */
#define for_each_reserved_mem_range(i, p_start, p_end) \
	memblock_for_each_range(i, &memblock.reserved, p_start, p_end)

/**
 * for_each_physmem_range() - loop over `physmem` upwards
 * @i: u64
 * @p_start: phys_addr_t *, set to the base of the region
 * @p_end: phys_addr_t *, set to one past its last byte
 */
#define for_each_physmem_range(i, p_start, p_end) \
	memblock_for_each_range(i, &physmem, p_start, p_end)

/**
 * for_each_free_mem_range() - loop upwards over memory that is not reserved
 * @i: u64
 * @nid: the node; NUMA_NO_NODE for any
 * @flags: with NOMAP, DRIVER_MANAGED or HOTPLUG such regions too; with MIRROR only mirrored ones
 * @p_start: phys_addr_t *, set to the first byte of a free piece
 * @p_end: phys_addr_t *, set to one past its last byte
 * @p_nid: int *, set to the node of its region
 *
 * A piece is part of one region. Two regions that touch give two pieces.
 */
#define for_each_free_mem_range(i, nid, flags, p_start, p_end, p_nid)                    \
	for ((i) = 0, memblock_next_free_range(&(i), nid, flags, p_start, p_end, p_nid); \
	     (i) != ULLONG_MAX; memblock_next_free_range(&(i), nid, flags, p_start, p_end, p_nid))

/**
 * for_each_free_mem_range_reverse() - loop downwards over memory that is not reserved
 * @i: u64
 * @nid: the node; NUMA_NO_NODE for any
 * @flags: as in for_each_free_mem_range()
 * @p_start: phys_addr_t *, set to the first byte of a free piece
 * @p_end: phys_addr_t *, set to one past its last byte
 * @p_nid: int *, set to the node of its region
 */
#define for_each_free_mem_range_reverse(i, nid, flags, p_start, p_end, p_nid)                     \
	for ((i) = ULLONG_MAX, memblock_prev_free_range(&(i), nid, flags, p_start, p_end, p_nid); \
	     (i) != ULLONG_MAX; memblock_prev_free_range(&(i), nid, flags, p_start, p_end, p_nid))

/**
 * for_each_mem_pfn_range() - loop upwards over the whole pages of `memory`, NOMAP regions too
 * @i: int; -1 after a loop that ran to its end
 * @nid: the node; MAX_NUMNODES for any
 * @p_start: unsigned long *, set to the first whole frame of a region
 * @p_end: unsigned long *, set to one past its last whole frame
 * @p_nid: int *, set to its node
 *
 * A region without a whole page has no step.
 */
#define for_each_mem_pfn_range(i, nid, p_start, p_end, p_nid)                               \
	for ((i) = -1, memblock_next_pfn_range(&(i), nid, p_start, p_end, p_nid); (i) >= 0; \
	     memblock_next_pfn_range(&(i), nid, p_start, p_end, p_nid))

/**
 * for_each_mem_region() - loop over the entries of `memory`, also the dummy of an empty list
 * @r: struct memblock_region *
 */
#define for_each_mem_region(r)                                                                   \
	for ((r) = memblock.memory.regions; (r) < memblock.memory.regions + memblock.memory.cnt; \
	     (r)++)

/**
 * for_each_reserved_mem_region() - loop over the entries of `reserved`, also the dummy of an empty
 * list
 * @r: struct memblock_region *
 */
#define for_each_reserved_mem_region(r)       \
	for ((r) = memblock.reserved.regions; \
	     (r) < memblock.reserved.regions + memblock.reserved.cnt; (r)++)
