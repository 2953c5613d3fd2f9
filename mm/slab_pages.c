/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <mm/slab_debug.h>
#include <mm/slab_pages.h>

/*
 * A slab is a block of pages cut into objects of one size (Bonwick 1994). The picture is in
 * slab_layout.h: free objects form a chain through their own memory; the object that was freed last
 * is allocated first. Slabs that have a free object form a doubly linked list through their frame
 * descriptors. A slab without a free object is in no list. The kernel finds it again when an object
 * of it is freed, since the frame of the object leads to the first frame of the slab.
 *
 * Invariant, under the lock of the cache: a slab is in the list exactly if its nr_free is not 0;
 * the counts of the cache are the sums over its slabs; each object in a chain carries FREE_MARK.
 *
 * Price: a slab with one object in use cannot return to the page allocator. The slab that joined
 * the list last is used first. To prefer the fullest slab would empty others sooner, but would take
 * a search.
 */

static struct slab *slab_at(u32 pfn)
{
	return slab_of_page(pfn_to_page(pfn));
}

static u32 pfn_of(const struct slab *slab)
{
	return (u32)page_to_pfn((const struct page *)slab);
}

/* --- the list of slabs with free objects ------------------------------------------------------ */

static void add_partial(struct kmem_cache *cache, struct slab *slab)
{
	slab->prev = SLAB_PFN_NONE;
	slab->next = cache->partial;
	if (cache->partial != SLAB_PFN_NONE)
		slab_at(cache->partial)->prev = pfn_of(slab);
	cache->partial = pfn_of(slab);
}

static void del_partial(struct kmem_cache *cache, const struct slab *slab)
{
	if (slab->prev == SLAB_PFN_NONE)
		cache->partial = slab->next;
	else
		slab_at(slab->prev)->next = slab->next;
	if (slab->next != SLAB_PFN_NONE)
		slab_at(slab->next)->prev = slab->prev;
}

/* --- the chain of free objects of a slab ------------------------------------------------------ */

static void push(const struct kmem_cache *cache, struct slab *slab, void *object)
{
	struct free_words *words = free_words(cache, object);

	words->next = slab->first_free;
	words->mark = FREE_MARK;
	slab->first_free = (u32)((char *)object - slab_address(slab)) / SLAB_GRANULE;
	slab->nr_free++;
}

/* The link of a free object. Panics if a write changed it, and no object begins there. */
static u32 next_place(const struct kmem_cache *cache, const void *object)
{
	u32 place = free_words(cache, object)->next;

	if (unlikely(place >= cache->end / SLAB_GRANULE ||
		     !slab_is_object(cache, place * SLAB_GRANULE)))
		slab_bad_object(cache, object, SLAB_LATE_WRITE);
	return place;
}

static void *pop(const struct kmem_cache *cache, struct slab *slab)
{
	void *object = slab_address(slab) + slab->first_free * SLAB_GRANULE;

	if (unlikely(free_words(cache, object)->mark != FREE_MARK))
		slab_bad_object(cache, object, SLAB_LATE_WRITE);
	/* The last link is a place, too: push() set it to an earlier first_free, 0 at first. */
	slab->first_free = next_place(cache, object);
	slab->nr_free--;
	return object;
}

bool slab_has_free_object(const struct kmem_cache *cache, const struct slab *slab,
			  const void *object)
{
	const char *at = slab_address(slab) + slab->first_free * SLAB_GRANULE;

	for (unsigned int i = 0; i < slab->nr_free; i++) {
		if (at == object)
			return true;
		at = slab_address(slab) + next_place(cache, at) * SLAB_GRANULE;
	}
	return false;
}

/* --- slabs to and from the page allocator ----------------------------------------------------- */

static void set_state(struct page *page, enum page_state state, unsigned int cache_number)
{
	page->flags &= ~(PAGE_STATE_MASK << PAGE_STATE_SHIFT);
	page->flags |= (u32)state << PAGE_STATE_SHIFT;
	page->number = (u16)cache_number;
}

struct slab *slab_make(const struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page =
		alloc_pages((gfp & ~__GFP_ZERO) | cache->gfp | __GFP_COMP, cache->order);
	struct slab *slab = slab_of_page(page);

	if (!page)
		return NULL;
	set_state(page, PAGE_SLAB, cache->number);
	slab->first_free = slab->nr_free = 0;
	for (unsigned int i = cache->objects; i-- > 0;) {
		void *object = slab_address(slab) + i * cache->size;

		if (cache->debug)
			slab_debug_new(cache, object);
		if (cache->ctor)
			cache->ctor(object);
		push(cache, slab, object);
	}
	return slab;
}

void slab_add(struct kmem_cache *cache, struct slab *slab)
{
	cache->nr_slabs++;
	cache->nr_empty++;
	cache->nr_free += cache->objects;
	add_partial(cache, slab);
}

/* All objects of the slab are free. Each is checked a last time for a late write. */
static void release(struct kmem_cache *cache, struct slab *slab)
{
	struct page *page = (struct page *)slab;

	del_partial(cache, slab);
	cache->nr_slabs--;
	cache->nr_empty--;
	cache->nr_free -= cache->objects;
	while (slab->nr_free) {
		const void *object = pop(cache, slab);

		if (cache->debug)
			slab_debug_check_free(cache, object);
	}
	set_state(page, PAGE_USED, 0);
	__free_pages(page, cache->order);
}

void slab_release_empty(struct kmem_cache *cache)
{
	u32 pfn = cache->partial;

	while (pfn != SLAB_PFN_NONE) {
		struct slab *slab = slab_at(pfn);

		pfn = slab->next;
		if (slab->nr_free == cache->objects)
			release(cache, slab);
	}
}

/* --- objects in and out ----------------------------------------------------------------------- */

void *slab_get_object(struct kmem_cache *cache)
{
	struct slab *slab;
	void *object;

	if (cache->partial == SLAB_PFN_NONE)
		return NULL;
	slab = slab_at(cache->partial);
	if (slab->nr_free == cache->objects)
		cache->nr_empty--;
	object = pop(cache, slab);
	cache->nr_free--;
	if (!slab->nr_free)
		del_partial(cache, slab);
	return object;
}

void slab_put_object(struct kmem_cache *cache, void *object)
{
	struct slab *slab = slab_of_page(compound_head(virt_to_page(object)));

	push(cache, slab, object);
	cache->nr_free++;
	if (slab->nr_free == 1)
		add_partial(cache, slab);
	if (slab->nr_free < cache->objects)
		return;
	cache->nr_empty++;
	if (cache->nr_empty > SLAB_KEEP_EMPTY)
		release(cache, slab);
}
