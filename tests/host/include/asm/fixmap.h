/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/*
 * The host's version of <asm/fixmap.h>. A test that maps firmware tables defines the functions.
 */

const void *early_memremap(phys_addr_t phys, unsigned long size);
void *early_ioremap(phys_addr_t phys, unsigned long size);
void early_iounmap(void);
void early_read(void *to, phys_addr_t phys, unsigned long size);
u8 early_sum(phys_addr_t phys, unsigned long size);
