/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * smp_tick_init() - handle the ticks of the CPUs' own timers: the watchdogs', and the scheduler's
 *
 * Context: boot, once, before an APIC's timer is started.
 */
void smp_tick_init(void);

/**
 * smp_tick_without_apic() - the same for the one CPU of a machine whose ticks come from the PIT
 *
 * Context: boot, once, instead of smp_tick_init().
 */
void smp_tick_without_apic(void);
