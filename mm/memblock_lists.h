/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/memblock_regions.h>

/*
 * Internals of memblock, for mm/memblock.c and mm/memblock_report.c and for their host tests.
 */

/* --- memblock.c: reading a list --------------------------------------------------------- */

/* @size, shortened so that base + size does not exceed PHYS_ADDR_MAX. */
static inline phys_addr_t cap_size(phys_addr_t base, phys_addr_t size)
{
	return min(size, PHYS_ADDR_MAX - base);
}

/* One past the last byte. */
static inline phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

/* Number of entries without the dummy of an empty list. */
static inline unsigned long nr_regions(const struct memblock_type *type)
{
	return type->regions[0].size ? type->cnt : 0;
}

/* Index of the first entry that ends above @addr: it contains @addr, or is the next one. */
unsigned long memblock_find_above(const struct memblock_type *type, phys_addr_t addr);

/* The entry that contains @addr, or NULL. */
struct memblock_region *memblock_find_holder(const struct memblock_type *type, phys_addr_t addr);

/* --- memblock.c: changing a list -------------------------------------------------------- */

/* The bodies of memblock_add() and memblock_remove(), for any list. */
int memblock_add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size, int nid,
		       enum memblock_flags flags);
int memblock_remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/*
 * Splits entries at both ends of a range. Afterwards the entries from *first up to, but without,
 * *last are exactly the parts of the list inside the range; both are 0 for an empty range. Returns
 * -ENOMEM if the array has no room for two more entries.
 */
int memblock_isolate(struct memblock_type *type, phys_addr_t base, phys_addr_t size,
		     unsigned long *first, unsigned long *last);

/* Merges neighbours that touch and have the same node and flags. */
void memblock_merge(struct memblock_type *type);

/* Removes the entries from @first up to, but without, @last. */
void memblock_drop(struct memblock_type *type, unsigned long first, unsigned long last);

/*
 * Makes the array large enough for @extra more entries, or returns -ENOMEM. [base, base + size) is
 * the range that the caller is about to change; see "growing" in memblock.c.
 */
int memblock_make_room(struct memblock_type *type, unsigned long extra, phys_addr_t base,
		       phys_addr_t size);

/* Logs a change if memblock=debug was given. */
void memblock_trace(const char *what, const struct memblock_type *type, phys_addr_t base,
		    phys_addr_t size);

/*
 * Doubles the array of a list, or returns -ENOMEM. Growing allocates, and allocating reserves,
 * which may need to grow. A pointer breaks this circle: it is NULL until memblock_allow_resize()
 * sets it.
 */
extern int (*memblock_grow)(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

/* --- memblock.c -------------------------------------------------------------------- */

/* A region has been marked as mirrored, so allocations look for mirrored memory first. */
extern bool memblock_has_mirror;

/* --- memblock.c ------------------------------------------------------------------------- */

/*
 * A free range of @size bytes between @start and @end, not yet reserved; its address is a multiple
 * of
 * @align. Returns 0 if there is none.
 */
phys_addr_t memblock_find_free(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			       phys_addr_t end, int nid, enum memblock_flags flags);

/* The slab allocator's functions after memblock_use_slab(), NULL before. */
extern struct memblock_slab {
	void *(*zalloc)(size_t size);
	void (*free)(const void *ptr);
} memblock_slab;
