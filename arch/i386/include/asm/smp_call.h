/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Interrupts from CPU to CPU. One kind makes a CPU call a function, mostly a TLB flush
 * (kernel/cpu_call.h). The other makes it look for work in the run queue.
 */

/**
 * struct smp_counts - interrupts that one CPU sent to others
 * @calls: to make them call a function
 * @kicks: to make them look for work
 */
struct smp_counts {
	u32 calls, kicks;
};

/**
 * smp_counts_sum() - add up the counts of all CPUs
 *
 * Context: any.
 * Return: the sums since boot.
 */
struct smp_counts smp_counts_sum(void);

/**
 * smp_call_init() - handle these interrupts, and let lower layers send them
 *
 * Registers with cpu_call_use_interrupts() and sched_use_kick().
 * Context: boot, once, with the boot CPU's APIC in use.
 */
void smp_call_init(void);
