/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Counts of executed instructions, by single-stepping a thread. */

/**
 * struct opcounts - numbers of executed instructions
 * @steps: all instructions; a repeated string instruction counts once per repetition
 * @locked: with a LOCK prefix, and XCHG with memory, which needs no prefix (Intel SDM 3A, 9.1.2.2)
 * @cli: CLI and STI
 * @popf: POPF
 * @invlpg: INVLPG
 * @cr3: writes of CR3
 * @cr4: writes of CR4; toggling CR4.PGE takes two
 */
struct opcounts {
	u32 steps, locked, cli, popf, invlpg, cr3, cr4;
};

/**
 * opcount_begin() - count the instructions of this thread from here on
 *
 * Interrupts occur as usual, and their instructions are not counted. The counts continue from those
 * at the last opcount_end().
 *
 * Context: one thread at a time.
 */
void opcount_begin(void);

/**
 * opcount_end() - stop counting
 *
 * Context: the thread that called opcount_begin().
 */
void opcount_end(void);

/**
 * opcount_take() - read the counts and reset them
 *
 * Context: any.
 * Return: the counts.
 */
struct opcounts opcount_take(void);
