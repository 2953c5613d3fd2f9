/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/math.h>
#include <lib/types.h>

/*
 * The CPUs of the machine, and how they talk to each other.
 */

/* Bit n: CPU n runs. The boot CPU is number 0. */
extern u32 cpus_online;

static inline unsigned int nr_cpus_online(void)
{
	return hweight32(READ_ONCE(cpus_online));
}

#define for_each_online_cpu(cpu)                  \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) \
		if (READ_ONCE(cpus_online) >> (cpu)&1)

/**
 * smp_init() - start the APICs, their timers, and all other CPUs
 *
 * A machine without an APIC, or with nosmp or nolapic, goes on with one CPU and the PIT's ticks.
 * Context: boot, once, interrupts on, after vmalloc_init() and time_init(), with an idle thread.
 */
void smp_init(void);

/**
 * smp_call() - have CPUs call a function, and wait until all have
 * @cpus: which, bit n for CPU n; those that do not run are left out; the caller's own may be among them
 * @fn: called with interrupts off; may not wait for anything
 * @arg: for @fn
 *
 * One call at a time: a caller that is later waits.
 * Context: interrupts on (two CPUs that call each other with interrupts off would wait for ever), or only
 * one CPU; not in interrupts.
 */
void smp_call(u32 cpus, void (*fn)(void *arg), void *arg);

#define ALL_CPUS 0xffffffffu

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
