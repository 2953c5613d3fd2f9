/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Which instructions are executed, by looking at each of them.
 */

/**
 * struct opcounts - what was executed
 * @steps: instructions; a repeated string instruction counts once per repetition
 * @locked: with a LOCK prefix, and XCHG with memory, which needs none (Intel SDM 3A, 8.1.2.2)
 * @cli: CLI and STI
 * @popf: POPF
 * @invlpg: INVLPG
 * @cr3: moves to CR3
 * @cr4: moves to CR4; a toggle of CR4.PGE is two
 */
struct opcounts {
	u32 steps, locked, cli, popf, invlpg, cr3, cr4;
};

/**
 * opcount_begin() - look at what this thread executes from here on
 *
 * Interrupts are taken as ever, and what they execute is not counted. Counts go on where they were at
 * opcount_end().
 * Context: a thread; one at a time.
 */
void opcount_begin(void);

/**
 * opcount_end() - look no longer
 */
void opcount_end(void);

/**
 * opcount_take() - the counts
 *
 * They begin at zero again.
 */
struct opcounts opcount_take(void);
