/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <mm/memblock.h>
#include <mm/mmzone.h>
#include <mm/page_alloc.h>
#include <mm/slab_fast.h>

/*
 * A set of caches serves requests up to 8 KiB: one cache for each power of two from 8, and two
 * more for 96 and 192 bytes, since many requests are a little larger than a power of two. A
 * request gets the smallest object that fits.
 *
 * A larger request gets a block of pages. Its first frame is PAGE_SLAB with cache number 0, and
 * its other frames lead to the first (__GFP_COMP). So kfree() learns from the frame of an address
 * alone whether it has to free an object of a cache or a block.
 *
 * Price: at the sizes 33, 65, 129, ... up to half of an object is waste.
 */

static const u16 sizes[NR_KMALLOC_CACHES] = { 8,   16,  32,   64,   96,   128, 192,
					      256, 512, 1024, 2048, 4096, 8192 };

struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES] __ro_after_init;

static void *zalloc_for_memblock(size_t size)
{
	return kzalloc(size, GFP_KERNEL);
}

void __init kmalloc_init(void)
{
	char name[KMEM_CACHE_NAME];

	for (unsigned int i = 0; i < NR_KMALLOC_CACHES; i++) {
		bool power = (sizes[i] & (sizes[i] - 1)) == 0;

		snprintf(name, sizeof(name), "kmalloc-%u", sizes[i]);
		kmalloc_caches[i] =
			kmem_cache_create(name, sizes[i], power ? sizes[i] : 0, SLAB_PANIC, NULL);
	}
	memblock_use_slab(zalloc_for_memblock, kfree);
}

/* --- blocks of pages -------------------------------------------------------------------------- */

_Static_assert(KMALLOC_MAX_SIZE == PAGE_SIZE << MAX_ORDER,
	       "the largest block of the page allocator");

/* Added to the flags of a frame that becomes the first of a large kmalloc(). */
#define USED_TO_SLAB (PAGE_FLAGS(PAGE_SLAB, 0, 0) - PAGE_FLAGS(PAGE_USED, 0, 0))

static noinline void *too_large(size_t size, gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		panic("kmalloc(%zu, __GFP_NOFAIL): expected at most %lu bytes", size,
		      KMALLOC_MAX_SIZE);
	if (!(gfp & __GFP_NOWARN))
		warn("kmalloc(%zu): expected at most %lu bytes; kvmalloc() has no such limit", size,
		     KMALLOC_MAX_SIZE);
	return NULL;
}

static void *alloc_large(size_t size, gfp_t gfp)
{
	struct page *page;

	if (unlikely(size > KMALLOC_MAX_SIZE))
		return too_large(size, gfp);
	page = alloc_pages(gfp | __GFP_COMP, get_order(size));
	if (!page)
		return NULL;
	page->flags += USED_TO_SLAB;
	return lowmem_page_address(page);
}

static void free_large(struct page *head, const void *ptr)
{
	if (ptr != lowmem_page_address(head))
		slab_bad_free(ptr, "kfree", "inside of a block of pages");
	head->flags -= USED_TO_SLAB;
	__free_pages(head, page_order(head));
}

/* --- either ----------------------------------------------------------------------------------- */

static noinline void __noreturn has_no_address(size_t size, gfp_t gfp)
{
	panic("kmalloc(%zu, gfp %#x): __GFP_HIGHMEM has no address, expected lowmem", size, gfp);
}

static inline void *alloc(size_t size, gfp_t gfp, unsigned long caller)
{
	struct kmem_cache *cache;
	void *object;

	if (unlikely(gfp & GFP_ANY_HIGHMEM))
		has_no_address(size, gfp);
	if (unlikely(size == 0))
		return ZERO_SIZE_PTR;
	/* The caches mix memory of all lowmem zones. The few requests for ISA devices get pages. */
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE || gfp & __GFP_DMA))
		return alloc_large(size, gfp);
	cache = kmalloc_caches[kmalloc_index(size)];
	if (likely(slab_alloc_fast(cache, gfp, &object)))
		return object;
	return slab_alloc_slow(cache, gfp, caller);
}

void *__kmalloc(size_t size, gfp_t gfp)
{
	return alloc(size, gfp, (unsigned long)__builtin_return_address(0));
}

static noinline void free_slow(const void *ptr, unsigned long caller)
{
	struct slab_place place = slab_place(ptr, "kfree");

	if (!place.head)
		return;
	if (slab_cache_number(place.head))
		slab_free_slow(kmem_caches[slab_cache_number(place.head)], place, caller);
	else
		free_large(place.head, ptr);
}

void kfree(const void *ptr)
{
	if (unlikely(!slab_free_fast(kmem_caches[slab_cache_number_at(ptr)], (void *)ptr)))
		free_slow(ptr, (unsigned long)__builtin_return_address(0));
}

size_t ksize(const void *ptr)
{
	struct slab_place place = slab_place(ptr, "ksize");

	if (!place.head)
		return 0;
	if (slab_cache_number(place.head))
		return kmem_cache_size(kmem_caches[slab_cache_number(place.head)]);
	return PAGE_SIZE << page_order(place.head);
}

void *krealloc(const void *ptr, size_t size, gfp_t gfp)
{
	unsigned long caller = (unsigned long)__builtin_return_address(0);
	size_t before = ksize(ptr);
	void *to;

	if (size == 0) {
		kfree(ptr);
		return ZERO_SIZE_PTR;
	}
	if (size <= before)
		return (void *)ptr;
	to = alloc(size, gfp, caller);
	if (!to)
		return NULL;
	if (before)
		memcpy(to, ptr, before);
	kfree(ptr);
	return to;
}

void *krealloc_array(const void *ptr, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : krealloc(ptr, bytes, gfp);
}

char *kstrdup(const char *s, gfp_t gfp)
{
	size_t size;
	char *copy;

	if (!s)
		return NULL;
	size = strlen(s) + 1;
	copy = alloc(size, gfp, (unsigned long)__builtin_return_address(0));
	return copy ? memcpy(copy, s, size) : NULL;
}
