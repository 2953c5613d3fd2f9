/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/cpumask.h>

/* The set of CPUs that run. The boot CPU is number 0. A CPU that has entered it never leaves it. */

extern struct cpumask __cpu_online_mask;

/* The set, for everybody but the CPU that enters it. */
#define cpu_online_mask ((const struct cpumask *)&__cpu_online_mask)

/**
 * cpu_online() - does a CPU run?
 * @cpu: its number
 *
 * Context: any. A snapshot: a CPU that does not run yet may start at any time during the boot.
 * Return: true if it does.
 */
static inline bool cpu_online(u32 cpu)
{
	return cpumask_test_cpu(cpu, cpu_online_mask);
}

/**
 * num_online_cpus() - count the CPUs that run
 *
 * Context: any. A snapshot: another CPU may start at any time during the boot.
 * Return: their number.
 */
static inline unsigned int num_online_cpus(void)
{
	return cpumask_weight(cpu_online_mask);
}

#define for_each_online_cpu(cpu) for_each_cpu(cpu, cpu_online_mask)
