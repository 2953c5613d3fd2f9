/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The CPU's tables of segments (GDT), interrupt handlers (IDT) and tasks (TSS). */

/**
 * trap_init() - load the GDT, the IDT and the double-fault task of the boot CPU
 *
 * From here on an exception is reported, and per-CPU data exists.
 * Context: boot, once, before everything else.
 */
void trap_init(void);

/**
 * trap_init_cpu() - load the tables of another CPU
 * @cpu: its number; per_cpu_offset[] leads to its per-CPU data
 *
 * Context: on that CPU, once, interrupts off.
 */
void trap_init_cpu(u32 cpu);

/**
 * trap_set_double_fault_cr3() - set the page tables of the double-fault task
 * @cr3: the value of CR3
 *
 * A task switch loads CR3 from the task (Intel SDM 3A, 8.3), so it must be kept up to date.
 * Context: each CPU, interrupts off.
 */
void trap_set_double_fault_cr3(u32 cr3);
