/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The kernel's page tables at boot.
 */

/**
 * paging_init_early() - load the kernel's own page tables
 *
 * Maps the first 4 MiB and the kernel image by 4 KiB pages: text and rodata read-only, the rest not
 * executable, page 0 and the stack's guard not at all. Gives the fixmap its tables. The boot
 * tables, and with them the mapping at address 0, are not used afterwards. Needs no memory.
 *
 * Context: boot, once, after cpu_init(), interrupts off.
 */
void paging_init_early(void);

/**
 * paging_init_cpu() - set up paging on another CPU, which already uses the kernel's tables
 *
 * Context: once on each other CPU, interrupts off.
 */
void paging_init_cpu(void);

/**
 * paging_init() - map all of lowmem
 *
 * Maps the RAM below max_low_pfn with the largest pages that the CPU has, and unmaps the parts of
 * the first megabytes that are not RAM. memblock's current limit rises with the mapping, to the end
 * of lowmem. Ends with layout_set_direct_map().
 *
 * Context: boot, once, memblock filled, interrupts off. Panics if there is no memory for the
 * tables.
 */
void paging_init(void);
