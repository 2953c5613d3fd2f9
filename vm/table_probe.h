/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* True if page tables of programs have to be below 4 GiB. */
extern bool tables_below_4g;

/**
 * table_probe() - find out whether the CPU finds page tables above 4 GiB
 *
 * Context: boot, once, after kmap_local_init() and while memblock still gives memory.
 */
void table_probe(void);
