/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Device memory, and memory that is no RAM of ours, in the vmalloc range.
 */

/**
 * ioremap() - map device registers, uncached
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * RAM that the allocator manages is refused with a warning: two cache attributes for one page are
 * undefined (Intel SDM 3A, 12.12.4). So is what page tables cannot name: addresses beyond the CPU's
 * physical-address bits, and without PAE from 4 GiB on.
 * Context: may sleep; not in interrupts.
 * Return: the address of @phys, or NULL.
 */
void *ioremap(phys_addr_t phys, unsigned long size);

/**
 * ioremap_wc() - map memory of a device that is written in long rows, write-combining
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * Stores may be delayed, joined and reordered; uncached where the CPU has no PAT. Otherwise as ioremap().
 */
void *ioremap_wc(phys_addr_t phys, unsigned long size);

/**
 * ioremap_cache() - map memory that is not the kernel's, firmware tables for instance, cached
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * Otherwise as ioremap().
 */
void *ioremap_cache(phys_addr_t phys, unsigned long size);

/**
 * iounmap() - undo one of the three
 * @addr: what it returned; NULL: nothing is done
 *
 * Panics if it is not the start of an ioremap() range.
 */
void iounmap(const void *addr);
