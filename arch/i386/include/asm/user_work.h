/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <lib/types.h>

/*
 * Exceptions of ring 3 and the work before the return to it. Processes and signals are in a layer
 * above, so that layer sets a table of functions here.
 */

/**
 * struct user_work - how the kernel handles what happens in ring 3; the layer of processes sets it
 * @trap: an exception in ring 3 that nothing else has resolved, with interrupts on; a page fault
 *        passes the address, any other exception 0
 * @before_return: the thread returns to ring 3 and has work (THREAD_WORK_* of sched/sched.h);
 *        called with interrupts on, and again until nothing is left
 */
struct user_work {
	void (*trap)(struct trap_frame *frame, unsigned long address);
	void (*before_return)(struct trap_frame *frame);
};

/**
 * trap_use_user_work() - set the functions for ring 3
 * @work: stays valid for ever
 *
 * Context: boot, once.
 */
void trap_use_user_work(const struct user_work *work);

/**
 * user_trap() - pass an exception of ring 3 on to the layer of processes
 * @frame: the interrupted registers
 * @address: of a page fault; otherwise 0
 *
 * Context: handler of an exception, interrupts off; they are on afterwards if the result is true.
 * Return: false if the exception came from the kernel, or if nothing handles those of ring 3.
 */
bool user_trap(struct trap_frame *frame, unsigned long address);

/**
 * user_return_work(), user_resched() - do what is left to do before the return to ring 3
 * @frame: registers of the program
 *
 * Context: called by entry_traps.asm with interrupts off; they are on afterwards.
 */
void user_return_work(struct trap_frame *frame);
void user_resched(void);
