/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Interrupts from CPU to CPU: to have a function called (mostly a TLB flush), and to look for work.
 */

/**
 * smp_call() - have CPUs call a function, and wait until all have
 * @cpus: which, bit n for CPU n; those that do not run are left out; the caller's own may be among
 *   them
 * @fn: called with interrupts off; may not wait for anything
 * @arg: for @fn
 *
 * One call at a time: a later caller waits.
 *
 * Context: interrupts on (two CPUs that call each other with interrupts off would wait for ever),
 * or only one CPU; not in interrupts.
 */
void smp_call(u32 cpus, void (*fn)(void *arg), void *arg);

/**
 * struct smp_counts - interrupts that one CPU sent to others
 * @calls: to have a function called
 * @kicks: to have them look for work
 */
struct smp_counts {
	u32 calls, kicks;
};

/**
 * smp_counts_sum() - of all CPUs
 */
struct smp_counts smp_counts_sum(void);

/**
 * smp_call_init() - handle these interrupts, and let lower layers send them (cpu_call_use(),
 *   sched_use_kick())
 *
 * Context: boot, once, with the boot CPU's APIC in use.
 */
void smp_call_init(void);
