/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/linker_set.h>
#include <lib/types.h>

/* Entry of exceptions and interrupts into C. */

/* Vectors: Intel SDM 3A, table 6-1. */
enum trap_vector {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_NMI = 2,
	TRAP_BREAKPOINT = 3,
	TRAP_OVERFLOW = 4,
	TRAP_INVALID_OPCODE = 6,
	TRAP_DOUBLE_FAULT = 8,
	TRAP_NOT_PRESENT = 11,
	TRAP_STACK = 12,
	TRAP_GENERAL_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	NR_EXCEPTIONS = 32,
	SYSCALL_VECTOR = 0x80,
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
 * struct nmi_handler - a function that takes non-maskable interrupts (NMIs)
 * @handle: called on the interrupted stack, in NMI context: acquires no lock. Returns false if it
 *          did not expect an NMI: then the next handler is asked, in any order. An NMI that no
 *          handler takes is a panic.
 */
struct nmi_handler {
	bool (*handle)(const struct trap_frame *frame);
};

#define NMI_HANDLER(fn)                                              \
	static const struct nmi_handler nmi_handler_##fn LINKER_SET( \
		nmi_handlers) = { .handle = (fn) }

/**
 * struct debug_handler - a function that takes debug exceptions
 * @handle: called with interrupts off; may change the registers. Returns false if it did not cause
 *          the exception: then the next handler is asked, in any order. An exception that no
 *          handler takes is a panic.
 *
 * With the trap flag set in EFLAGS, a debug exception follows each instruction (Intel SDM 3B,
 * 18.3.1.4).
 */
struct debug_handler {
	bool (*handle)(struct trap_frame *frame);
};

#define DEBUG_HANDLER(fn)                                                \
	static const struct debug_handler debug_handler_##fn LINKER_SET( \
		debug_handlers) = { .handle = (fn) }
