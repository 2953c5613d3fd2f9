/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * Caches of objects of one size. kmalloc() (mm/kmalloc.h) uses a set of such caches, one for each
 * size, for callers that need no cache of their own.
 *
 * A mistake that is found stops the kernel, with a message that names the address or the object.
 * When is it found?
 *
 * - A free of an address outside of any cache or inside of an object, and kmem_cache_free() of an
 *   object of another cache: always.
 * - A double free: if the object was not allocated again since, and its mark is intact. (The mark
 *   is the second of the two words that the allocator keeps in a free object.) If another CPU has
 *   the object in a list, the free must be able to call that CPU. It cannot in an interrupt, or
 *   with interrupts or preemption disabled. A debug cache (slub_debug=, DEBUG=1) has no such lists,
 *   and the mark is where the user of the object does not write.
 * - A write to a free object that changed the mark: when the object leaves its list or slab.
 * - A write that changed the link, the first of the two words, and not the mark:
 *	- In a slab: when the object leaves it, if the link leads to no object; at the next
 *	  allocation from the slab, if it leads to an object in use.
 *	- In the list of a CPU: when an allocation or a return to the slabs follows the link, by a
 *	  page fault or because there is no mark.
 *	- Not always found: a link to another free object, and the last link of a list or slab.
 *   The panic names the place that the link led to. But in a slab, if no object begins there, it
 *   names the object with the link.
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
 * @align: alignment of objects in bytes, a power of two up to 16 KiB; 0 means 8
 * @flags: SLAB_* flags above, or 0
 * @ctor: constructor, called once for each object when its memory comes from the page allocator,
 *	in the context of that allocation; the cache is not locked. The caller frees an object in
 *	the state that the constructor made, and finds it in that state when it is allocated again.
 *	NULL: none
 *
 * Context: may sleep.
 * Return: the cache. NULL if an argument is wrong, all numbers of caches are taken, or there is no
 * memory; the first two have a message.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *object));

/**
 * kmem_cache_destroy() - destroy a cache
 * @cache: cache whose objects were all freed; NULL: nothing happens
 *
 * If objects are still in use, this function lists up to 16 of them with a warning, and the cache
 * stays.
 * Context: may sleep; no other thread uses the cache any more.
 */
void kmem_cache_destroy(struct kmem_cache *cache);

/**
 * kmem_cache_alloc() - allocate an object
 * @cache: cache to allocate from
 * @gfp: GFP flags. __GFP_ZERO fills the object with zeroes. __GFP_HIGHMEM and __GFP_DMA are
 *	ignored with a warning
 *
 * Context: any with GFP_ATOMIC. With GFP_KERNEL it may wait for other CPUs if memory is short.
 * Return: an object, whose contents are undefined unless there is a constructor; NULL if there is
 * no memory; with __GFP_NOFAIL the kernel panics instead. With __GFP_ZERO and a constructor: NULL
 * and a warning, or a panic with __GFP_NOFAIL.
 */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);

/**
 * kmem_cache_zalloc() - allocate an object filled with zeroes
 * @cache: cache without a constructor. With one: a warning and NULL, or a panic with __GFP_NOFAIL
 * @gfp: GFP flags, as for kmem_cache_alloc()
 *
 * Context: that of kmem_cache_alloc().
 * Return: that of kmem_cache_alloc().
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
 * wait for them (cpu_may_call_others()).
 * Context: any.
 */
void kmem_cache_shrink(struct kmem_cache *cache);

/**
 * kmem_cache_shrink_all() - kmem_cache_shrink() for all caches
 *
 * Context: any.
 */
void kmem_cache_shrink_all(void);

/**
 * slab_objects_of() - count the objects of a cache that are in use
 * @cache: any cache
 *
 * Context: any. Exact only while no CPU allocates or frees.
 * Return: objects that callers hold; an object in a per-CPU list counts as free.
 */
unsigned long slab_objects_of(const struct kmem_cache *cache);

/**
 * slab_objects_in_use() - slab_objects_of() for all caches together
 *
 * Context: any. Exact only while no CPU allocates or frees.
 * Return: objects that callers hold.
 */
unsigned long slab_objects_in_use(void);

/**
 * slab_report_leaks() - warn of a cache with objects in use, and list some of them
 * @cache: cache that no thread uses meanwhile; all per-CPU lists of it are empty
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
 * @cache: cache that no thread uses meanwhile
 *
 * Context: any; slow.
 * Return: NULL, or a static string that says what is wrong; the details are printed with pr_err().
 */
const char *slab_check(struct kmem_cache *cache);
