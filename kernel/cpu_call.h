/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Having the other CPUs do something, for layers that lie below the one which knows them: a TLB flush, or
 * giving back what each CPU keeps for itself. Before there are other CPUs nobody is called.
 */

/**
 * cpu_call_others() - have all other CPUs call a function, and wait until they have
 * @fn: called with interrupts off; may not wait for anything
 * @arg: for @fn
 *
 * Context: interrupts on (once there are other CPUs), not in interrupts. Preemption may be disabled, and
 * spinlocks held that no CPU ever waits for with interrupts off: such a CPU could not be called.
 * Return: how many CPUs were called.
 */
unsigned int cpu_call_others(void (*fn)(void *arg), void *arg);

/**
 * cpu_may_call_others() - could this place wait for other CPUs?
 *
 * For code that does not know its callers, and can do without. With interrupts off or in an interrupt two CPUs
 * could wait for each other for ever. With preemption disabled the caller may hold a lock that another CPU waits
 * for with interrupts off, and that CPU could not be called.
 * Return: true where the caller could sleep; always true where no other CPU runs.
 */
bool cpu_may_call_others(void);

/**
 * cpu_call_use() - how to reach the other CPUs
 * @call: does what cpu_call_others() says
 */
void cpu_call_use(unsigned int (*call)(void (*fn)(void *arg), void *arg));
