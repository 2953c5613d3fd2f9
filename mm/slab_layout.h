/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/kmem_cache.h>
#include <mm/page.h>

/*
 * The layout of a slab: where its objects are, and where the allocator notes which are free.
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
 * allocator: a link to the next free object, and a mark. The rest is in the descriptor of the
 * slab's first frame: the cache number in the flags word, four other numbers in the two spare
 * words.
 */

/**
 * struct free_words - the two words in a free object
 * @next: while the object is in its slab: place of the next free object, in units of 8 bytes
 *	(SLAB_GRANULE) from the beginning of the slab. While the object is in a per-CPU list:
 *	address of the struct free_words of the next object. A count ends the chain or list, so
 *	the last link is not followed. In a slab it is the place of some object, so that each link
 *	can be checked
 * @mark: FREE_MARK
 *
 * They are at the offset @free_at of the cache: at 0; or behind the object, if the object must keep
 * its bytes while it is free: with a constructor, or in a debug cache.
 */
struct free_words {
	u32 next;
	u32 mark;
};

/*
 * The mark of a free object. An allocation checks that the mark is there, and erases it: if the
 * mark is absent, a write to the free object destroyed it. A free checks that the mark is absent:
 * if it is there, the object may be free already. But the user of an object may have stored this
 * very number, so is_free() in slab.c decides. slab.h lists which mistakes are found in this way.
 */
#define FREE_MARK 0xf4ee0b1eu

/**
 * free_words() - find the allocator's words of an object
 * @cache: cache of the object
 * @object: the object; the words belong to the allocator only while it is free
 *
 * Context: any.
 * Return: the words.
 */
static inline struct free_words *free_words(const struct kmem_cache *cache, const void *object)
{
	return (struct free_words *)((char *)object + cache->free_at);
}

/**
 * object_of() - find the free object that has these words
 * @cache: cache of the object
 * @words: its words
 *
 * Context: any.
 * Return: the object.
 */
static inline void *object_of(const struct kmem_cache *cache, struct free_words *words)
{
	return (char *)words - cache->free_at;
}

/**
 * struct slab - the descriptor of a frame while it is the first frame of a slab
 * @flags: PAGE_SLAB, and the number of the cache
 * @refcount: 1
 * @next: frame number of the next slab in the cache's list of slabs with free objects
 * @first_free: place of the first free object, in units of SLAB_GRANULE. If @nr_free is 0: place of
 *	any object
 * @prev: frame number of the previous slab in the list
 * @nr_free: free objects in this slab; those in per-CPU lists are not included
 *
 * Slabs are in the direct map, which is physical memory below 4 GiB: its frame numbers have 20
 * bits. 12 bits are enough for a place: a slab has at most 32 KiB, which is 4096 units. They are
 * enough for @nr_free, too: no slab has more than 512 objects, the objects of 8 bytes in one page.
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

/**
 * slab_of_page() - the descriptor of a slab
 * @page: first frame of the slab
 *
 * Context: any.
 * Return: the same address, with the slab's type.
 */
static inline struct slab *slab_of_page(struct page *page)
{
	return (struct slab *)page;
}

/**
 * slab_address() - the address of the first object of a slab
 * @slab: any slab
 *
 * Context: any.
 * Return: an address in the direct map.
 */
static inline char *slab_address(const struct slab *slab)
{
	return lowmem_page_address((const struct page *)slab);
}

/**
 * slab_cache_number() - find the number of the cache that a slab belongs to
 * @page: any frame of the direct map
 *
 * Context: any.
 * Return: the number; 0 if @page is not the first frame of a slab.
 */
static inline unsigned int slab_cache_number(const struct page *page)
{
	return page->number;
}

/**
 * slab_is_object() - does an object begin at this offset from the beginning of a slab?
 * @cache: cache of the slab
 * @offset: bytes, inside of the slab
 *
 * The question is whether offset % size == 0 and offset < end. The answer needs one multiplication
 * and no division.
 *
 * Let inverse = 2^32 / size, rounded up, and error = size * inverse - 2^32. Only the lower 32 bits
 * of offset * inverse are kept. For offset = k * size they are k * error. For any other offset they
 * are at least inverse, as offset and size are below 2^16 (Lemire, Kaser and Kurz, Faster remainder
 * by direct computation, 2019). So the test is "less than objects * error", which is not more than
 * inverse. The place behind the last object fails it, too: there k is at least objects. If size is
 * a power of two, then error and each k * error are 0, and the test is "less than 1". It need not
 * compare with end, because the objects fill the slab.
 *
 * Context: any.
 * Return: true if one does.
 */
static inline bool slab_is_object(const struct kmem_cache *cache, u32 offset)
{
	return offset * cache->inverse < cache->limit;
}

/* All slabs of a cache, found in the frame table. Slow: for reports and checks. */
#define for_each_slab_page(page, cache)                                            \
	for ((page) = pfn_to_page(0); (page) < pfn_to_page(max_low_pfn); (page)++) \
		if (page_state(page) == PAGE_SLAB && slab_cache_number(page) == (cache)->number)
