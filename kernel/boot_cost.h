/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The cost of booting, in cycles of the TSC (time stamp counter). Under `qemu -icount
 * shift=0,sleep=off` one cycle is one instruction. A CPU without a TSC counts nothing.
 */

/**
 * boot_cost_begin() - set the time from which cycles are counted
 * @tsc: the TSC at the kernel's entry; 0 if unknown, which turns counting off
 *
 * Context: boot, once.
 */
void boot_cost_begin(u64 tsc);

/**
 * boot_cost_reached() - note that the boot has reached a place
 * @what: name of the place, "memblock_free_all"; must stay valid
 *
 * Context: boot, after cpu_init(), at most BOOT_COST_PLACES times.
 */
void boot_cost_reached(const char *what);

#define BOOT_COST_PLACES 4

/**
 * boot_cost_waited() - exclude time that was spent waiting for a timer
 * @cycles: cycles of the TSC; they are reported separately and not counted as cost
 *
 * Context: boot.
 */
void boot_cost_waited(u64 cycles);
