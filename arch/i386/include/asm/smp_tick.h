/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * smp_tick_init() - handle the ticks of the CPUs' own timers, for the watchdogs and the scheduler
 *
 * Context: boot, once, before an APIC timer is started.
 */
void smp_tick_init(void);

/**
 * smp_tick_without_apic() - handle the PIT's ticks on a machine with one CPU and no APIC
 *
 * Context: boot, once, instead of smp_tick_init().
 */
void smp_tick_without_apic(void);
