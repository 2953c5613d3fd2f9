/* SPDX-License-Identifier: MIT */
#pragma once

#define CONFIG_PAGE_OFFSET 0xC0000000ul
#include <asm/layout.h>
#include <lib/types.h>

/*
 * The host's stand-in for the kernel's <asm/fixmap.h> and what that includes: borders as a PAE kernel with
 * a split of 3:1 has them. A test that maps firmware tables defines the functions.
 */

#define PDE_SIZE    0x200000ul
#define VMALLOC_END 0xff9fe000ul

extern unsigned long vmalloc_start;

#define FIX_EARLY_PAGES 16

const void *early_memremap(phys_addr_t phys, unsigned long size);
void *early_ioremap(phys_addr_t phys, unsigned long size);
void early_iounmap(void);
void early_read(void *to, phys_addr_t phys, unsigned long size);
u8 early_sum(phys_addr_t phys, unsigned long size);
