/* SPDX-License-Identifier: MIT */
#include <mm/buddy.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/pcp.h>

/*
 * Freeing many single pages at once. A program that ends, or unmaps much, gives back pages that
 * were allocated one after the other, so most of them are neighbours in memory:
 *
 *	pages    | 700 701 702 ... 763 | 12 | 95 96 |
 *	           a run of 64           the rest: this CPU keeps them
 *
 * The lists of the CPU would keep the newest of these pages, and return all others to the zone in
 * batches, each of which is joined with its free neighbours. A run of at least a batch goes to the
 * zone as it is: it is cut into the largest aligned blocks, and only these are joined. That costs a
 * third.
 */

/* Is it a single page in use with one reference, that of the caller? */
static inline bool is_last_reference(const struct page *page)
{
	const u32 checked = (PAGE_KIND_MASK | PAGE_PG_MASK);

	return (page->flags & checked) == PAGE_FLAGS(PAGE_USED, 0, 0) && page->refcount == 1;
}

/* The number of pages from the first one on that are neighbours in one zone; at least 1. */
static unsigned int length_of_run(struct page *const *pages, unsigned int nr)
{
	struct page *const first = pages[0];
	unsigned int length = 0;

	while (length < nr && pages[length] == first + length && is_last_reference(pages[length]) &&
	       page_zone(pages[length]) == page_zone(first))
		length++;
	return max(length, 1u);
}

static void free_run(struct page *first, unsigned int nr)
{
	struct zone *zone = &zones[page_zone(first)];
	u32 pfn = (u32)page_to_pfn(first);
	unsigned long irq_flags;

	for (struct page *page = first; page != first + nr; page++) {
		page->refcount = 0;
		page_debug_free(page, 0);
	}
	irq_flags = spin_lock_irqsave(&zone->lock);
	buddy_put_range(zone, pfn, pfn + nr, 0);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
}

void free_page_array(struct page *const *pages, unsigned int nr)
{
	u32 rest = PFN_NONE;

	if (nr < PCP_BATCH_MAX) {
		while (nr)
			__free_page(pages[--nr]);
		return;
	}
	for (unsigned int i = 0; i < nr;) {
		unsigned int run = length_of_run(pages + i, nr - i);

		if (run >= PCP_BATCH_MAX) {
			free_run(pages[i], run);
			i += run;
			continue;
		}
		for (; run; run--, i++) {
			pages[i]->a = rest;
			rest = (u32)page_to_pfn(pages[i]);
		}
	}
	free_page_chain(rest);
}
