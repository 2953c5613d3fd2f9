/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * Objects of one size, many to a page.
 *
 * A cache hands out objects of a size and alignment. kmalloc() (mm/kmalloc.h) is a row of caches for whoever
 * needs a size only.
 *
 * A free of what is not an allocated object of the cache stops the kernel with a message that names object
 * and cache: an address outside of any cache, or inside of an object, always; an object that is free already
 * as long as nobody wrote to it since, and with slub_debug= or DEBUG=1 always. So does the allocation of an
 * object that was written to while it was free, where the write hit what the cache keeps there.
 */

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN 0x1u /* objects begin on a cache line */
#define SLAB_CACHE_DMA     0x2u /* memory that ISA devices can reach */
#define SLAB_PANIC         0x4u /* creation cannot fail: it panics instead */

/* What a request of kmalloc() for 0 bytes gets: not NULL, may be freed, faults when touched. */
#define ZERO_SIZE_PTR ((void *)16)

/**
 * kmem_cache_init() - make caches usable
 *
 * Context: boot, once, after memblock_free_all().
 */
void kmem_cache_init(void);

/**
 * kmem_cache_create() - make a cache
 * @name: for people; the first 31 characters are kept
 * @size: bytes of an object, 1 to 16 KiB
 * @align: of the objects, a power of two up to 16 KiB; 0: that of a long long
 * @flags: SLAB_...
 * @ctor: called once for each object when its memory comes from the page allocator; an object that is freed
 *        has to be as this function made it, and is so when it is allocated again. NULL: none
 *
 * Context: may sleep.
 * Return: the cache; NULL, with a message, if an argument is wrong or there is no memory.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *object));

/**
 * kmem_cache_destroy() - give a cache up
 * @cache: all of its objects were freed; NULL: nothing is done
 *
 * Where objects are still in use they are listed with a warning, and the cache stays.
 * Context: may sleep; nobody else uses the cache any more.
 */
void kmem_cache_destroy(struct kmem_cache *cache);

/**
 * kmem_cache_alloc() - allocate an object
 * @cache: which
 * @gfp: __GFP_ZERO gives zeroes; __GFP_HIGHMEM and __GFP_DMA are ignored with a warning
 *
 * Context: that of alloc_pages().
 * Return: an object, its contents undefined unless there is a constructor; NULL if there is no memory, which never
 * happens with __GFP_NOFAIL. NULL, with a warning, if @gfp has __GFP_ZERO and the cache has a constructor; a panic if
 * it has __GFP_NOFAIL, too.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/**
 * kmem_cache_zalloc() - kmem_cache_alloc(), filled with zeroes
 * @cache: one without a constructor; any other is refused with a warning, and NULL is returned
 * @gfp: as there
 */
static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

/**
 * kmem_cache_free() - free an object
 * @cache: that it was allocated from
 * @object: NULL: nothing is done
 *
 * Context: any.
 */
void kmem_cache_free(struct kmem_cache *cache, void *object);

/**
 * kmem_cache_size() - bytes of an object, as they were asked for
 * @cache: any
 */
unsigned int kmem_cache_size(const struct kmem_cache *cache);

/**
 * kmem_cache_shrink() - give memory without objects back to the page allocator
 * @cache: any
 *
 * Context: as drain_all_pages().
 */
void kmem_cache_shrink(struct kmem_cache *cache);

/**
 * kmem_cache_shrink_all() - kmem_cache_shrink() for all caches
 */
void kmem_cache_shrink_all(void);

/**
 * slab_objects_in_use() - objects that somebody holds, of all caches
 *
 * Context: any. Exact as long as nobody allocates or frees.
 */
unsigned long slab_objects_in_use(void);

/**
 * slabinfo_show() - the caches, as Linux's /proc/slabinfo
 * @out: where to
 *
 * Context: any; takes no lock.
 */
void slabinfo_show(printf_fn *out);

/**
 * slab_check() - look for damage in a cache
 * @cache: nobody uses it meanwhile
 *
 * Return: NULL, or what is wrong (a static string; details are printed with pr_err()).
 */
const char *slab_check(struct kmem_cache *cache);
