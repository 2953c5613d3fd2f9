/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/kmem_cache.h>
#include <mm/page.h>

/*
 * The layout of a slab: where its objects lie, and where the allocator writes down which are free.
 *
 *	frame descriptor       slab, a block of pages
 *	┌─────────────┐        ┌──────────┬──────────┬──────────┬──────────┬ ─ ─ ┐
 *	│ cache number│        │ object 0 │ object 1 │ object 2 │ object 3 │ rest│
 *	│ first_free ─┼──────────────────▶│ next ────┼─────────▶│ next     │     │
 *	│ nr_free: 2  │        │ (in use) │ mark     │ (in use) │ mark     │     │
 *	│ next, prev  │        └──────────┴──────────┴──────────┴──────────┴ ─ ─ ┘
 *	└─────────────┘
 *
 * An object in use belongs to its user, byte for byte. A free object holds two words of the
 * allocator: a link to the next free object, and a mark. All else that is known of a slab fits
 * into the two spare words of its first frame descriptor.
 */

/**
 * struct free_words - the two words in a free object
 * @next: while the object is in its slab: place of the next free object, in granules from the
 *	beginning of the slab. While it is in a per-CPU list: address of the struct free_words of
 *	the next object (addresses of the direct map have 32 bits)
 * @mark: FREE_MARK
 *
 * They are at the offset @free_at of the cache: at 0, or behind the object where its bytes must
 * not change while it is free (a constructor, a debug cache).
 */
struct free_words {
	u32 next;
	u32 mark;
};

/*
 * The mark of a free object. Allocation expects it and erases it; freeing expects that it is
 * absent. So a double free is found as long as the mark is intact, and a late write if it hits the
 * mark. The user of an object may store this very number: a mark found by a free is a suspicion,
 * see is_free() in slab.c.
 */
#define FREE_MARK 0xf4ee0b1eu

static inline struct free_words *free_words(const struct kmem_cache *cache, const void *object)
{
	return (struct free_words *)((char *)object + cache->free_at);
}

/* The object in which these words lie. */
static inline void *object_of(const struct kmem_cache *cache, struct free_words *words)
{
	return (char *)words - cache->free_at;
}

/**
 * struct slab - the descriptor of a frame while it is the first frame of a slab
 * @flags: PAGE_SLAB, and the number of the cache
 * @refcount: 1
 * @next: frame number of the next slab in the cache's list of slabs with free objects
 * @first_free: place of the first free object, in granules; undefined if @nr_free is 0
 * @prev: frame number of the previous slab in the list
 * @nr_free: free objects in this slab; those in per-CPU lists are not included
 *
 * Slabs are in the direct map, below 4 GiB, so 20 bits are enough for a frame number. 12 bits are
 * enough for a place: a slab has at most 32 KiB, which is 4096 granules. They are enough for
 * @nr_free, too: the smallest objects have slabs of one page, with 512 of them.
 */
struct slab {
	u32 flags;
	u32 refcount;
	u32 next : 20, first_free : 12;
	u32 prev : 20, nr_free : 12;
};

_Static_assert(sizeof(struct slab) == sizeof(struct page), "a slab is a frame descriptor");
_Static_assert(SLAB_MAX_SIZE / SLAB_GRANULE <= 1u << 12, "first_free has 12 bits");

/* End of the list of slabs. */
#define SLAB_PFN_NONE 0xfffffu

static inline struct slab *slab_of_page(struct page *page)
{
	return (struct slab *)page;
}

static inline char *slab_address(const struct slab *slab)
{
	return lowmem_page_address((const struct page *)slab);
}

/* Number of the cache that a slab belongs to; 0 for a frame that is not the first of a slab. */
static inline unsigned int slab_cache_number(const struct page *page)
{
	return page->number;
}

/*
 * Does an object begin at this offset from the beginning of a slab? The question is whether
 * offset % size == 0 and offset < end, and the answer needs one multiplication and no division.
 *
 * Let inverse = 2^32 / size, rounded up, and error = size * inverse - 2^32. Only the lower 32 bits
 * of offset * inverse are kept. For offset = k * size they are k * error. For any other offset
 * they are at least inverse, as offset and size are below 2^16 (Lemire, Kaser and Kurz, Faster
 * remainder by direct computation, 2019). So the limit is objects * error. If size is a power of
 * two the error is 0, so the limit is 1; the objects fill the slab without a rest then.
 */
static inline bool slab_is_object(const struct kmem_cache *cache, u32 offset)
{
	return offset * cache->inverse < cache->limit;
}

/* All slabs of a cache, found in the frame table. Slow: for reports and checks. */
#define for_each_slab_page(page, cache)                                            \
	for ((page) = pfn_to_page(0); (page) < pfn_to_page(max_low_pfn); (page)++) \
		if (page_state(page) == PAGE_SLAB && slab_cache_number(page) == (cache)->number)
