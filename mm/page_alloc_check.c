/* SPDX-License-Identifier: MIT */
#include <kernel/printk.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>

/*
 * Checks, slowly and from outside, the invariants that buddy.c and pcp.c maintain. It is for
 * tests, and for the search for code that damages memory.
 *
 * The lists may be broken. So the walk checks each frame number before it reads the descriptor,
 * and it ends when it has seen as many blocks as the list should have. A circle in a list cannot
 * hold it up.
 */

static const char *complain(const char *what, const struct zone *zone, unsigned int order, u32 pfn)
{
	pr_err("page_alloc_check: zone %s, order %u, frame %#x: %s\n", zone->name, order, pfn,
	       what);
	return what;
}

static bool is_free_block(const struct zone *zone, unsigned long pfn, unsigned int order)
{
	return pfn < max_pfn && pfn_to_page(pfn)->flags == PAGE_FLAGS(PAGE_FREE, order, zone->type);
}

static const char *check_block(const struct zone *zone, unsigned int order, u32 pfn, u32 prev)
{
	const struct page *page;

	if (pfn < zone->start_pfn || pfn + (1ul << order) > zone_end_pfn(zone))
		return complain("not within its zone", zone, order, pfn);
	if (!IS_ALIGNED(pfn, 1u << order))
		return complain("not aligned to its size", zone, order, pfn);
	page = pfn_to_page(pfn);
	if (!is_free_block(zone, pfn, order))
		return complain("in a free list, but not a free block of that order", zone, order,
				pfn);
	if (page->refcount)
		return complain("free, but has references", zone, order, pfn);
	if (prev != PFN_NONE && page->b != prev)
		return complain("does not link back", zone, order, pfn);
	if (order < MAX_ORDER && is_free_block(zone, pfn ^ (1u << order), order))
		return complain("its buddy is free too", zone, order, pfn);
	for (u32 i = 1; i < 1u << order; i++)
		if (page[i].kind != PAGE_FLAGS(PAGE_TAIL, 0, zone->type))
			return complain("contains a frame that is not a tail", zone, order,
					pfn + i);
	return NULL;
}

/* Checks a free list, and adds the number of its frames to *sum. */
static const char *check_list(const struct zone *zone, unsigned int order, unsigned long *sum)
{
	const struct free_area *area = &zone->free_area[order];
	u32 prev = PFN_NONE, nr = 0;

	for (u32 pfn = area->head; pfn != PFN_NONE; pfn = pfn_to_page(pfn)->a) {
		const char *wrong = check_block(zone, order, pfn, prev);

		if (wrong)
			return wrong;
		prev = pfn;
		*sum += 1ul << order;
		if (++nr > area->nr_free)
			return complain("the list has more blocks than nr_free", zone, order, pfn);
	}
	if (nr != area->nr_free)
		return complain("the list has fewer blocks than nr_free", zone, order, prev);
	return NULL;
}

static const char *check_zone(const struct zone *zone)
{
	unsigned long sum = 0;

	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		const char *wrong = check_list(zone, order, &sum);

		if (wrong)
			return wrong;
	}
	if (sum != zone->free_pages)
		return complain("free_pages is not the sum of the free lists", zone, 0, PFN_NONE);
	if (zone->free_pages > zone->managed_pages || zone->managed_pages > zone->present_pages ||
	    zone->present_pages > zone->spanned_pages)
		return complain("free <= managed <= present <= spanned does not hold", zone, 0,
				PFN_NONE);
	return NULL;
}

/* Checks `nr` blocks that this CPU has cached, from `pfn` on. Interrupts are off. */
static const char *check_cached(const struct zone *zone, unsigned int order, u32 pfn,
				unsigned int nr)
{
	for (; nr; nr--, pfn = pfn_to_page(pfn)->a) {
		if (pfn >= max_pfn || pfn < zone->start_pfn || !IS_ALIGNED(pfn, 1u << order))
			return complain("cached by a CPU, but not aligned or not of the zone", zone,
					order, pfn);
		if (pfn_to_page(pfn)->flags != PAGE_FLAGS(PAGE_CACHED, order, zone->type))
			return complain("cached by a CPU, but in another state", zone, order, pfn);
		if (pfn_to_page(pfn)->refcount)
			return complain("cached by a CPU, but has references", zone, order, pfn);
	}
	return NULL;
}

static const char *check_lists(const struct zone *zone)
{
	const char *wrong = NULL;

	for (unsigned int order = 0; !wrong && order < PCP_ORDERS; order++) {
		const struct pcp_list *list = pcp_list(zone->type, order);

		wrong = check_cached(zone, order, list->hot, list->nr_hot);
		if (!wrong)
			wrong = check_cached(zone, order, list->cold, list->nr_cold);
	}
	return wrong;
}

const char *page_alloc_check(void)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
		unsigned long irq_flags = spin_lock_irqsave(&zone->lock);
		const char *wrong = check_zone(zone);

		if (!wrong)
			wrong = check_lists(zone);
		spin_unlock_irqrestore(&zone->lock, irq_flags);
		if (wrong)
			return wrong;
	}
	return NULL;
}
