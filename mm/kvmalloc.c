/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <mm/vmalloc.h>

/*
 * kmalloc() is fast, but memory above 4 KiB needs contiguous frames, and the longer the kernel
 * runs, the fewer there are. vmalloc() takes any frames, but is slower, and its address space is
 * small. kvmalloc() tries the first and falls back to the second:
 *
 *	kmalloc(), quietly ──fails──▶ vmalloc() ──fails──▶ NULL, or kmalloc() with __GFP_NOFAIL
 *
 * Invariant: the two allocators return addresses in different ranges, the direct map and the
 * vmalloc range. So kvfree() sees in the address which one to call, and no header in front of the
 * memory is needed.
 *
 * This file is above both allocators, so neither includes the other. The interface is Linux's.
 */

static bool is_vmalloc_address(const void *ptr)
{
	return (unsigned long)ptr >= vmalloc_start && (unsigned long)ptr < VMALLOC_END;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	bool may_fall_back = size > PAGE_SIZE && gfp & __GFP_RECLAIM;
	void *ptr = kmalloc(size, may_fall_back ? (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN : gfp);

	if (ptr || !may_fall_back)
		return ptr;
	ptr = gfp & __GFP_ZERO ? vzalloc(size) : vmalloc(size);
	/* The third attempt finds memory, or it panics and reports the holders of memory. */
	return ptr || !(gfp & __GFP_NOFAIL) ? ptr : kmalloc(size, gfp);
}

void *kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kvmalloc(bytes, gfp);
}

void kvfree(const void *ptr)
{
	if (is_vmalloc_address(ptr))
		vfree(ptr);
	else
		kfree(ptr);
}
