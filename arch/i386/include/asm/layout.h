/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/term.h>

/*
 * The kernel's part of the address space. Only this header and arch/i386/lib/layout.c define,
 * compute and set its borders. nasm files and linker scripts get PAGE_OFFSET from the same
 * CONFIG_PAGE_OFFSET.
 *
 *	0xFFFFF000  FIXADDR_TOP     never mapped: a pointer of -4095..-1 faults
 *	            fixmap          single pages at addresses known at compile time: kmap_local
 *	                            slots and windows to page tables of every CPU, early
 *	                            mappings, APICs
 *	            FIXADDR_START   (on a page-directory border)
 *	            PKMAP_BASE      kmap(): one page table of slots, 512 (PAE) or 1024
 *	            VMALLOC_END     two pages below, unmapped
 *	            vmalloc         vmalloc, vmap, ioremap
 *	            vmalloc_start   high_memory + 8 MiB; higher if lowmem is too small for the
 *	                            page tables of the range (non-PAE), or above a frame table
 *	                            that does not fit into lowmem
 *	            (hole)          an overrun of the direct map faults here
 *	            high_memory     end of the direct map: PAGE_OFFSET + 896 MiB, or less RAM
 *	            direct map      physical 0 and up, at its address + PAGE_OFFSET
 *	PAGE_OFFSET
 *	            (user)
 *	0x00000000  never mapped
 *
 * The distance from high_memory to the top is 128 MiB, unless `vmalloc=` changes it. On a machine
 * with little RAM, high_memory is lower, and the vmalloc range is larger, up to a limit without PAE
 * (borders.c). lib/layout.c checks every border at compile time. The direct map, pkmap and fixmap,
 * and their names, are Linux's.
 *
 * A new region has to be added in these places, too: borders.c decides how much RAM is lowmem, and
 * borders_print() prints the layout. region.c names the region of an address, and ptdump.c the
 * region of a mapping. tests/qemu/audit.py reads the printed layout. docs/paging.md describes the
 * regions.
 */

/*
 * Sizes of pages. A directory entry covers one page table or one large page: 2 MiB with PAE, 4 MiB
 * without.
 */
#define PAGE_SHIFT   12
#define PAGE_SIZE    (1ul << PAGE_SHIFT)
#define PAGE_MASK    (~(PAGE_SIZE - 1))
#define PDE_SHIFT    (CONFIG_PAE ? 21 : 22)
#define PDE_SIZE     (1ul << PDE_SHIFT)
#define PDE_MASK     (~(PDE_SIZE - 1))
#define PTRS_PER_PTE (CONFIG_PAE ? 512 : 1024)

/* Largest number of CPUs that the layout has room for. */
#define NR_CPUS 32

/* --- borders known at compile time ------------------------------------------------------------ */

#define PAGE_OFFSET CONFIG_PAGE_OFFSET

#define FIXADDR_TOP 0xFFFFF000ul

/* Pages from one slot of kmap_local_page() to the next: DEBUG=1 puts a guard between two. */
#define KMAP_LOCAL_STRIDE (DEBUG ? 2 : 1)

/* Slots of kmap_local_page() on each CPU. */
#define KMAP_LOCAL_DEPTH TERM_KMAP_LOCAL_DEPTH

/* Pages of one CPU for kmap_local_page(): the guard below the first slot, and the slots. */
#define FIX_KMAP_PER_CPU (1 + KMAP_LOCAL_DEPTH * KMAP_LOCAL_STRIDE)

/* Pages of one CPU that show page tables and pages of programs (asm/table_window.h). */
#define TABLE_WINDOWS 5

/* Pages of an early mapping. */
#define FIX_EARLY_PAGES 16

/*
 * Pages for one text line of a framebuffer with up to 32 KiB per line of pixels, at any offset in a
 * page.
 */
#define FIX_SCREEN_PAGES 129

/* The pages of the fixmap, counted down from FIXADDR_TOP: fix_to_virt() gives their addresses. */
enum fixed_address {
	FIX_EARLY_END,
	FIX_EARLY_BEGIN = FIX_EARLY_END + FIX_EARLY_PAGES - 1,
	FIX_VGA,
	FIX_SCREEN_END, /* framebuffer lines that drivers/screen.c maps before vmalloc exists */
	FIX_SCREEN_BEGIN = FIX_SCREEN_END + FIX_SCREEN_PAGES - 1,
	FIX_LAPIC,
	FIX_IOAPIC,
	FIX_HPET,
	FIX_TEST,       /* for self-tests */
	FIX_KMAP_GUARD, /* above the last slot of the last CPU */
	FIX_KMAP_END = FIX_KMAP_GUARD + KMAP_LOCAL_STRIDE,
	FIX_KMAP_BEGIN = FIX_KMAP_END + FIX_KMAP_PER_CPU * NR_CPUS - 1,
	FIX_WINDOW_END,
	FIX_WINDOW_BEGIN = FIX_WINDOW_END + TABLE_WINDOWS * NR_CPUS - 1,
	NR_FIXED_ADDRESSES
};

/* The fixmap has its own page tables, since it begins on a directory border. */
#define FIXADDR_START ((FIXADDR_TOP - NR_FIXED_ADDRESSES * PAGE_SIZE) & PDE_MASK)

/*
 * kmap(): one page table of slots, or the first part of one. mm/kmap.c has no second table, so
 * there can be no more slots.
 */
#define LAST_PKMAP (TERM_PKMAP_SLOTS ? TERM_PKMAP_SLOTS : PTRS_PER_PTE)
#define PKMAP_BASE (FIXADDR_START - PTRS_PER_PTE * PAGE_SIZE)
#define PKMAP_END  (PKMAP_BASE + LAST_PKMAP * PAGE_SIZE)

#define VMALLOC_END (PKMAP_BASE - 2 * PAGE_SIZE)

/* Hole between the end of the direct map and the first vmalloc address. */
#define VMALLOC_GAP 0x800000ul

/* Addresses above the direct map for vmalloc, pkmap and fixmap: the default, and the least. */
#define KERNEL_RESERVE_DEFAULT 0x08000000ul
#define KERNEL_RESERVE_MIN     0x02000000ul

/* --- borders computed at boot ----------------------------------------------------------------- */

extern unsigned long max_pfn;     /* frames 0 .. max_pfn - 1 have a descriptor */
extern unsigned long max_low_pfn; /* frames below it are in the direct map */
extern unsigned long
	direct_map_size; /* bytes from PAGE_OFFSET on; 0 until paging_init() has mapped it */
extern unsigned long vmalloc_start; /* first address of the vmalloc range */

/**
 * layout_set_border() - set max_low_pfn, the border between lowmem and highmem
 * @pfn: the first frame number of highmem
 *
 * Context: boot, once.
 */
void layout_set_border(unsigned long pfn);

/**
 * layout_set_end_of_ram() - set max_pfn, and lower max_low_pfn to it
 * @end_pfn: the first frame number above all RAM that is used
 *
 * Context: boot, after layout_set_border(); again if RAM is left out because its descriptors have
 * no room.
 */
void layout_set_end_of_ram(unsigned long end_pfn);

/**
 * layout_set_direct_map() - set direct_map_size and vmalloc_start, once the direct map is complete
 * @vmalloc_limit: most bytes from vmalloc_start to PKMAP_BASE, a multiple of PDE_SIZE
 *
 * Context: boot, once.
 */
void layout_set_direct_map(unsigned long vmalloc_limit);

/**
 * layout_take_vmalloc() - take addresses from the low end of the vmalloc range, for ever
 * @size: bytes; a page that stays unmapped is taken with them
 *
 * Context: boot, after layout_set_direct_map(), before paging_complete().
 */
void layout_take_vmalloc(unsigned long size);
