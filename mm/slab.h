/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * Caches of objects of one size. kmalloc() (mm/kmalloc.h) is a row of such caches, for callers that
 * need memory of some size and no cache of their own.
 *
 * Freeing an address that is no allocated object of the cache stops the kernel. The message names
 * the object and the cache. Always found: an address outside of any cache, and one inside of an
 * object. A double free is found as long as nobody has written to the object since; with
 * slub_debug= or DEBUG=1 it is always found. A write to a free object is found when the object is
 * allocated again, if the write hit one of the two words that the allocator keeps there.
 */

struct kmem_cache;

#define SLAB_HWCACHE_ALIGN 0x1u /* objects begin on a cache line */
#define SLAB_CACHE_DMA     0x2u /* memory that ISA devices can reach, below 16 MiB */
#define SLAB_PANIC         0x4u /* creation panics instead of failing */

/* kmalloc() returns this for 0 bytes: it is not NULL, may be freed, and faults when touched. */
#define ZERO_SIZE_PTR ((void *)16)

/**
 * kmem_cache_init() - make caches usable
 *
 * Context: boot, once, after memblock_free_all().
 */
void kmem_cache_init(void);

/**
 * kmem_cache_create() - create a cache
 * @name: name in reports; the first 31 characters are kept
 * @size: size of an object in bytes, 1 to 16 KiB
 * @align: alignment of objects in bytes, a power of two up to 16 KiB; 0 means 8, that of a long
 *	long
 * @flags: SLAB_HWCACHE_ALIGN and its neighbours
 * @ctor: constructor, called once for each object when its memory comes from the page allocator.
 *	The caller frees an object in the state that the constructor made, and finds it in that
 *	state when it is allocated again. NULL: none
 *
 * Context: may sleep.
 * Return: the cache; NULL, with a message, if an argument is wrong or there is no memory.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *object));

/**
 * kmem_cache_destroy() - destroy a cache
 * @cache: cache whose objects were all freed; NULL: nothing happens
 *
 * If objects are still in use, this function lists them with a warning, and the cache stays.
 * Context: may sleep; nobody else uses the cache any more.
 */
void kmem_cache_destroy(struct kmem_cache *cache);

/**
 * kmem_cache_alloc() - allocate an object
 * @cache: cache to allocate from
 * @gfp: GFP flags. __GFP_ZERO fills the object with zeroes. __GFP_HIGHMEM and __GFP_DMA are
 *	ignored with a warning
 *
 * Context: that of alloc_pages().
 * Return: an object, whose contents are undefined unless there is a constructor; NULL if there is
 * no memory, which never happens with __GFP_NOFAIL. With __GFP_ZERO and a constructor: NULL and a
 * warning, or a panic with __GFP_NOFAIL.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/**
 * kmem_cache_zalloc() - allocate an object filled with zeroes
 * @cache: cache without a constructor; with one: a warning, and NULL is returned
 * @gfp: GFP flags, as for kmem_cache_alloc()
 *
 * Context and return: those of kmem_cache_alloc().
 */
static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

/**
 * kmem_cache_free() - free an object
 * @cache: cache that it was allocated from
 * @object: the object; NULL: nothing happens
 *
 * Context: any.
 */
void kmem_cache_free(struct kmem_cache *cache, void *object);

/**
 * kmem_cache_size() - size of an object in bytes, as the creator of the cache asked for it
 * @cache: any cache
 *
 * Context: any.
 * Return: the size, without alignment and notes of slub_debug=.
 */
unsigned int kmem_cache_size(const struct kmem_cache *cache);

/**
 * kmem_cache_shrink() - return all slabs without an object in use to the page allocator
 * @cache: any cache
 *
 * Objects in per-CPU lists return to their slabs first; those of other CPUs only if this CPU may
 * call them.
 * Context: that of drain_all_pages().
 */
void kmem_cache_shrink(struct kmem_cache *cache);

/**
 * kmem_cache_shrink_all() - kmem_cache_shrink() for all caches
 *
 * Context: that of kmem_cache_shrink().
 */
void kmem_cache_shrink_all(void);

/**
 * slab_objects_of() - count the objects of a cache that are in use
 * @cache: any cache
 *
 * Context: any. Exact only while nobody allocates or frees.
 * Return: allocated objects, without those in per-CPU lists.
 */
unsigned long slab_objects_of(const struct kmem_cache *cache);

/**
 * slab_objects_in_use() - slab_objects_of() for all caches together
 *
 * Context: any. Exact only while nobody allocates or frees.
 * Return: allocated objects of all caches.
 */
unsigned long slab_objects_in_use(void);

/**
 * slab_report_leaks() - warn of a cache with objects in use, and list some of them
 * @cache: cache that nobody uses meanwhile; no CPU keeps free objects of it
 *
 * Context: any.
 */
void slab_report_leaks(const struct kmem_cache *cache);

/**
 * slabinfo_show() - print all caches in the format of Linux's /proc/slabinfo
 * @out: function that prints
 *
 * Context: any; takes no lock.
 */
void slabinfo_show(printf_fn *out);

/**
 * slab_check() - look for damage in a cache
 * @cache: cache that nobody uses meanwhile
 *
 * Context: any; slow.
 * Return: NULL, or a static string that says what is wrong; the details are printed with pr_err().
 */
const char *slab_check(struct kmem_cache *cache);
