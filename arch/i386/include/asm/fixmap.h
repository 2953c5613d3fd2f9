/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/pgtable.h>

/*
 * Pages at addresses that are known at compile time, counted down from FIXADDR_TOP.
 */

/* From slot to slot of kmap_local_page(), in pages: with DEBUG=1 there is a guard between two. */
#define KMAP_LOCAL_STRIDE (DEBUG ? 2 : 1)

/* Pages of one CPU for kmap_local_page(): the guard below the first slot, and KMAP_LOCAL_DEPTH slots. */
#define FIX_KMAP_PER_CPU (1 + 16 * KMAP_LOCAL_STRIDE)

/* Pages that early_ioremap() has. */
#define FIX_EARLY_PAGES 16

/* A line of text of a framebuffer whose lines of pixels have up to 32 KiB, wherever in a page it begins. */
#define FIX_SCREEN_PAGES 129

enum fixed_address {
	FIX_EARLY_END,
	FIX_EARLY_BEGIN = FIX_EARLY_END + FIX_EARLY_PAGES - 1,
	FIX_VGA,
	FIX_SCREEN_END, /* what drivers/screen.c shows of a framebuffer before there is vmalloc */
	FIX_SCREEN_BEGIN = FIX_SCREEN_END + FIX_SCREEN_PAGES - 1,
	FIX_LAPIC,
	FIX_IOAPIC,
	FIX_HPET,
	FIX_TEST,       /* for self-tests */
	FIX_KMAP_GUARD, /* above the last slot of the last CPU: where one too many would lie */
	FIX_KMAP_END = FIX_KMAP_GUARD + KMAP_LOCAL_STRIDE,
	FIX_KMAP_BEGIN = FIX_KMAP_END + FIX_KMAP_PER_CPU * NR_CPUS - 1,
	NR_FIXED_ADDRESSES
};

/* Page tables of the fixmap are its own: it begins on a directory border. */
#define FIXADDR_START ((FIXADDR_TOP - NR_FIXED_ADDRESSES * PAGE_SIZE) & PDE_MASK)

/* kmap(): one page table of slots. */
#define LAST_PKMAP PTRS_PER_PTE
#define PKMAP_BASE (FIXADDR_START - LAST_PKMAP * PAGE_SIZE)

#define VMALLOC_END (PKMAP_BASE - 2 * PAGE_SIZE)

/* Every border that the picture in <asm/layout.h> draws, for every split and mode. */
_Static_assert(PAGE_OFFSET % SZ_1G == 0, "the boot tables of a GiB are shared by its two halves");
_Static_assert(VMALLOC_END + 2 * PAGE_SIZE == PKMAP_BASE, "vmalloc ends below pkmap");
_Static_assert(PKMAP_BASE % PDE_SIZE == 0, "pkmap is one page table");
_Static_assert(PKMAP_BASE + LAST_PKMAP * PAGE_SIZE == FIXADDR_START,
	       "pkmap ends where fixmap begins");
_Static_assert(FIXADDR_START + NR_FIXED_ADDRESSES * PAGE_SIZE <= FIXADDR_TOP, "fixmap has room");
_Static_assert(FIXADDR_TOP == 0ul - PAGE_SIZE, "the last page is never mapped");
_Static_assert(0ul - KERNEL_RESERVE_DEFAULT + 2 * VMALLOC_GAP < VMALLOC_END,
	       "vmalloc is not empty");
_Static_assert(0ul - KERNEL_RESERVE_DEFAULT - PAGE_OFFSET >= 4 * SZ_8M, "nor is the direct map");
_Static_assert(FIXADDR_START - PAGE_OFFSET > KERNEL_RESERVE_MIN, "the layout fits");
_Static_assert(0ul - PKMAP_BASE < KERNEL_RESERVE_MIN / 2, "half of the least reserve is vmalloc");

/* First address of the vmalloc range: set by paging_init(). */
extern unsigned long vmalloc_start;

/**
 * fix_to_virt() - address of a fixed page
 * @idx: which; a larger index is a lower address
 */
static inline unsigned long fix_to_virt(unsigned int idx)
{
	return FIXADDR_TOP - ((unsigned long)(idx + 1) << PAGE_SHIFT);
}

/* The page tables of the fixmap, side by side: at a constant address, so that a PTE is found by a shift. */
#define FIXMAP_TABLES ((FIXADDR_TOP - FIXADDR_START + PDE_SIZE - 1) >> PDE_SHIFT)
extern pte_t fixmap_ptes[FIXMAP_TABLES * PTRS_PER_PTE];

/**
 * fixmap_index() - where in fixmap_ptes[] the PTE of an address is
 * @vaddr: from FIXADDR_START to FIXADDR_TOP
 */
static inline unsigned long fixmap_index(unsigned long vaddr)
{
	return (vaddr - FIXADDR_START) >> PAGE_SHIFT;
}

/**
 * set_fixmap() - map a frame at a fixed page
 * @idx: which
 * @phys: physical address, page-aligned
 * @prot: protection; a @prot of 0 unmaps
 *
 * Flushes the page on all CPUs where it was mapped: interrupts on, once there are several.
 */
void set_fixmap(enum fixed_address idx, phys_addr_t phys, pgprot_t prot);
#define clear_fixmap(idx) set_fixmap(idx, 0, (pgprot_t){ 0 })

/**
 * early_ioremap() - map device memory for a moment, uncacheable
 * @phys: physical address, any alignment
 * @size: bytes; with the offset at most FIX_EARLY_PAGES pages
 *
 * One mapping at a time, of this kind and of the next.
 * Context: after paging_init_early().
 * Return: its address; panics if one is in use or it is too large.
 */
void *early_ioremap(phys_addr_t phys, unsigned long size);

/**
 * early_memremap() - map what is memory, but not of the direct map, for a moment: firmware tables
 * @phys: physical address, any alignment
 * @size: bytes; with the offset at most FIX_EARLY_PAGES pages
 *
 * Cached and read-only. Context and result: as early_ioremap().
 */
const void *early_memremap(phys_addr_t phys, unsigned long size);

/**
 * early_iounmap() - undo early_ioremap() or early_memremap()
 */
void early_iounmap(void);

/**
 * early_read() - copy from anywhere in physical memory
 * @to: where to
 * @phys: physical address, any alignment; memory, not a device
 * @size: bytes, any number
 *
 * Maps a piece at a time by early_memremap(), whose context and limits apply; there is no limit to @size.
 */
void early_read(void *to, phys_addr_t phys, unsigned long size);

/**
 * early_sum() - add the bytes of a piece of physical memory, as the checksums of firmware tables do
 * @phys: physical address, any alignment
 * @size: bytes, any number
 *
 * Context: as early_read().
 * Return: the sum modulo 256; 0 for a table whose checksum is right.
 */
u8 early_sum(phys_addr_t phys, unsigned long size);
