/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/area.h>

/**
 * vm_map_around() - map pages of a file that exist, at an address and around it
 * @mm: the address space
 * @area: its area; it has an object
 * @addr: an address of @area
 *
 * Private pages are mapped without the right to write.
 * Context: may sleep; the lock of the address space held.
 * Return: true if the page at @addr is mapped now; false if the object has none there, or if the
 * address has no page table.
 */
bool vm_map_around(struct mm *mm, const struct area *area, unsigned long addr);

/**
 * vm_map_ahead() - map pages of a short area before the first fault
 * @area: has an object; larger than one fault maps: nothing is done
 *
 * Private pages are mapped without the right to write. Without memory for a table nothing is done.
 * Context: may sleep; the lock of the address space held.
 */
void vm_map_ahead(struct area *area);
