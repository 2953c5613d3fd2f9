/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * What booting costs, in cycles of the TSC; under `qemu -icount shift=0,sleep=off` these are
 * instructions. Nothing is counted on a CPU without TSC.
 */

/**
 * boot_cost_begin() - where counting begins
 * @tsc: the TSC at the kernel's entry; 0 if it is not known
 *
 * Context: boot, once.
 */
void boot_cost_begin(u64 tsc);

/**
 * boot_cost_reached() - note that a place of the boot is reached
 * @what: a text that stays: "memblock_free_all"
 *
 * Context: boot, at most BOOT_COST_PLACES times, after cpu_init().
 */
void boot_cost_reached(const char *what);

#define BOOT_COST_PLACES 4

/**
 * boot_cost_waited() - time that passed in waiting for a timer
 * @cycles: of the TSC; reported apart, and not counted as cost
 *
 * Context: boot.
 */
void boot_cost_waited(u64 cycles);
