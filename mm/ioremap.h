/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Device memory in the vmalloc range.
 */

/**
 * ioremap() - map device registers, uncached
 * @phys: physical address, any alignment
 * @size: bytes, not 0
 *
 * RAM that the allocator manages is refused with a warning: two cache attributes for one page are
 * undefined (Intel SDM 3A, 12.12.4).
 * Context: may sleep; not in interrupts.
 * Return: the address of @phys, or NULL.
 */
void *ioremap(phys_addr_t phys, unsigned long size);

/**
 * iounmap() - undo ioremap()
 * @addr: what it returned; NULL: nothing is done
 *
 * Panics if it is not the start of an ioremap() range.
 */
void iounmap(const void *addr);
