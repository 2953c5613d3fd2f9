/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/slab_layout.h>

/*
 * The slabs of a cache: taking objects out of slabs and putting them back, and getting slabs from
 * the page allocator and returning them. The per-CPU lists of slab.c are a layer above.
 */

/**
 * slab_make() - allocate a slab and cut it into free objects
 * @cache: cache that the slab is for
 * @gfp: GFP flags of the request
 *
 * Context: as for kmem_cache_alloc(), without the lock of the cache.
 * Return: a slab that is in no list yet; NULL if there is no memory.
 */
struct slab *slab_make(const struct kmem_cache *cache, gfp_t gfp);

/**
 * slab_add() - add a new slab to its cache
 * @cache: cache that it was made for
 * @slab: from slab_make()
 *
 * Context: the cache is locked.
 */
void slab_add(struct kmem_cache *cache, struct slab *slab);

/**
 * slab_get_object() - take a free object out of a slab
 * @cache: cache to take it from
 *
 * The words of the object are left as they are. Panics if its mark was overwritten, or if its link
 * does not lead to an object.
 * Context: the cache is locked.
 * Return: an object; NULL if no slab of the cache has a free one.
 */
void *slab_get_object(struct kmem_cache *cache);

/**
 * slab_put_object() - return an object to its slab
 * @cache: cache of the object
 * @object: an object that is in no list; it becomes free
 *
 * If all objects of the slab are free now, and the cache already has SLAB_KEEP_EMPTY such slabs,
 * this function returns the slab to the page allocator.
 * Context: the cache is locked.
 */
void slab_put_object(struct kmem_cache *cache, void *object);

/**
 * slab_has_free_object() - search a slab's chain of free objects
 * @cache: cache of the slab
 * @slab: slab to search
 * @object: address to look for
 *
 * Context: the cache is locked. Takes up to 512 steps, one for each free object.
 * Return: true if @object is in the chain.
 */
bool slab_has_free_object(const struct kmem_cache *cache, const struct slab *slab,
			  const void *object);

/**
 * slab_release_empty() - give all slabs whose objects are all free back to the page allocator
 * @cache: any cache
 *
 * Context: the cache is locked.
 */
void slab_release_empty(struct kmem_cache *cache);
