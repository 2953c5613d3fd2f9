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
 * of lowmem. Ends with borders_complete().
 *
 * Context: boot, once, memblock filled, interrupts off. Panics if there is no memory for the
 * tables.
 */
void paging_init(void);

/**
 * paging_complete() - end the changes of the kernel's page directory
 *
 * Without PAE, makes all page tables of vmalloc, pkmap and fixmap: 4 KiB for each 4 MiB of
 * addresses. set_kernel_pde() says which changes are allowed afterwards.
 *
 * Context: boot, once, after mem_map_init() and before memblock_free_all(). Panics if there is no
 * memory for the tables.
 */
void paging_complete(void);
