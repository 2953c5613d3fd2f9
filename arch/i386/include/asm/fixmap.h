/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/pgtable.h>

/*
 * The pages of the fixmap: single pages at the addresses that enum fixed_address of <asm/layout.h> counts.
 */

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
