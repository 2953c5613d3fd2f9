/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <mm/vmalloc.h>

/*
 * Above both allocators, so that neither knows the other. A request of kmalloc() that would need several pages
 * side by side fails quietly; the address tells later who gave the memory.
 */

static bool is_vmalloc_address(const void *ptr)
{
	return (unsigned long)ptr >= vmalloc_start && (unsigned long)ptr < VMALLOC_END;
}

void *kvmalloc(size_t size, gfp_t gfp)
{
	bool other_way = size > PAGE_SIZE && gfp & __GFP_RECLAIM;
	void *ptr = kmalloc(size, other_way ? (gfp & ~__GFP_NOFAIL) | __GFP_NOWARN : gfp);

	if (ptr || !other_way)
		return ptr;
	ptr = gfp & __GFP_ZERO ? vzalloc(size) : vmalloc(size);
	/* The third attempt finds memory, or reports what holds it and panics. */
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
