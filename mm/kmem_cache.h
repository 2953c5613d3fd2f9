/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <mm/gfp.h>

/*
 * A cache: what the files of the slab allocator know about objects of one kind.
 *
 *	kmem_caches[number] ──▶ struct kmem_cache
 *	                          ├─ partial ──▶ slab ◀──▶ slab   slabs with free objects
 *	                          └─ lists ────▶ two lists of free objects on each CPU
 *
 * A cache has a number from 1 to NR_KMEM_CACHES - 1. The frame descriptor of a slab has room for a
 * number but not for a pointer, so the kernel finds the cache of an object in kmem_caches[].
 * Number 0 is a dummy cache without objects. Each frame of the direct map that is not the first
 * frame of a slab has this number, also those of a large kmalloc(), which gets pages of its own.
 * So kfree() of an address in such a frame takes the slow path.
 */

#define NR_KMEM_CACHES  128u
#define KMEM_CACHE_NAME 32 /* bytes of a name, with its final 0 */

/* A slab is a block of 2^order pages. Each object begins and ends at a multiple of SLAB_GRANULE. */
#define SLAB_MAX_ORDER 3u
#define SLAB_MAX_SIZE  (PAGE_SIZE << SLAB_MAX_ORDER)
#define SLAB_GRANULE   8u

/* Largest object and alignment: half of the largest slab, which leaves room for slub_debug=. */
#define SLAB_MAX_OBJECT (SLAB_MAX_SIZE / 2)

/* Empty slabs (@nr_empty) that a cache keeps; others return to the page allocator. */
#define SLAB_KEEP_EMPTY 1u

struct kmem_cache_cpu;

/**
 * struct kmem_cache - a cache
 * @inverse: constant of the division-free test slab_is_object(): 2^32 / @size, rounded up
 * @limit: the other constant of that test
 * @free_at: offset of the struct free_words in a free object, in bytes
 * @hot_limit: most objects in the hot list of a CPU: @batch, or 0 for a debug cache. With 0 the
 *	list is full for each free and empty for each allocation: the fast path refuses them, and
 *	the slow path checks the object
 * @lists: the per-CPU lists of this cache, kmem_cache_cpus[@number]
 * @batch: objects in a full list of a CPU, and most that an empty one gets from the slabs
 * @number: index in kmem_caches[]
 * @debug: SLAB_CHECK and the bits after it in slab_debug.h; not 0 makes this a debug cache
 * @size: bytes from the beginning of an object to the beginning of the next one
 * @end: bytes of a slab that hold objects: @objects * @size
 * @object_size: bytes that the creator of the cache asked for
 * @align: alignment of objects in bytes, a power of two
 * @owner_at: offset of the struct object_owner in an object, with SLAB_OWNER
 * @order: order of a slab
 * @objects: objects in a slab
 * @gfp: added to the GFP flags of requests for slabs
 * @ctor: constructor, or NULL
 * @lock: protects the next four members, and the descriptors and free objects of all slabs of the
 *	cache, but not objects in per-CPU lists. Taken with interrupts off. The locks of zones are
 *	taken inside
 * @partial: frame number of the first slab with a free object, or SLAB_PFN_NONE
 * @nr_slabs: slabs of the cache
 * @nr_empty: slabs whose objects are all free, none of them in a per-CPU list
 * @nr_free: free objects in slabs; those in per-CPU lists are not included
 * @name: name in reports
 */
struct kmem_cache {
	u32 inverse, limit;
	u32 free_at;
	u32 hot_limit;
	struct kmem_cache_cpu *lists;
	u16 batch, number;

	u32 debug;
	u32 size, end;
	u32 object_size;
	u32 align;
	u32 owner_at;
	u16 order, objects;
	gfp_t gfp;
	void (*ctor)(void *object);

	spinlock_t lock;
	u32 partial;
	u32 nr_slabs, nr_empty, nr_free;
	char name[KMEM_CACHE_NAME];
};

/* All caches by number; NULL where a number is free. */
extern struct kmem_cache *kmem_caches[NR_KMEM_CACHES];
