/* SPDX-License-Identifier: MIT */
#include <kernel/printk.h>
#include <mm/slab.h>
#include <mm/slab_layout.h>

/*
 * Checks, slowly and from outside, the invariants that slab_pages.c maintains: each slab that the
 * frame table has, each object of it, and the list of slabs. For tests, and for a hunt for damage.
 * A link is checked before it is followed, so damaged memory cannot crash the check.
 */

static const char *complain(const struct kmem_cache *cache, const void *where, const char *what)
{
	pr_err("slab_check: cache %s, %p: %s\n", cache->name, where, what);
	return what;
}

static bool is_free(const struct kmem_cache *cache, const void *object)
{
	return free_words(cache, object)->mark == FREE_MARK;
}

/* The chain of free objects has nr_free members, and each is a free object of the slab. */
static const char *check_chain(const struct kmem_cache *cache, const struct slab *slab)
{
	const char *base = slab_address(slab);
	u32 at = slab->first_free * SLAB_GRANULE;

	for (unsigned int i = 0; i < slab->nr_free; i++) {
		const char *object = base + at;

		if (at % cache->size || at >= cache->end)
			return complain(cache, object,
					"in the chain of free objects, but no object");
		if (!is_free(cache, object))
			return complain(cache, object,
					"in the chain of free objects, but not free");
		at = free_words(cache, object)->next * SLAB_GRANULE;
	}
	return NULL;
}

static const char *check_slab(const struct kmem_cache *cache, const struct page *page)
{
	const struct slab *slab = (const struct slab *)page;
	unsigned int nr_free = 0;

	if (page_order(page) != cache->order || slab->refcount != 1)
		return complain(cache, page, "slab of a wrong order, or shared");
	for (u32 at = 0; at < cache->end; at += cache->size)
		nr_free += is_free(cache, slab_address(slab) + at);
	if (slab->nr_free > nr_free)
		return complain(cache, page, "slab with fewer free objects than its count");
	return check_chain(cache, slab);
}

static const char *check_partial(const struct kmem_cache *cache, unsigned int with_free)
{
	u32 prev = SLAB_PFN_NONE;
	unsigned int nr = 0;

	for (u32 pfn = cache->partial; pfn != SLAB_PFN_NONE; nr++) {
		const struct slab *slab = (const struct slab *)pfn_to_page(pfn);

		if (pfn >= max_low_pfn || page_state(pfn_to_page(pfn)) != PAGE_SLAB ||
		    slab_cache_number(pfn_to_page(pfn)) != cache->number || !slab->nr_free)
			return complain(cache, slab,
					"in the list of slabs, but no slab with a free object");
		if (slab->prev != prev)
			return complain(cache, slab, "slab whose link back is wrong");
		if (nr == with_free)
			return complain(cache, slab,
					"more slabs in the list than slabs with a free object");
		prev = pfn;
		pfn = slab->next;
	}
	return nr == with_free ? NULL : complain(cache, cache, "slabs are missing from the list");
}

const char *slab_check(struct kmem_cache *cache)
{
	unsigned int nr_slabs = 0, nr_empty = 0, nr_free = 0, with_free = 0;
	struct page *page;

	for_each_slab_page(page, cache) {
		const char *wrong = check_slab(cache, page);
		unsigned int free = slab_of_page(page)->nr_free;

		if (wrong)
			return wrong;
		nr_slabs++;
		nr_free += free;
		nr_empty += free == cache->objects;
		with_free += free != 0;
	}
	if (nr_slabs != cache->nr_slabs || nr_empty != cache->nr_empty || nr_free != cache->nr_free)
		return complain(cache, cache, "counts of slabs or free objects are wrong");
	return check_partial(cache, with_free);
}
