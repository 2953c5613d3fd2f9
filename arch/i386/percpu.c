/* SPDX-License-Identifier: MIT */
#include <asm/percpu.h>

/* What every reference to per-CPU data needs; filled in when a CPU starts (descriptors.c, smp.c). */

DEFINE_PER_CPU(u32, cpu_number);
unsigned long per_cpu_offset[NR_CPUS];
