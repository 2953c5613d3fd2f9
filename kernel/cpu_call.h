/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Calls on other CPUs, for layers below the one that knows the CPUs. Examples are a TLB flush, and
 * giving back the pages that each CPU caches. Before other CPUs run the calls do nothing.
 */

/**
 * cpu_call_others() - call a function on all other CPUs, and wait until it has returned there
 * @fn: called with interrupts off; must not wait for anything
 * @arg: argument of @fn
 *
 * Context: interrupts on once other CPUs run; not in an interrupt. Preemption may be disabled. The
 * caller may hold a spinlock only if no CPU ever waits for it with interrupts off, because such a
 * CPU could not take the call.
 * Return: the number of CPUs that were called.
 */
unsigned int cpu_call_others(void (*fn)(void *arg), void *arg);

/**
 * cpu_may_call_others() - may the caller wait for other CPUs?
 *
 * For code that does not know its callers, and has an alternative. With interrupts off or in an
 * interrupt two CPUs could wait for each other for ever. With preemption disabled the caller may
 * hold a lock that another CPU spins on with interrupts off, and that CPU could not take the call.
 *
 * Context: any.
 * Return: true if the caller could sleep; always true if no other CPU runs.
 */
bool cpu_may_call_others(void);

/**
 * cpu_call_use_interrupts() - set the function that calls the other CPUs
 * @call: does the work of cpu_call_others()
 *
 * Context: boot, once.
 */
void cpu_call_use_interrupts(unsigned int (*call)(void (*fn)(void *arg), void *arg));
