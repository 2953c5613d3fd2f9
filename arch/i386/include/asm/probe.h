/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Questions about RAM that only an access can answer.
 */

/**
 * probe_phys() - can the CPU reach a physical address?
 * @phys: of RAM
 *
 * Reads one word there through a fixmap page. A CPU with fewer physical-address bits takes the high
 * bits of the PTE for reserved ones and faults (Intel SDM 3A, 4.6.1, 4.7).
 *
 * Context: boot, after paging_init_early().
 */
bool probe_phys(phys_addr_t phys);

/**
 * probe_ram() - does a frame keep what is written to it?
 * @phys: in the frame; an address that page tables can name
 *
 * Changes the first word of the frame, looks whether memory has the change, and puts the old value
 * back. The caches are written back and emptied once, which may take a millisecond.
 *
 * Context: boot, after paging_init_early(), interrupts off, on the only CPU that runs; not for a
 * frame that this code or its stack is in.
 */
bool probe_ram(phys_addr_t phys);
