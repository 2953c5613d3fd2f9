/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <kernel/panic.h>
#include <mm/ioremap.h>
#include <mm/map_range.h>
#include <mm/page.h>
#include <mm/vmap_area.h>

/*
 * A driver reads and writes device registers like memory, but their physical addresses are
 * outside of RAM and have no kernel address. So these functions map whole pages into the vmalloc
 * range. The caller gets the address of the byte that it asked for:
 *
 *	physical    │........registers......│         @phys need not be aligned
 *	            └─────────┐
 *	vmalloc     │ page    ▼             │ guard │
 *	                      return value
 *
 * Invariant: a frame has one memory type (uncached, write-combining or cached) in all its
 * mappings, because the behaviour of two types for one frame is undefined (Intel SDM 3A,
 * 12.12.4). Two rules follow. RAM of the page allocator is refused, since the direct map shows it
 * as cached. And iounmap() flushes at once instead of retiring the range, since the next mapping
 * of the same registers may have another type.
 *
 * Price: a flush on all CPUs for each iounmap(). Drivers call it rarely. The interface is
 * Linux's.
 */

static bool has_managed_ram(unsigned long pfn, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		if (pfn_valid(pfn + i) && page_state(pfn_to_page(pfn + i)) != PAGE_RESERVED)
			return true;
	return false;
}

/* The last byte that page tables can map. Without PAE it is at 4 GiB - 1 on every CPU. */
static phys_addr_t last_reachable(void)
{
	return ((phys_addr_t)1 << boot_cpu.phys_bits) - 1;
}

/* Checks the range before it is converted to frame numbers, which would lose the high bits. */
static bool is_reachable(phys_addr_t phys, unsigned long size)
{
	if (size == 0) {
		warn("ioremap of 0 bytes at %#llx: expected at least one byte", phys);
		return false;
	}
	if (phys > last_reachable() || size - 1 > last_reachable() - phys) {
		warn("ioremap of %lu bytes at %#llx: expected addresses up to %#llx, the last "
		     "one that page tables can map",
		     size, phys, last_reachable());
		return false;
	}
	return true;
}

static void *remap(phys_addr_t phys, unsigned long size, pgprot_t prot, unsigned long caller)
{
	unsigned long offset = phys & ~PAGE_MASK;
	unsigned long pfn = PFN_DOWN(phys), count = PFN_DOWN(phys + size - 1) - pfn + 1;
	struct vmap_area *area;

	if (!is_reachable(phys, size))
		return NULL;
	if (has_managed_ram(pfn, count)) {
		warn("ioremap of %lu bytes at %#llx: this is RAM, expected device memory", size,
		     phys);
		return NULL;
	}
	/* A larger count could overflow below, when it is converted to bytes. */
	if (count > (VMALLOC_END - vmalloc_start) >> PAGE_SHIFT)
		return NULL;
	area = vmap_area_get(count << PAGE_SHIFT, VM_IOREMAP, caller);
	if (!area)
		return NULL;
	area->phys = phys - offset;
	if (map_frame_range(vmap_area_addr(area), pfn, count, prot) != 0) {
		vmap_area_put(area);
		return NULL;
	}
	return (void *)(vmap_area_addr(area) + offset);
}

void *ioremap(phys_addr_t phys, unsigned long size)
{
	return remap(phys, size, PAGE_KERNEL_NOCACHE, (unsigned long)__builtin_return_address(0));
}

void *ioremap_wc(phys_addr_t phys, unsigned long size)
{
	return remap(phys, size, PAGE_KERNEL_WC, (unsigned long)__builtin_return_address(0));
}

void *ioremap_cache(phys_addr_t phys, unsigned long size)
{
	return remap(phys, size, PAGE_KERNEL, (unsigned long)__builtin_return_address(0));
}

void iounmap(const void *addr)
{
	struct vmap_area *area;

	if (!addr)
		return;
	area = vmap_area_claim((unsigned long)addr & PAGE_MASK, VM_IOREMAP);
	if (!area)
		panic("iounmap(%p): no ioremap range in use begins there: unmapped twice, or a "
		      "wrong address",
		      addr);
	unmap_range(vmap_area_addr(area), vmap_area_pages(area));
	vmap_area_put(area);
}
