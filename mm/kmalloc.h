/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>
#include <mm/slab.h>

/*
 * Memory by the byte, contiguous, in the direct map. Sizes are rounded up to those of a row of caches, 8 to
 * 8192 bytes; what is larger gets pages of its own. Memory whose size is a power of two is aligned to its
 * size, other memory to 8 bytes.
 *
 * A size that does not fit into a size_t when it is worked out (n * size) gives NULL, like no memory.
 */

#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE       (PAGE_SIZE << 10)
#define NR_KMALLOC_CACHES      13

extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES];

/**
 * kmalloc_init() - make kmalloc() usable
 *
 * memblock takes its grown lists from here from now on.
 * Context: boot, once, after kmem_cache_init().
 */
void kmalloc_init(void);

/**
 * kmalloc_index() - which of the caches a size is served from
 * @size: 1 to KMALLOC_MAX_CACHE_SIZE
 *
 * Worked out by the compiler where @size is a constant.
 */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	if (size <= 8)
		return 0;
	if (size > 64 && size <= 96)
		return 4;
	if (size > 128 && size <= 192)
		return 6;
	if (size <= 64)
		return (unsigned int)(29 - __builtin_clz((unsigned int)size - 1));
	/* 128, 256, 512, ...: each in the place after the one between it and the one before. */
	return size <= 128 ? 5 : (unsigned int)(31 - __builtin_clz((unsigned int)size - 1));
}

/**
 * __kmalloc() - kmalloc() for a size that the compiler does not know
 * @size: bytes
 * @gfp: as kmalloc()
 */
void *__kmalloc(size_t size, gfp_t gfp);

/**
 * kmalloc() - allocate memory
 * @size: bytes, up to KMALLOC_MAX_SIZE; 0 gives ZERO_SIZE_PTR
 * @gfp: without __GFP_HIGHMEM, else panic
 *
 * Context: that of alloc_pages().
 * Return: memory whose contents are undefined; NULL if there is none, or with a warning if @size is too large. Never
 * NULL with __GFP_NOFAIL: where no memory can be had the kernel panics.
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	const gfp_t special = __GFP_DMA | __GFP_HIGHMEM;

	if (__builtin_constant_p(size) && __builtin_constant_p(gfp) && size &&
	    size <= KMALLOC_MAX_CACHE_SIZE && !(gfp & special))
		return kmem_cache_alloc(kmalloc_caches[kmalloc_index(size)], gfp);
	return __kmalloc(size, gfp);
}

/**
 * kzalloc() - kmalloc(), filled with zeroes
 * @size: bytes
 * @gfp: as kmalloc()
 */
static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/**
 * kmalloc_array() - memory for an array
 * @n: elements
 * @size: bytes of each
 * @gfp: as kmalloc()
 *
 * Return: as kmalloc(); NULL if @n * @size overflows.
 */
static __always_inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kmalloc(bytes, gfp);
}

/**
 * kcalloc() - kmalloc_array(), filled with zeroes
 * @n: elements
 * @size: bytes of each
 * @gfp: as kmalloc()
 */
static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

/**
 * kfree() - free what one of these functions returned
 * @ptr: NULL and ZERO_SIZE_PTR: nothing is done; what is not the beginning of an allocation: panic
 *
 * Objects of any cache may be freed so, too.
 * Context: any.
 */
void kfree(const void *ptr);

/**
 * ksize() - bytes that may be used
 * @ptr: from one of these functions; NULL and ZERO_SIZE_PTR have none
 *
 * Return: at least the size that was asked for.
 */
size_t ksize(const void *ptr);

/**
 * krealloc() - change the size of an allocation
 * @ptr: NULL: as kmalloc()
 * @size: bytes; 0: as kfree(), and ZERO_SIZE_PTR is returned
 * @gfp: as kmalloc(); __GFP_ZERO: what is beyond the former usable size (ksize()) is zero
 *
 * Return: memory that begins as the former one does; NULL on failure: then @ptr is as before.
 */
void *krealloc(const void *ptr, size_t size, gfp_t gfp);

/**
 * krealloc_array() - krealloc() for an array
 * @ptr: as krealloc()
 * @n: elements
 * @size: bytes of each
 * @gfp: as krealloc()
 *
 * Return: as krealloc(); NULL if @n * @size overflows.
 */
void *krealloc_array(const void *ptr, size_t n, size_t size, gfp_t gfp);

/**
 * kstrdup() - a copy of a string
 * @s: NULL gives NULL
 * @gfp: as kmalloc()
 *
 * Return: the copy, to be freed with kfree(); NULL if there is no memory.
 */
char *kstrdup(const char *s, gfp_t gfp);
