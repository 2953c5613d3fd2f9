/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <vm/cache_page.h>
#include <vm/evict.h>

/*
 * Giving up pages of the page cache. A clean page of a file on a disk can be read again. So it goes
 * when memory is short, unless something maps it, or a thread uses it at this moment.
 *
 * A hand goes round over all frames, as in a clock:
 *
 *	frame    │ anon │ file │ free │ file │ file │
 *	REFERENCED         1             0      1
 *	            ─▶    becomes 0     goes   becomes 0
 *
 * A page that was used since the hand passed gets a second chance. The frame says which object it
 * belongs to, but only locks make that true. All of them are only tried: a thread that asks for
 * memory may hold any of them. While the lock of all objects is held, no object is freed, so no
 * reference to one is necessary.
 *
 * Eviction begins in two places. The cache itself evicts before it takes one of the last pages that
 * it may have: high memory first, then low memory up to seven eighths. And the page allocator
 * evicts before a request fails.
 *
 * The price: the hand looks at all frames, also at those of programs. It does not move while all
 * pages of the cache are dirty.
 */

#define CHUNK      256u  /* frames that are looked at with one hold of the lock of all objects */
#define EVICT_ONCE 64u   /* pages that make room for further requests */
#define LOOK_ONCE  8192u /* frames that the cache looks at for them */

/* Where the hand is. Races between CPUs let it look at a chunk twice, or not at all. */
static unsigned long hand;

/* Takes a page out of its object if it may go. The lock of all objects is held. */
static bool take(struct page *page)
{
	struct vm_object *object;
	bool taken = false;

	if (!page_is_single(page, PAGE_OBJECT) || !page_is_of_disk(page) || !page_is_idle(page))
		return false;
	object = vm_object_of(READ_ONCE(page->a));
	if (!object || !object->ops || !mutex_trylock(&object->lock))
		return false;
	/* Only now the label of the page can be believed. */
	if (READ_ONCE(page->a) == object->id &&
	    radix_tree_lookup(&object->pages, READ_ONCE(page->b)) == page && page_is_idle(page)) {
		if (test_page_flag(page, PG_REFERENCED)) {
			clear_page_flag(page, PG_REFERENCED);
		} else {
			vm_object_remove_page(object, page);
			taken = true;
		}
	}
	mutex_unlock(&object->lock);
	return taken;
}

/* Looks at some frames. Returns the number of pages that were freed. */
static unsigned long look_at(unsigned long pfn, unsigned long end, unsigned long most)
{
	unsigned long freed = 0;

	for (; pfn < end && freed < most; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (take(page)) {
			cache_drop_page(page);
			freed++;
		}
	}
	return freed;
}

unsigned long evict_pages(unsigned long most, unsigned long below, unsigned long look)
{
	unsigned long freed = 0, end = min(below, max_pfn), looked = 0;

	while (freed < most && looked < look && cache_clean_pages()) {
		unsigned long start = READ_ONCE(hand);

		if (start >= end)
			start = 0;
		WRITE_ONCE(hand, start + CHUNK);
		looked += CHUNK;
		if (!vm_objects_trylock())
			break;
		freed += look_at(start, min(start + CHUNK, end), most - freed);
		vm_objects_unlock();
	}
	__atomic_fetch_add(&cache_counts.evicted, freed, __ATOMIC_RELAXED);
	return freed;
}

/* --- when ------------------------------------------------------------------------------------- */

/*
 * Has no zone pages to spare for the cache? The kernel keeps an eighth of low memory, which it
 * would have to get back page by page.
 */
static bool is_short(void)
{
	struct zone *const *best = gfp_zonelist(GFP_HIGHUSER)->zone;

	for (struct zone *const *at = best; *at; at++) {
		const struct zone *zone = *at;
		unsigned long keep = zone->watermark[WMARK_HIGH] +
				     zone->lowmem_reserve[ZONE_HIGHMEM] + EVICT_ONCE;

		if (!is_highmem(zone))
			keep += zone->managed_pages / 8;
		if (READ_ONCE(zone->free_pages) >= keep)
			return false;
	}
	return true;
}

struct page *evict_alloc_page(gfp_t gfp)
{
	if (is_short())
		evict_pages(EVICT_ONCE, max_pfn, LOOK_ONCE);
	return alloc_page(gfp | __GFP_NOWARN);
}

/* The page allocator is about to fail. */
static bool make_room(gfp_t gfp, unsigned int order)
{
	unsigned long below = gfp & GFP_ANY_HIGHMEM ? max_pfn : max_low_pfn;

	if (gfp & __GFP_DMA)
		below = DMA_END_PFN;
	else if (gfp & __GFP_DMA32)
		below = min(max_pfn, DMA32_END_PFN);
	/* Twice all frames: the first round takes the second chances away. */
	return evict_pages(max((unsigned long)EVICT_ONCE, 2ul << order), below, 2 * below);
}

void evict_init(void)
{
	page_alloc_use_reclaim(make_room);
}
