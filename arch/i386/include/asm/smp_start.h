/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Starting the other CPUs.
 */

/**
 * smp_start_others() - start CPUs, and wait for them
 * @wanted: number of CPUs to run, with the boot CPU; more than 1 and at most topology.nr_cpus
 *
 * Waits until all run, or for the time of cpu_wait=. A CPU that is missing then is named in the
 * log, and parks if it answers later. The CPUs that run are in cpu_online_mask.
 * Context: boot, once, interrupts on, after vmalloc_init(), time_init() and lapic_init_cpu().
 */
void smp_start_others(u32 wanted);

/**
 * smp_parked() - count the CPUs that started and parked
 *
 * Context: any.
 * Return: number of CPUs that reached the trampoline and found no token to take.
 */
u32 smp_parked(void);

/**
 * smp_start_late() - send the start-up interrupts to a CPU that the kernel does not use
 * @cpu: number of a CPU that does not run
 *
 * The CPU parks. Tests imitate with it a CPU that answers after the boot CPU has stopped waiting.
 * Context: interrupts on.
 * Return: false if the CPU runs or does not exist, or if the kernel started no other CPU.
 */
bool smp_start_late(u32 cpu);
