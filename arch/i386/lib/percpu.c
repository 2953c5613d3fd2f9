/* SPDX-License-Identifier: MIT */
#include <asm/percpu.h>

/* What every reference to per-CPU data needs; filled in when a CPU starts (descriptors.c, smp.c). */

DEFINE_PER_CPU(u32, cpu_number);
DEFINE_PER_CPU(u32, cpu_tag_word);
DEFINE_PER_CPU(unsigned long, cpu_offset);
unsigned long per_cpu_offset[NR_CPUS];
