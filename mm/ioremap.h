/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Maps memory that the page allocator does not own into the vmalloc range: device registers,
 * frame buffers, tables of the firmware. The functions differ in how the CPU may cache the
 * memory.
 */

/**
 * ioremap() - map device registers, uncached
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * Prints a warning and maps nothing in two cases. The page allocator owns a page of the range: a
 * page must not have two memory types (Intel SDM 3A, 12.12.4). Or page tables cannot contain the
 * address, because it has more bits than the CPU's physical addresses, or more than 32 without
 * PAE.
 *
 * Context: may sleep; not in interrupts.
 * Return: the address where @phys is mapped; NULL after a warning, or if there is no address
 * space or no memory for page tables.
 */
void *ioremap(phys_addr_t phys, unsigned long size);

/**
 * ioremap_wc() - map device memory with write-combining, for a frame buffer for instance
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * The CPU may delay, combine and reorder stores. A CPU without a PAT (page attribute table) maps
 * the memory uncached.
 *
 * Context: may sleep; not in interrupts.
 * Return: as ioremap().
 */
void *ioremap_wc(phys_addr_t phys, unsigned long size);

/**
 * ioremap_cache() - map memory cached, for tables of the firmware for instance
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * Context: may sleep; not in interrupts.
 * Return: as ioremap().
 */
void *ioremap_cache(phys_addr_t phys, unsigned long size);

/**
 * iounmap() - undo ioremap(), ioremap_wc() or ioremap_cache()
 * @addr: their return value; NULL has no effect
 *
 * Flushes the TLBs of all CPUs before it returns. Panics if no such range in use starts in the
 * page of
 * @addr.
 *
 * Context: not in interrupts; with several CPUs, interrupts are on. The caller may hold spinlocks
 * that no CPU waits for with interrupts off.
 */
void iounmap(const void *addr);
