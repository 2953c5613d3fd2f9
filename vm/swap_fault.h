/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/area.h>

/**
 * fault_swap_in() - bring in a page that is in swap space
 * @area: its lock is held for reading
 * @addr: first address of the page
 * @access: AREA_READ, AREA_WRITE or AREA_EXEC
 * @slot: of the entry; the caller has called swap_dup() with the page tables locked. That count is
 *	dropped
 *
 * Context: may sleep.
 * Return: 0; STEP_AGAIN: look at the entry again; -ENOMEM; -ENXIO: it cannot be read.
 */
int fault_swap_in(const struct area *area, unsigned long addr, u32 access, u32 slot);
