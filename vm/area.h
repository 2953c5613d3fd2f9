/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/mm.h>
#include <vm/object.h>

/*
 * Areas: finding, splitting, merging. vm/area.c is the chapter. Context of all functions: the lock
 * of the address space held, for writing where something changes.
 */

/* Most areas of an address space, as in Linux (vm.max_map_count). */
#define AREAS_MAX 65530u

#define area_of(node_) container_of(node_, struct area, node)

/**
 * area_pages() - the size of an area
 * @area: any
 *
 * Context: the lock of the address space held.
 * Return: the number of pages, mapped or not; at least 1.
 */
static inline unsigned long area_pages(const struct area *area)
{
	return (area->node.end - area->node.start) >> PAGE_SHIFT;
}

/**
 * area_index() - the page of the object that an address shows
 * @area: any
 * @addr: an address of @area
 *
 * Context: the lock of the address space held.
 * Return: the index of the page in @area->object, in pages.
 */
static inline u32 area_index(const struct area *area, unsigned long addr)
{
	return area->pgoff + (u32)((addr - area->node.start) >> PAGE_SHIFT);
}

/**
 * area_origin() - the page number that an address had when it was first mapped
 * @area: any
 * @addr: an address of @area
 *
 * mremap(2) moves pages that other address spaces know by their old number.
 *
 * Context: the lock of the address space held.
 * Return: the number in pages; with AREA_MOVED it is not @addr >> PAGE_SHIFT.
 */
static inline u32 area_origin(const struct area *area, unsigned long addr)
{
	return area->origin + (u32)((addr - area->node.start) >> PAGE_SHIFT);
}

/**
 * area_first(), area_next() - the lowest area that ends above an address; the next higher one
 * @mm: the address space
 * @addr: any address
 * @area: any
 *
 * Context: the lock of the address space held.
 * Return: the area, or NULL.
 */
static inline struct area *area_first(const struct mm *mm, unsigned long addr)
{
	struct range_node *node = range_tree_first(&mm->areas, addr);

	return node ? area_of(node) : NULL;
}

static inline struct area *area_next(const struct area *area)
{
	struct range_node *node = range_tree_next(&area->node);

	return node ? area_of(node) : NULL;
}

/**
 * area_near() - area_first(), with a look at the area that was used last
 * @mm: the address space
 * @addr: any address
 *
 * Context: the lock of the address space held.
 * Return: the lowest area that ends above @addr, or NULL.
 */
static inline struct area *area_near(const struct mm *mm, unsigned long addr)
{
	struct area *area = READ_ONCE(mm->last_used);

	if (area && addr >= area->node.start && addr < area->node.end)
		return area;
	return area_first(mm, addr);
}

/* Walks the areas from the one at or above an address. The body must not remove @area. */
#define for_each_area_from(area, mm, addr) \
	for ((area) = area_first(mm, addr); (area); (area) = area_next(area))

/**
 * area_add() - make an area where nothing is
 * @mm: the address space
 * @above: area_first() for @start
 * @start, @end: its addresses
 * @flags: AREA_*
 * @object, @pgoff: the object and the first index, or NULL and any number
 *
 * Counts its pages. If a neighbour fits, it becomes longer instead.
 * Context: the lock of the address space held.
 * Return: the area; NULL if there is no memory, or there are AREAS_MAX areas.
 */
struct area *area_add(struct mm *mm, struct area *above, unsigned long start, unsigned long end,
		      u32 flags, struct vm_object *object, u32 pgoff);

/**
 * area_add_moved() - make an area for what mremap(2) moves
 * @from: the area that is moved; it stays
 * @addr: the first address that is moved
 * @start, @end: the new addresses, where nothing is
 *
 * Context: as for area_add().
 * Return: as for area_add().
 */
struct area *area_add_moved(const struct area *from, unsigned long addr, unsigned long start,
			    unsigned long end);

/**
 * area_remove() - remove an area, whose pages were unmapped
 * @area: freed
 * Context: the lock of the address space held.
 */
void area_remove(struct area *area);

/**
 * area_resize() - change the borders of an area; addresses that it loses were unmapped
 * @area: any
 * @start, @end: new borders, between which nothing else is
 * Context: the lock of the address space held.
 */
void area_resize(struct area *area, unsigned long start, unsigned long end);

/**
 * area_split() - cut an area in two
 * @area: keeps the lower part
 * @addr: first address of the upper part, inside of the area
 *
 * Context: the lock of the address space held.
 * Return: the upper part; NULL if there is no memory, or there are AREAS_MAX areas.
 */
struct area *area_split(struct area *area, unsigned long addr);

/**
 * area_is_data() - do the pages of an area count as data of the program?
 * @flags: AREA_*
 *
 * Context: any.
 * Return: true for private areas that may be written, the stack excluded.
 */
static inline bool area_is_data(u32 flags)
{
	return (flags & (AREA_WRITE | AREA_SHARED | AREA_GROWSDOWN)) == AREA_WRITE;
}

/**
 * area_recount() - the slow part of area_set_flags()
 * @area: has its new flags
 * @old: the flags that its pages are counted by
 *
 * Context: that of area_set_flags().
 */
void area_recount(const struct area *area, u32 old);

/**
 * area_set_flags() - change what an area allows or is
 * @area: any
 * @flags: AREA_*; the counts of pages follow
 *
 * Context: the lock of the address space held.
 */
static inline void area_set_flags(struct area *area, u32 flags)
{
	const u32 old = area->flags;

	area->flags = flags;
	if (unlikely((old ^ flags) & (AREA_LOCKED | AREA_ACCOUNT)))
		area_recount(area, old);
	else if (area_is_data(flags) && !area_is_data(old))
		area->mm->data_pages += area_pages(area);
	else if (area_is_data(old) && !area_is_data(flags))
		area->mm->data_pages -= area_pages(area);
}

/**
 * area_join() - the slow part of area_merge(), for an area that has a neighbour
 * @area: any
 * @above: the area above it, or NULL
 *
 * Context: that of area_merge().
 * Return: that of area_merge().
 */
struct area *area_join(struct area *area, struct area *above);

/**
 * area_merge() - join an area with the neighbours that go on in the same way
 * @area: may be freed
 *
 * Context: the lock of the address space held.
 * Return: the area that covers the addresses now.
 */
static inline struct area *area_merge(struct area *area)
{
	struct area *above = area_next(area);

	if (!range_tree_adjoins(&area->node) && !(above && range_tree_adjoins(&above->node)))
		return area;
	return area_join(area, above);
}

/**
 * area_cut() - the slow part of area_isolate()
 * @area: overlaps the range
 * @start, @end: the range
 *
 * Context: that of area_isolate().
 * Return: that of area_isolate().
 */
struct area *area_cut(struct area *area, unsigned long start, unsigned long end);

/**
 * area_isolate() - cut an area so that it has no address outside of a range
 * @area: overlaps the range
 * @start, @end: the range
 *
 * Context: the lock of the address space held.
 * Return: the part inside of the range; NULL as for area_split().
 */
static inline struct area *area_isolate(struct area *area, unsigned long start, unsigned long end)
{
	if (area->node.start >= start && area->node.end <= end)
		return area;
	return area_cut(area, start, end);
}

/**
 * area_copy_counts() - give a copy of an address space the counts of its areas, for fork(2)
 * @from: the address space that is copied
 * @to: its copy, which gets areas by area_copy_to() afterwards
 *
 * Counting once is cheaper than with each area.
 * Context: the lock of @from held.
 */
void area_copy_counts(const struct mm *from, struct mm *to);

/**
 * area_copy_to() - make a copy of an area in another address space, for fork(2)
 * @area: any
 * @mm: has no area at these addresses or above; counts the area already
 *
 * Context: the lock of the address space held.
 * Return: the copy; NULL if there is no memory.
 */
struct area *area_copy_to(const struct area *area, struct mm *mm);

/**
 * area_uncount() - count an area as gone that area_copy_to() is not called for
 * @area: of the address space that is copied
 * @mm: the copy
 *
 * Context: the lock of the address space held.
 */
void area_uncount(const struct area *area, struct mm *mm);

/**
 * area_remove_all() - remove all areas of an address space that ends
 * @mm: has no user and maps no page any more
 *
 * Context: may sleep.
 */
void area_remove_all(struct mm *mm);

/**
 * area_in_gap() - is there room for a range, with the gap that a stack above needs?
 * @above: area_first() for @start
 * @start, @end: the range
 *
 * Context: the lock of the address space held.
 * Return: true if nothing is there.
 */
static inline bool area_in_gap(const struct area *above, unsigned long start, unsigned long end)
{
	if (!above)
		return true;
	if (above->node.start < end)
		return false;
	return !(above->flags & AREA_GROWSDOWN) || above->node.start - end >= STACK_GUARD_GAP;
}

/* Pages of all address spaces that are counted as promised. */
extern long committed_pages;

/**
 * area_init() - make the cache of areas
 *
 * Context: boot, once, when the slab allocator works.
 */
void area_init(void);
