/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * NMIs: how a panic stops the other CPUs, and how a user asks from outside what a silent kernel is doing.
 */

/**
 * smp_stop_init() - handle NMIs
 *
 * An NMI that no panic has sent is a panic itself. Context: boot, once.
 */
void smp_stop_init(void);

/**
 * smp_stop_use() - have panics stop the other CPUs by NMI
 *
 * Context: boot, once, after lapic_init_cpu().
 */
void smp_stop_use(void);
