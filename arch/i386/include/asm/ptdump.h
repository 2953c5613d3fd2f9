/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Prints page tables. */

/**
 * ptdump_show() - print all mappings, range by range, as Linux's kernel_page_tables
 * @out: output function
 *
 * Context: any.
 */
void ptdump_show(printf_fn *out);

/**
 * pagetable_entry_show() - print the entry that maps an address, with the names of its bits
 * @vaddr: any address
 * @paddr: set to the physical address of @vaddr, if it is mapped
 * @out: output function
 *
 * Context: any.
 * Return: true if the address is mapped.
 */
bool pagetable_entry_show(unsigned long vaddr, phys_addr_t *paddr, printf_fn *out);

/**
 * pagetable_find_frame() - find the next kernel address that maps a frame
 * @vaddr: page-aligned address to begin with
 * @pfn: number of the frame
 *
 * Reads all page tables from there on, a quarter of a million entries at most.
 *
 * Context: any.
 * Return: the address of the mapped page, PAGE_OFFSET at least; 0 if there is none.
 */
unsigned long pagetable_find_frame(unsigned long vaddr, unsigned long pfn);

/**
 * pagetable_walk_show() - print the translation of one address, level by level
 * @vaddr: any address
 * @out: output function
 *
 * Context: any.
 */
void pagetable_walk_show(unsigned long vaddr, printf_fn *out);
