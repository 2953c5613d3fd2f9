/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>

/* Each CPU adds itself (arch/i386/smp/smp_start.c) when it can take interrupts. */
struct cpumask __cpu_online_mask = { .bits = 1 };
