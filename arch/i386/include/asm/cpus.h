/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/math.h>
#include <lib/types.h>

/* The set of CPUs that run. A CPU that has entered it never leaves it. */

#define ALL_CPUS 0xffffffffu

/* Bit n: CPU n runs. The boot CPU is number 0. */
extern u32 cpus_online;

static inline unsigned int num_online_cpus(void)
{
	return hweight32(READ_ONCE(cpus_online));
}

#define for_each_online_cpu(cpu)                  \
	for ((cpu) = 0; (cpu) < NR_CPUS; (cpu)++) \
		if (READ_ONCE(cpus_online) >> (cpu)&1)
