/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/term.h>
#include <mm/gfp.h>
#include <mm/slab.h>

/*
 * Memory by the byte, contiguous, in the direct map. A request up to 8192 bytes gets an object of
 * the smallest size of a set of caches; a larger one gets whole pages, up to 4 MiB. Memory whose
 * size is a power of two is aligned to its size, other memory to 8 bytes.
 *
 * A size that is a product (n * size) and does not fit into a size_t gives NULL, like a lack of
 * memory.
 */

#define KMALLOC_MAX_CACHE_SIZE 8192u
#define KMALLOC_MAX_SIZE       (PAGE_SIZE << TERM_MAX_ORDER) /* 4 MiB, a block of MAX_ORDER */
#define NR_KMALLOC_CACHES      13

/*
 *	index    0   1   2   3   4    5    6    7    8    9    10    11    12
 *	size     8  16  32  64  96  128  192  256  512  1024  2048  4096  8192
 */
extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_CACHES];

/**
 * kmalloc_init() - make kmalloc() usable
 *
 * From now on memblock allocates its lists here when they grow.
 * Context: boot, once, after kmem_cache_init().
 */
void kmalloc_init(void);

/**
 * kmalloc_index() - index of the cache that serves a size
 * @size: bytes, 1 to KMALLOC_MAX_CACHE_SIZE
 *
 * The compiler computes the index if @size is a constant.
 * Context: any.
 * Return: index in kmalloc_caches[] of the smallest objects with @size bytes.
 */
static __always_inline unsigned int kmalloc_index(size_t size)
{
	unsigned int log2; /* of the next power of two, from @size on */

	if (size <= 8)
		return 0;
	if (size > 64 && size <= 96)
		return 4;
	if (size > 128 && size <= 192)
		return 6;
	log2 = 32u - (unsigned int)__builtin_clz((unsigned int)size - 1);
	/* 16 = 2^4 has index 1; 96 moves 128 = 2^7 up by one place, 192 moves 256 = 2^8 by two. */
	if (size <= 64)
		return log2 - 3;
	return size <= 128 ? log2 - 2 : log2 - 1;
}

/**
 * __kmalloc() - kmalloc() of a size that the compiler does not know
 * @size: bytes
 * @gfp: GFP flags
 *
 * Context: that of kmalloc().
 * Return: that of kmalloc().
 */
void *__kmalloc(size_t size, gfp_t gfp);

/**
 * kmalloc() - allocate memory
 * @size: bytes, up to KMALLOC_MAX_SIZE; 0 gives ZERO_SIZE_PTR
 * @gfp: GFP flags; with __GFP_HIGHMEM it panics
 *
 * Context: that of alloc_pages().
 * Return: memory whose contents are undefined; NULL if there is none, or, with a warning, if @size
 * is too large. Never NULL with __GFP_NOFAIL: the kernel panics if there is no memory.
 */
static __always_inline void *kmalloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && __builtin_constant_p(gfp) && size &&
	    size <= KMALLOC_MAX_CACHE_SIZE && !(gfp & GFP_ZONEMASK))
		return kmem_cache_alloc(kmalloc_caches[kmalloc_index(size)], gfp);
	return __kmalloc(size, gfp);
}

/**
 * kzalloc() - allocate memory filled with zeroes
 * @size: bytes, as for kmalloc()
 * @gfp: GFP flags, as for kmalloc()
 *
 * Context: that of kmalloc().
 * Return: that of kmalloc().
 */
static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

/**
 * kmalloc_array() - allocate memory for an array
 * @n: number of elements
 * @size: bytes of each element
 * @gfp: GFP flags, as for kmalloc()
 *
 * Context: that of kmalloc().
 * Return: as kmalloc(); NULL also if @n * @size overflows.
 */
static __always_inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kmalloc(bytes, gfp);
}

/**
 * kcalloc() - allocate memory for an array, filled with zeroes
 * @n: number of elements
 * @size: bytes of each element
 * @gfp: GFP flags, as for kmalloc()
 *
 * Context: that of kmalloc_array().
 * Return: that of kmalloc_array().
 */
static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc_array(n, size, gfp | __GFP_ZERO);
}

/**
 * kfree() - free memory
 * @ptr: memory from a function of this header, or an object of any cache; nothing happens for NULL
 *	and ZERO_SIZE_PTR. Panics if no allocation begins there
 *
 * Context: any.
 */
void kfree(const void *ptr);

/**
 * ksize() - usable size of an allocation
 * @ptr: as for kfree()
 *
 * Context: any.
 * Return: bytes that may be used, at least as many as the caller asked for; 0 for NULL and
 * ZERO_SIZE_PTR.
 */
size_t ksize(const void *ptr);

/**
 * krealloc() - change the size of an allocation
 * @ptr: the allocation; NULL: same as kmalloc()
 * @size: new size in bytes; 0: same as kfree(), and ZERO_SIZE_PTR is returned
 * @gfp: GFP flags, as for kmalloc(). __GFP_ZERO fills the part behind the old ksize() with zeroes
 *
 * Context: that of kmalloc().
 * Return: memory that begins with the old contents; NULL on failure, and then @ptr is unchanged.
 */
void *krealloc(const void *ptr, size_t size, gfp_t gfp);

/**
 * krealloc_array() - change the size of an array
 * @ptr: the array, as for krealloc()
 * @n: new number of elements
 * @size: bytes of each element
 * @gfp: GFP flags, as for krealloc()
 *
 * Context: that of kmalloc().
 * Return: as krealloc(); NULL also if @n * @size overflows.
 */
void *krealloc_array(const void *ptr, size_t n, size_t size, gfp_t gfp);

/**
 * kstrdup() - copy a string into new memory
 * @s: string to copy; NULL gives NULL
 * @gfp: GFP flags, as for kmalloc()
 *
 * Context: that of kmalloc().
 * Return: the copy, to be freed with kfree(); NULL if there is no memory.
 */
char *kstrdup(const char *s, gfp_t gfp);
