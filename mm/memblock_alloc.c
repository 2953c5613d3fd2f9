/* SPDX-License-Identifier: MIT */
#include <mm/memblock_alloc.h>

#include <asm/page.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/memblock_lists.h>
#include <mm/memblock_walk.h>

/*
 * To allocate is to walk the free pieces from one end, take the first in which the block fits, and
 * add the block to `reserved`. A block has no header, and freeing it needs its size.
 *
 * First fit from the top is the default. It leaves low memory, which some devices need, for later
 * requests, and packs blocks tightly: blocks that touch become one entry of `reserved`.
 *
 * All functions end in memblock_alloc_range_nid(). It looks in up to four sets of regions:
 * mirrored memory of the wanted node, mirrored memory of any node, memory of the wanted node,
 * memory of any node. The first two are skipped where no memory is mirrored, and the second and
 * the fourth where the caller insists on its node.
 */

struct memblock_slab memblock_slab;

static phys_addr_t clamp_to(phys_addr_t addr, phys_addr_t low, phys_addr_t high)
{
	return addr < low ? low : min(addr, high);
}

static phys_addr_t find_from_top(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				 phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t low, high;
	u64 i;

	for_each_free_mem_range_reverse(i, nid, flags, &low, &high, NULL) {
		phys_addr_t base;

		low = clamp_to(low, start, end);
		high = clamp_to(high, start, end);
		if (high - low < size)
			continue;
		base = ALIGN_DOWN(high - size, align);
		if (base >= low)
			return base;
	}
	return 0;
}

static phys_addr_t find_from_bottom(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				    phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t low, high;
	u64 i;

	for_each_free_mem_range(i, nid, flags, &low, &high, NULL) {
		phys_addr_t base;

		low = clamp_to(low, start, end);
		high = clamp_to(high, start, end);
		base = ALIGN_UP(low, align);
		if (base >= low && base < high && high - base >= size) /* ALIGN_UP() may wrap */
			return base;
	}
	return 0;
}

phys_addr_t memblock_find_free(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			       phys_addr_t end, int nid, enum memblock_flags flags)
{
	/* Address 0 means failure, so the first page is never allocated. */
	start = max(start, (phys_addr_t)PAGE_SIZE);
	end = max(end, start);
	if (memblock.bottom_up)
		return find_from_bottom(size, align, start, end, nid, flags);
	return find_from_top(size, align, start, end, nid, flags);
}

/* Finds a place and reserves it. If `reserved` is full, the place is of no use. */
static phys_addr_t take_from(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			     phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t base = memblock_find_free(size, align, start, end, nid, flags);

	if (base && memblock_reserve(base, size))
		return 0;
	return base;
}

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid)
{
	enum memblock_flags flags = memblock_has_mirror ? MEMBLOCK_MIRROR : MEMBLOCK_NONE;
	static bool warned;
	phys_addr_t base;

	if (nid == MAX_NUMNODES) {
		if (!warned)
			pr_warn("memblock: asked for memory of node %d, expected NUMA_NO_NODE\n",
				nid);
		warned = true;
		nid = NUMA_NO_NODE;
	}
	if (!align)
		align = SMP_CACHE_BYTES;
	if (end == MEMBLOCK_ALLOC_ACCESSIBLE || end == MEMBLOCK_ALLOC_NOLEAKTRACE)
		end = memblock.current_limit;

	for (;;) {
		base = take_from(size, align, start, end, nid, flags);
		if (!base && nid != NUMA_NO_NODE && !exact_nid)
			base = take_from(size, align, start, end, NUMA_NO_NODE, flags);
		if (base || flags == MEMBLOCK_NONE)
			return base;
		pr_warn("memblock: no %llu bytes of mirrored memory\n", size);
		flags = MEMBLOCK_NONE;
	}
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end)
{
	return memblock_alloc_range_nid(size, align, start, end, NUMA_NO_NODE, false);
}

phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_range_nid(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, nid, false);
}

void memblock_use_slab(void *(*zalloc)(size_t size), void (*free)(const void *ptr))
{
	memblock_slab.zalloc = zalloc;
	memblock_slab.free = free;
}

static void *alloc_after_slab(phys_addr_t size)
{
	static bool warned;

	if (!warned)
		pr_warn("memblock: asked for %llu bytes, but slab is up: call kmalloc()\n", size);
	warned = true;
	return size > SIZE_MAX ? NULL : memblock_slab.zalloc((size_t)size);
}

static void *alloc_virtual(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			   phys_addr_t max_addr, int nid, bool exact_nid)
{
	phys_addr_t pa;

	if (memblock_slab.zalloc)
		return alloc_after_slab(size);
	max_addr = min(max_addr, memblock.current_limit);
	pa = memblock_alloc_range_nid(size, align, min_addr, max_addr, nid, exact_nid);
	if (!pa && min_addr)
		pa = memblock_alloc_range_nid(size, align, 0, max_addr, nid, exact_nid);
	return pa ? phys_to_virt(pa) : NULL;
}

void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid)
{
	void *ptr = alloc_virtual(size, align, min_addr, max_addr, nid, false);

	if (ptr)
		memset(ptr, 0, (size_t)size);
	return ptr;
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid)
{
	return alloc_virtual(size, align, min_addr, max_addr, nid, false);
}

void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid)
{
	return alloc_virtual(size, align, min_addr, max_addr, nid, true);
}
