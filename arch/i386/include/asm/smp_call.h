/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Interrupts from CPU to CPU. One kind makes a CPU call a function, mostly a TLB flush. The other
 * makes it look for work in the run queue.
 */

/**
 * smp_call() - make CPUs call a function, and wait until all have done it
 * @cpus: bit n for CPU n, the caller's CPU included or not; CPUs that do not run are skipped
 * @fn: called with interrupts off; must not wait for anything
 * @arg: passed to @fn
 *
 * One call is in flight at a time: a second caller waits.
 *
 * Context: interrupts on (two CPUs that call each other with interrupts off would wait for ever),
 * or only one CPU; not in interrupts.
 */
void smp_call(u32 cpus, void (*fn)(void *arg), void *arg);

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
