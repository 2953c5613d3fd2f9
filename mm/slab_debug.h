/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/kmem_cache.h>

/*
 * The checks of a debug cache, chosen by slub_debug= or by DEBUG=1, and the panic for an object in
 * a wrong state. slab_debug.c has the picture of such an object.
 */

/*
 * Bits of a cache's @debug, in the order of the letters of slub_debug=. Any of them moves the mark
 * behind the object, where its user does not write.
 */
#define SLAB_CHECK    0x1u /* F: no pattern; it only makes this a debug cache */
#define SLAB_RED_ZONE 0x2u /* Z: a pattern behind the object */
#define SLAB_POISON   0x4u /* P: a pattern in free objects */
#define SLAB_OWNER    0x8u /* U: note the callers that allocated and freed the object */

/* The mark or the link of a free object has changed, or it was freed twice (is_free(), slab.c). */
#define SLAB_LATE_WRITE "was written to while it was free"

/**
 * slab_debug_layout() - decide what is checked in a new cache, and lay out its objects
 * @cache: has @name, @object_size, @align and @ctor; this function sets @debug, @free_at, @owner_at
 *	and @size
 *
 * Context: any, before the cache has a slab.
 */
void slab_debug_layout(struct kmem_cache *cache);

/**
 * slab_debug_new() - write the patterns of a free object into new memory
 * @cache: a debug cache
 * @object: memory that the page allocator just gave
 *
 * Context: any, before another CPU can reach the slab.
 */
void slab_debug_new(const struct kmem_cache *cache, void *object);

/**
 * slab_debug_check_free() - check that a free object still has its patterns
 * @cache: a debug cache
 * @object: a free object; panics if a pattern has changed
 *
 * Context: any; the caller holds the lock of the cache, or has taken the object.
 */
void slab_debug_check_free(const struct kmem_cache *cache, const void *object);

/**
 * slab_debug_alloc() - check an object and note its allocation
 * @cache: a debug cache
 * @object: an object that the caller has just taken from its slab; panics if it is damaged
 * @caller: return address of the allocating call
 *
 * Context: any.
 */
void slab_debug_alloc(const struct kmem_cache *cache, void *object, unsigned long caller);

/**
 * slab_debug_free() - check an object and note that it is freed
 * @cache: a debug cache
 * @object: an allocated object; with SLAB_RED_ZONE, panics if there was a write behind its end
 * @caller: return address of the freeing call
 *
 * Context: any.
 */
void slab_debug_free(const struct kmem_cache *cache, void *object, unsigned long caller);

/**
 * slab_debug_owner() - print the callers that allocated and freed an object
 * @cache: any cache; prints nothing without SLAB_OWNER
 * @object: an object of it
 *
 * Context: any.
 */
void slab_debug_owner(const struct kmem_cache *cache, const void *object);

/**
 * slab_bad_object() - panic, since an object is not in the state that it must be in
 * @cache: cache of the object
 * @object: the object
 * @why: rest of a sentence that begins with the object, like SLAB_LATE_WRITE
 *
 * Context: any.
 */
void slab_bad_object(const struct kmem_cache *cache, const void *object,
		     const char *why) __noreturn;
