/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/types.h>

/* Entry of exceptions and interrupts into C. */

/* Vectors: Intel SDM 3A, table 6-1. */
enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_INVALID_OPCODE = 6,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_STACK = 12,
	TRAP_GENERAL_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	NR_EXCEPTIONS = 32,
	NR_VECTORS = 256,
};

/**
 * trap_dispatch() - handle an exception or interrupt
 * @frame: the interrupted registers, from the stubs
 *
 * Context: called by entry_traps.asm with interrupts off.
 */
void trap_dispatch(struct trap_frame *frame);

/**
 * trap_use_nmi() - set the handler of non-maskable interrupts (NMIs)
 * @handler: called on the interrupted stack, in NMI context: it must not take a lock
 *
 * Context: boot.
 */
void trap_use_nmi(void (*handler)(const struct trap_frame *frame));

/**
 * trap_use_debug() - set the handler of debug exceptions
 * @handler: called with interrupts off; may change @frame. NULL: a debug exception panics
 *
 * With the trap flag set in EFLAGS, a debug exception follows each instruction (Intel SDM 3B,
 * 17.3.1.4).
 * Context: any.
 */
void trap_use_debug(void (*handler)(struct trap_frame *frame));
