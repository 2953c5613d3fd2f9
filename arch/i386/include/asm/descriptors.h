/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The tables that the CPU looks segments, handlers and tasks up in: GDT, IDT, TSS.
 */

/**
 * trap_init() - GDT, IDT and the task that double faults run on, of the boot CPU
 *
 * Context: boot, once, first of all: from here on an exception is reported, and there is per-CPU
 * data.
 */
void trap_init(void);

/**
 * trap_init_cpu() - the same for another CPU
 * @cpu: its number; per_cpu_offset[] says where its per-CPU data lies
 *
 * Context: on that CPU, once, interrupts off.
 */
void trap_init_cpu(u32 cpu);

/**
 * trap_set_double_fault_cr3() - page tables of the double-fault task
 * @cr3: the value of CR3
 *
 * A task switch loads CR3 from the task (Intel SDM 3A, 7.3), so it must be kept up to date.
 */
void trap_set_double_fault_cr3(u32 cr3);
