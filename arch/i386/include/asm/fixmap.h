/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/pgtable.h>

/* The fixmap: single pages at the addresses that enum fixed_address in <asm/layout.h> numbers. */

/**
 * fix_to_virt() - compute the address of a fixed page
 * @idx: number of the page; a larger number is a lower address
 *
 * Context: any.
 * Return: its virtual address.
 */
static inline unsigned long fix_to_virt(unsigned int idx)
{
	return FIXADDR_TOP - ((unsigned long)(idx + 1) << PAGE_SHIFT);
}

/* The page tables of the fixmap, one array at a constant address, so that a shift finds a PTE. */
#define FIXMAP_TABLES ((FIXADDR_TOP - FIXADDR_START + PDE_SIZE - 1) >> PDE_SHIFT)
extern pte_t fixmap_ptes[FIXMAP_TABLES * PTRS_PER_PTE];

/**
 * fixmap_index() - compute the index of an address's PTE in fixmap_ptes[]
 * @vaddr: from FIXADDR_START to FIXADDR_TOP
 *
 * Context: any.
 * Return: the index.
 */
static inline unsigned long fixmap_index(unsigned long vaddr)
{
	return (vaddr - FIXADDR_START) >> PAGE_SHIFT;
}

/**
 * set_fixmap() - map a frame at a fixed page
 * @idx: number of the page
 * @phys: physical address, page-aligned
 * @prot: protection; a @prot of 0 unmaps
 *
 * If the page was mapped, flushes it on all CPUs.
 * Context: interrupts on, once there are several CPUs.
 */
void set_fixmap(enum fixed_address idx, phys_addr_t phys, pgprot_t prot);
#define clear_fixmap(idx) set_fixmap(idx, 0, (pgprot_t){ 0 })

/**
 * early_ioremap() - map device memory for a short time, uncacheable
 * @phys: physical address, any alignment
 * @size: bytes; with the offset at most FIX_EARLY_PAGES pages
 *
 * Only one early mapping, of either kind, can exist at a time.
 * Context: boot, after paging_init_early().
 * Return: its address; panics if a mapping exists or @size is too large.
 */
void *early_ioremap(phys_addr_t phys, unsigned long size);

/**
 * early_memremap() - map memory outside of the direct map for a short time, such as firmware tables
 * @phys: physical address, any alignment
 * @size: bytes; with the offset at most FIX_EARLY_PAGES pages
 *
 * The mapping is cached and read-only.
 * Context: as early_ioremap().
 * Return: as early_ioremap().
 */
const void *early_memremap(phys_addr_t phys, unsigned long size);

/**
 * early_iounmap() - undo early_ioremap() or early_memremap()
 *
 * Context: boot.
 */
void early_iounmap(void);

/**
 * early_read() - copy from any physical memory
 * @to: destination
 * @phys: physical address, any alignment; memory, not a device
 * @size: bytes, any number
 *
 * Maps one piece at a time with early_memremap().
 * Context: as early_ioremap(); no early mapping may exist.
 */
void early_read(void *to, phys_addr_t phys, unsigned long size);

/**
 * early_sum() - add up the bytes of physical memory, for the checksums of firmware tables
 * @phys: physical address, any alignment
 * @size: bytes, any number
 *
 * Context: as early_read().
 * Return: the sum modulo 256, which is 0 for a table with a correct checksum.
 */
u8 early_sum(phys_addr_t phys, unsigned long size);
