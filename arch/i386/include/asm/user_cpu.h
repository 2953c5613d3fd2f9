/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * user_cpu_init_boot(), user_cpu_init() - prepare this CPU for programs
 *
 * Switches on the FPU and SSE, and SMEP and SMAP, which keep the kernel from using user pages by
 * mistake, as far as the CPU has them.
 *
 * Context: user_cpu_init_boot(): the boot CPU, once, on the final page tables. user_cpu_init():
 * each other CPU, interrupts off.
 */
void user_cpu_init_boot(void);
void user_cpu_init(void);
