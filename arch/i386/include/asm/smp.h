/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * smp_init() - start the APICs, their timers, and all other CPUs
 *
 * A machine without an APIC, or with nosmp or nolapic, keeps one CPU and the PIT's ticks.
 * Context: boot, once, interrupts on, after vmalloc_init() and time_init(), with an idle thread.
 */
void smp_init(void);
