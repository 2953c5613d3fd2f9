/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * Memory that may be large and need not be contiguous in physical memory: kmalloc() where that has it, vmalloc()
 * otherwise. It is not for devices.
 */

/**
 * kvmalloc() - allocate memory
 * @size: bytes; 0 gives ZERO_SIZE_PTR
 * @gfp: GFP_KERNEL, with __GFP_ZERO or without. Without __GFP_RECLAIM vmalloc() is not tried.
 *
 * Context: may sleep.
 * Return: memory to be freed with kvfree(); NULL if there is none. Never NULL with __GFP_NOFAIL: where no memory can be
 * had the kernel panics.
 */
void *kvmalloc(size_t size, gfp_t gfp);

/**
 * kvzalloc() - kvmalloc(), filled with zeroes
 * @size: bytes
 * @gfp: as kvmalloc()
 */
static inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

/**
 * kvmalloc_array() - memory for an array
 * @n: elements
 * @size: bytes of each
 * @gfp: as kvmalloc()
 *
 * Return: as kvmalloc(); NULL if @n * @size overflows.
 */
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp);

/**
 * kvfree() - free what kvmalloc(), kmalloc() or vmalloc() returned
 * @ptr: NULL: nothing is done
 *
 * Context: as vfree().
 */
void kvfree(const void *ptr);
