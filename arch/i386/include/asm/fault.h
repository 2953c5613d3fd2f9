/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * Page faults. Any layer can add a handler, which resolves faults, and an explanation, which the
 * report of an unresolved fault contains.
 */

/* The error code: Intel SDM 3A, figure 4-12. */
#define FAULT_PRESENT  0x01u /* an entry is present, and forbids the access */
#define FAULT_WRITE    0x02u
#define FAULT_USER     0x04u
#define FAULT_RESERVED 0x08u /* a reserved bit is set in an entry */
#define FAULT_FETCH    0x10u

/**
 * struct fault_handler - a function that can resolve page faults
 * @rank: its place among the handlers, different for each; a smaller rank is asked earlier
 * @name: name of the function
 * @handle: called with the interrupted registers, which it may change, and the address that could
 *          not be accessed; interrupts are off. Returns true if the interrupted code can continue
 *          with @frame, and false if the fault is not its own: then the next handler is asked.
 *
 * Rank 500 is the handler in fault.c that gives up an access which is allowed to fault. A handler
 * that makes the access succeed needs a smaller rank.
 *
 */
struct fault_handler {
	unsigned int rank;
	const char *name;
	bool (*handle)(struct trap_frame *frame, unsigned long address);
};

#define FAULT_HANDLER(rank_, fn)                                                \
	ASSERT_RANK(rank_);                                                     \
	static const struct fault_handler fault_handler_##fn LINKER_SET_RANKED( \
		fault_handlers, rank_) = { .rank = (rank_), .name = #fn, .handle = (fn) }

/**
 * struct fault_explanation - a part of the report of a page fault
 * @explain: prints what it knows about the address, and nothing if that is not its own; called
 *           before the panic, with interrupts off: acquires no lock
 */
struct fault_explanation {
	void (*explain)(unsigned long address, printf_fn *out);
};

#define FAULT_EXPLANATION(fn)                                                    \
	static const struct fault_explanation fault_explanation_##fn LINKER_SET( \
		fault_explanations) = { .explain = (fn) }

/**
 * fault_use_program() - set the function that makes memory of the running program accessible
 * @handle: called before all handlers, with interrupts on and an address below PAGE_OFFSET; may
 *          sleep. It is called only for faults of ring 3, and for accesses of the kernel with an
 *          entry in the exception table that permit sleeping: not with preemption or page faults
 *          disabled. Returns true if the access can be tried again
 *
 * Context: boot, once.
 */
void fault_use_program(bool (*handle)(struct trap_frame *frame, unsigned long address));

/* The function that fault_use_program() has set; NULL before. */
extern bool (*program_fault)(struct trap_frame *frame, unsigned long address);

/**
 * page_fault_failed() - handle a fault that is not one of the program's memory
 * @frame: the interrupted registers
 * @address: that could not be accessed
 *
 * Context: that of page_fault(); the memory of the program cannot be made accessible.
 */
void page_fault_failed(struct trap_frame *frame, unsigned long address);

/**
 * page_fault() - handle exception 14, except those of ring 3 at addresses of the program
 * @frame: the interrupted registers, from the stubs
 *
 * Asks the fault handlers, in the order of their ranks. If none resolves the fault, reports it and
 * panics.
 * Context: called by trap_dispatch(), interrupts off.
 */
void page_fault(struct trap_frame *frame);
