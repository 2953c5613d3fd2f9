/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/mm.h>
#include <vm/tables.h>

/**
 * struct slot_range - some slots
 * @first: the first one
 * @end: the one behind the last
 */
struct slot_range {
	u32 first, end;
};

/**
 * swap_find_slot() - find the next entry that names a slot, within one page table
 * @pt: page tables, locked
 * @addr: where the search starts; set to the address of the entry, or to @end
 * @end: not behind table_end() of @addr
 * @slots: those that count
 *
 * Context: the lock of the page tables held.
 * Return: the slot; 0: there is none.
 */
u32 swap_find_slot(struct pagetable *pt, unsigned long *addr, unsigned long end,
		   const struct slot_range *slots);

/**
 * vm_swap_walk() - report each entry of page tables and objects that names a slot
 * @found: called for each of them, with the lock of its page tables or of its object held
 *
 * For the checker of swap space. An entry that changes meanwhile may be seen twice, or not at
 * all.
 * Context: may sleep; no lock held.
 */
void vm_swap_walk(void (*found)(u32 slot));
