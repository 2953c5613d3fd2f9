/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * Allocates memory of any size that need not be physically contiguous: from kmalloc() if
 * possible, or else from vmalloc(). A device cannot use such memory.
 */

/**
 * kvmalloc() - allocate memory
 * @size: bytes; 0 gives ZERO_SIZE_PTR
 * @gfp: GFP_KERNEL, with or without __GFP_ZERO. Without __GFP_RECLAIM only kmalloc() is tried.
 *
 * Context: may sleep; without __GFP_RECLAIM as kmalloc().
 * Return: memory to be freed with kvfree(); NULL if there is none. With __GFP_NOFAIL the kernel
 * panics instead of returning NULL.
 */
void *kvmalloc(size_t size, gfp_t gfp);

/**
 * kvzalloc() - allocate memory as kvmalloc() does, filled with zeroes
 * @size: bytes; 0 gives ZERO_SIZE_PTR
 * @gfp: as kvmalloc()
 *
 * Context: as kvmalloc().
 * Return: as kvmalloc().
 */
static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

/**
 * kvmalloc_array() - allocate memory for an array
 * @n: number of elements
 * @size: bytes of one element
 * @gfp: as kvmalloc()
 *
 * Context: as kvmalloc().
 * Return: as kvmalloc(); NULL if @n * @size overflows.
 */
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp);

/**
 * kvfree() - free memory of kvmalloc(), kmalloc() or vmalloc()
 * @ptr: their return value; NULL has no effect
 *
 * Context: as vfree().
 */
void kvfree(const void *ptr);
