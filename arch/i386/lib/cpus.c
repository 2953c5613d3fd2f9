/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>

/* Each CPU adds itself (arch/i386/smp/smp_start.c) when it can take interrupts. */
u32 cpus_online = 1;
