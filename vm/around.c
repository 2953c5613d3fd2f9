/* SPDX-License-Identifier: MIT */
#include <vm/anon.h>
#include <vm/around.h>
#include <vm/cache_page.h>
#include <vm/object_swap.h>
#include <vm/tables.h>

/*
 * Faults at pages of files. A program that reads a page of a file, or executes it, mostly wants the
 * pages around it soon. They are in the object already, and an entry costs much less than a fault.
 * So one fault maps all pages that exist in its block of 16:
 *
 *	block    │ . . x x x F x . x x x x . . . . │    F the fault, x a page of the object
 *	area         ├─────────────────────────┤        mapped: all x and F between its ends
 *
 * The lock of the object is held from the look at its tree until the entries are written. A
 * truncation cuts pages off under the same lock, and unmaps them before it releases it. So no page
 * is mapped that has been cut off, and none needs a reference meanwhile.
 *
 * A segment of a new program that is no longer than a block needs not even this fault: its pages
 * are mapped when its areas are made.
 *
 * The price: 16 steps for a fault in a file without pages, and entries that are never used.
 */

#define BLOCK (16 * PAGE_SIZE)

/* Maps what exists from @start to @end, which one table covers. Returns the number of pages. */
static u32 map_existing(const struct area *area, const struct table *table, unsigned long start,
			unsigned long end)
{
	struct radix_tree *const pages = &area->object->pages;
	const bool disk = area->object->ops;
	/* A page of a disk has to become dirty before. */
	bool write =
		(area->flags & (AREA_SHARED | AREA_WRITE)) == (AREA_SHARED | AREA_WRITE) && !disk;
	pte_t *ptep = &table->ptes[pte_index(start)];
	u32 index = area_index(area, start), nr = 0;

	for (; start != end; start += PAGE_SIZE, ptep++, index++) {
		struct page *page;

		if (!pte_none(*ptep))
			continue;
		page = radix_tree_lookup(pages, index);
		if (!object_item_is_page(page) || (unlikely(disk) && !page_is_of_disk(page)))
			continue;
		/* The reference of the object keeps it meanwhile. */
		__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
		set_pte(ptep, pte_user(page_to_pfn(page), write, area->flags & AREA_EXEC));
		nr++;
	}
	return nr;
}

/* The object and the page tables are locked. */
static inline void map_and_count(const struct area *area, const struct table *table,
				 unsigned long start, unsigned long end)
{
	u32 nr = map_existing(area, table, start, end);

	table->page->b += nr;
	mapped_add(area->mm, nr);
}

bool vm_map_around(struct mm *mm, const struct area *area, unsigned long addr)
{
	unsigned long block = addr & ~(BLOCK - 1);
	unsigned long start = max(block, area->node.start),
		      end = min(block + BLOCK, area->node.end);
	struct pagetable *pt = &mm->pagetable;
	struct table table;
	bool mapped = false;

	vm_object_lock(area->object);
	spin_lock(&pt->lock);
	if (table_map(pt, addr, &table)) {
		map_and_count(area, &table, start, end);
		mapped = !pte_none(table.ptes[pte_index(addr)]);
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	vm_object_unlock(area->object);
	return mapped;
}

/* An area that one fault would map. */
static bool is_short(const struct area *area)
{
	unsigned long start = area->node.start, end = area->node.end;

	return end - start <= BLOCK && table_end(start, end) == end;
}

void vm_map_ahead(struct mm *mm, struct vm_object *object)
{
	struct pagetable *pt = &mm->pagetable;
	struct table table;
	struct area *area;

	vm_object_lock(object);
	spin_lock(&pt->lock);
	for_each_area_from(area, mm, 0) {
		unsigned long start = area->node.start;

		if (area->object != object || area->flags & AREA_WRITE || !is_short(area))
			continue;
		if (!table_ready(pt, start) || !table_map(pt, start, &table))
			break;
		area->flags |= AREA_TOUCHED;
		map_and_count(area, &table, start, area->node.end);
		table_unmap(&table);
	}
	spin_unlock(&pt->lock);
	vm_object_unlock(object);
}
