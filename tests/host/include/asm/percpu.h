/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <lib/types.h>

/* A host program is one CPU, so a per-CPU variable is an ordinary variable. */

#define DEFINE_PER_CPU(type, name)  __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

#define this_cpu(name)              (name)
#define this_cpu_add(name, n)       ((name) += (n))
#define this_cpu_sub(name, n)       ((name) -= (n))
#define this_cpu_and(name, n)       ((name) &= (n))
#define this_cpu_or(name, n)        ((name) |= (n))
#define this_cpu_dec_and_test(name) (--(name) == 0)
#define this_cpu_dec_borrows(name)  ((name)-- == 0)
#define this_cpu_test(name, bits)   (((name) & (bits)) != 0)
#define per_cpu(name, cpu)          (name)
#define this_cpu_ptr(name)          (&(name))

#define for_each_cpu_with_data(cpu) for ((cpu) = 0; (cpu) < 1; (cpu)++)

static inline u32 smp_processor_id(void)
{
	return 0;
}

static inline u32 cpu_tag(void)
{
	return 1;
}
