/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/memblock_regions.h>

/*
 * Internals of memblock, for mm/memblock.c and mm/memblock_report.c and for their host tests.
 */

/* --- reading a list --------------------------------------------------------------------------- */

/**
 * cap_size() - shorten a range so that its end does not exceed PHYS_ADDR_MAX
 * @base: physical address of its first byte
 * @size: bytes
 *
 * Context: any.
 * Return: the shortened size in bytes.
 */
static inline phys_addr_t cap_size(phys_addr_t base, phys_addr_t size)
{
	return min(size, PHYS_ADDR_MAX - base);
}

/**
 * region_end() - find the end of a region
 * @r: the region
 *
 * Context: any, while no list changes.
 * Return: physical address, one past its last byte.
 */
static inline phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

/**
 * nr_regions() - count the entries of a list, without the dummy of an empty list
 * @type: the list
 *
 * Context: any, while no list changes.
 * Return: their number.
 */
static inline unsigned long nr_regions(const struct memblock_type *type)
{
	return type->regions[0].size ? type->cnt : 0;
}

/**
 * memblock_find_above() - find the first entry that ends above an address
 * @type: the list
 * @addr: physical address
 *
 * Context: any, while no list changes.
 * Return: index of the entry, which contains @addr or is the next one; nr_regions() if there is
 * none.
 */
unsigned long memblock_find_above(const struct memblock_type *type, phys_addr_t addr);

/**
 * memblock_find_holder() - find the entry that contains an address
 * @type: the list
 * @addr: physical address
 *
 * Context: any, while no list changes.
 * Return: the entry; NULL if there is none.
 */
struct memblock_region *memblock_find_holder(const struct memblock_type *type, phys_addr_t addr);

/* --- changing a list -------------------------------------------------------------------------- */

/**
 * memblock_add_range() - the body of memblock_add(), for any list
 * @type: the list
 * @base: physical address of the first byte
 * @size: bytes
 * @nid: node of the parts that are not in the list yet
 * @flags: properties of these parts
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: as memblock_add().
 */
int memblock_add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size, int nid,
		       enum memblock_flags flags);
/**
 * memblock_remove_range() - the body of memblock_remove(), for any list
 * @type: the list
 * @base: physical address of the first byte
 * @size: bytes
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: as memblock_remove().
 */
int memblock_remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/**
 * memblock_isolate() - split entries at both ends of a range
 * @type: the list
 * @base: physical address of the first byte
 * @size: bytes
 * @first: set to the index of the first entry inside of the range; 0 for an empty range
 * @last: set to one past the index of the last such entry; 0 for an empty range
 *
 * Afterwards the entries from @first up to, but without, @last are exactly the parts of the list
 * inside the range.
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM if the array has no room for two more entries.
 */
int memblock_isolate(struct memblock_type *type, phys_addr_t base, phys_addr_t size,
		     unsigned long *first, unsigned long *last);

/**
 * memblock_merge() - merge neighbours that touch and have the same node and flags
 * @type: the list
 *
 * Context: boot, or while only one thread uses memblock.
 */
void memblock_merge(struct memblock_type *type);

/**
 * memblock_drop() - remove entries of a list
 * @type: the list
 * @first: index of the first one
 * @last: one past the index of the last one
 *
 * Context: boot, or while only one thread uses memblock.
 */
void memblock_drop(struct memblock_type *type, unsigned long first, unsigned long last);

/**
 * memblock_make_room() - make the array of a list large enough for more entries
 * @type: the list
 * @extra: number of further entries
 * @base: physical address of the range that the caller is about to change (memblock.c: "growing")
 * @size: bytes of that range
 *
 * Context: boot, or while only one thread uses memblock.
 * Return: 0, or -ENOMEM.
 */
int memblock_make_room(struct memblock_type *type, unsigned long extra, phys_addr_t base,
		       phys_addr_t size);

/**
 * memblock_trace() - log a change if memblock=debug was given
 * @what: name of the function that makes it
 * @type: the list
 * @base: physical address of the first byte
 * @size: bytes
 *
 * Context: any.
 */
void memblock_trace(const char *what, const struct memblock_type *type, phys_addr_t base,
		    phys_addr_t size);

/*
 * Doubles the array of a list, or returns -ENOMEM. Growing allocates, and allocating reserves,
 * which may need to grow. A pointer breaks this circle: it is NULL until memblock_allow_resize()
 * sets it.
 */
extern int (*memblock_grow)(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/* --- mirrored memory -------------------------------------------------------------------------- */

/* A region has been marked as mirrored, so allocations look for mirrored memory first. */
extern bool memblock_has_mirror;

/* --- finding a free range --------------------------------------------------------------------- */

/**
 * memblock_find_free() - find a free range, without reserving it
 * @size: bytes
 * @align: its address is a multiple of this
 * @start: lower bound, a physical address
 * @end: upper bound, a physical address: the range ends at or below it
 * @nid: the node; NUMA_NO_NODE for any
 * @flags: as in for_each_free_mem_range()
 *
 * Context: any, while no list changes.
 * Return: physical address of the range; 0 if there is none.
 */
phys_addr_t memblock_find_free(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			       phys_addr_t end, int nid, enum memblock_flags flags);

/* The slab allocator's functions after memblock_use_slab(), NULL before. */
extern struct memblock_slab {
	void *(*zalloc)(size_t size);
	void (*free)(const void *ptr);
} memblock_slab;
