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
 * vm_map_ahead() - map pages of a new program before the first fault
 * @mm: of a new program
 * @object: its file
 *
 * Maps what exists of all areas that one fault would map, and that cannot be written: a segment
 * that can be written mostly is, and then gets pages of its own. Without memory for a table nothing
 * is done.
 * Context: may sleep.
 */
void vm_map_ahead(struct mm *mm, struct vm_object *object);
