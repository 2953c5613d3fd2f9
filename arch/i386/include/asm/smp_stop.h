/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The stop of all other CPUs, by non-maskable interrupts (NMIs).
 */

/**
 * smp_stop_init() - make panics stop the other CPUs by NMI
 *
 * Context: boot, once, after lapic_init_cpu().
 */
void smp_stop_init(void);
