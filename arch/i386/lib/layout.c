/* SPDX-License-Identifier: MIT */
#include <asm/layout.h>
#include <lib/types.h>

/*
 * The borders of the address space that are known only at boot, and the functions that set them; no
 * other code writes to them. arch/i386/borders.c decides how much RAM becomes lowmem.
 */

/* Every border of the picture in <asm/layout.h>, for every split and mode. */
_Static_assert(PAGE_OFFSET % SZ_1G == 0, "the boot tables of a GiB are shared by its two halves");
_Static_assert(VMALLOC_END + 2 * PAGE_SIZE == PKMAP_BASE, "vmalloc ends below pkmap");
_Static_assert(PKMAP_BASE % PDE_SIZE == 0 && LAST_PKMAP <= PTRS_PER_PTE, "pkmap is one page table");
_Static_assert(PKMAP_BASE + PDE_SIZE == FIXADDR_START, "which ends where fixmap begins");
_Static_assert(FIXADDR_START + NR_FIXED_ADDRESSES * PAGE_SIZE <= FIXADDR_TOP, "fixmap has room");
_Static_assert((u32)(FIXADDR_TOP + PAGE_SIZE) == 0, "the last page is never mapped");
_Static_assert(SZ_4G - KERNEL_RESERVE_DEFAULT + 2 * VMALLOC_GAP < VMALLOC_END,
	       "vmalloc is not empty");
_Static_assert(SZ_4G - KERNEL_RESERVE_DEFAULT - PAGE_OFFSET >= 4 * SZ_8M, "nor is the direct map");
_Static_assert(FIXADDR_START - PAGE_OFFSET > KERNEL_RESERVE_MIN, "the layout fits");
_Static_assert(SZ_4G - PKMAP_BASE < KERNEL_RESERVE_MIN / 2, "half of the least reserve is vmalloc");

unsigned long max_pfn __ro_after_init;
unsigned long max_low_pfn __ro_after_init;
unsigned long direct_map_size __ro_after_init;
unsigned long vmalloc_start __ro_after_init;

void __init layout_set_border(unsigned long pfn)
{
	max_low_pfn = pfn;
}

void __init layout_set_end_of_ram(unsigned long end_pfn)
{
	max_pfn = end_pfn;
	max_low_pfn = min(max_low_pfn, max_pfn);
}

void __init layout_set_direct_map(unsigned long vmalloc_limit)
{
	direct_map_size = max_low_pfn << PAGE_SHIFT;
	vmalloc_start = ALIGN_UP(PAGE_OFFSET + direct_map_size + VMALLOC_GAP, PDE_SIZE);
	vmalloc_start = max(vmalloc_start, PKMAP_BASE - vmalloc_limit);
}

void __init layout_take_vmalloc(unsigned long size)
{
	vmalloc_start = ALIGN_UP(vmalloc_start + size + PAGE_SIZE, PDE_SIZE);
}
