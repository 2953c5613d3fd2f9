/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Starting the other CPUs.
 */

/**
 * smp_start_others() - start CPUs, and wait for them
 * @wanted: how many CPUs are to run, the boot CPU among them; at most topology.nr_cpus, more than 1
 *
 * Waits until all run, or as long as cpu_wait= says; a CPU that is missing then is named, and parks if it
 * answers later. Those that run are in cpus_online.
 * Context: boot, once, interrupts on, after vmalloc_init(), time_init() and lapic_init_cpu().
 */
void smp_start_others(u32 wanted);

/**
 * smp_parked() - CPUs that began and found nothing to do
 *
 * Return: how many came to the trampoline without a token that they could take.
 */
u32 smp_parked(void);

/**
 * smp_start_late() - send the start-up interrupts to a CPU that the kernel does not use
 * @cpu: number of a CPU that does not run
 *
 * The CPU parks. For tests: it is what a CPU does that answers after the boot CPU has given up.
 * Context: interrupts on.
 * Return: false if the CPU runs or does not exist, or if no CPU was ever to be started.
 */
bool smp_start_late(u32 cpu);
