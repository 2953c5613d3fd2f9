/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Non-maskable interrupts (NMIs): a panic stops the other CPUs with them, and a user can ask from
 * outside what a silent kernel is doing.
 */

/**
 * smp_stop_init() - handle NMIs
 *
 * An NMI without a panic causes a panic.
 * Context: boot, once.
 */
void smp_stop_init(void);

/**
 * smp_stop_use() - make panics stop the other CPUs by NMI
 *
 * Context: boot, once, after lapic_init_cpu().
 */
void smp_stop_use(void);
