/* SPDX-License-Identifier: MIT */
#include <asm/percpu.h>

/*
 * The variables that every access to per-CPU data needs. They are set when a CPU starts
 * (descriptors.c, smp_start.c).
 */

DEFINE_PER_CPU(u32, cpu_number);
DEFINE_PER_CPU(u32, cpu_tag_word);
DEFINE_PER_CPU(unsigned long, cpu_offset);
unsigned long per_cpu_offset[NR_CPUS];
