/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* The CPU's tables of segments (GDT), interrupt handlers (IDT) and tasks (TSS). */

/* Selectors of the kernel: the index in the GDT, times 8. */
#define SEL_CODE         0x08
#define SEL_DATA         0x10
#define SEL_TASK         0x18
#define SEL_DOUBLE_FAULT 0x20
#define SEL_PERCPU       0x28

/* Segment selectors of ring 3, with the numbers of Linux: programs test %cs and set %gs. */
#define SEL_USER_CODE 0x73
#define SEL_USER_DATA 0x7b
#define TLS_FIRST     6 /* index in the GDT of the first of three entries for set_thread_area(2) */
#define NR_TLS        3

/**
 * cpu_set_program() - cpu_set_user_stack() and cpu_set_tls()
 * @esp0: the end of the trap frame
 * @tls: NR_TLS descriptors
 *
 * Context: interrupts off.
 */
void cpu_set_program(u32 esp0, const u64 *tls);

/**
 * cpu_set_user_stack() - set the stack on which this CPU enters the kernel from ring 3
 * @esp0: the end of the trap frame
 *
 * Context: interrupts off.
 */
void cpu_set_user_stack(u32 esp0);

/**
 * cpu_set_tls() - load the descriptors of thread-local storage into this CPU's GDT
 * @tls: NR_TLS descriptors
 *
 * Context: interrupts off.
 */
void cpu_set_tls(const u64 *tls);

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
