/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Questions about RAM that only an access can answer.
 */

/**
 * probe_phys() - test whether the CPU can address a physical address
 * @phys: an address of RAM
 *
 * Reads one word there through a fixmap page. A CPU with fewer physical-address bits takes the high
 * bits of the PTE for reserved ones and faults (Intel SDM 3A, 4.6.1, 4.7).
 *
 * Context: boot, after paging_init_early().
 * Return: true if the read did not fault.
 */
bool probe_phys(phys_addr_t phys);

/**
 * probe_ram() - test whether a frame keeps a written value
 * @phys: any address in the frame that page tables can name
 *
 * Changes the first word of the frame, checks that memory has the change, and restores the old
 * value. The caches are written back and emptied once, which may take a millisecond.
 *
 * Context: boot, after paging_init_early(), interrupts off, on the only CPU that runs. The frame
 * must not hold this code or its stack.
 * Return: true if it does.
 */
bool probe_ram(phys_addr_t phys);
