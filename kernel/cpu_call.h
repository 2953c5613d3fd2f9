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
 * Context: as cpu_may_call_others() says; preemption may be disabled, and spinlocks held that are never
 * waited for with interrupts off.
 * Return: how many CPUs were called.
 */
unsigned int cpu_call_others(void (*fn)(void *arg), void *arg);

/**
 * cpu_may_call_others() - could this place wait for other CPUs?
 *
 * Return: false with interrupts off or in an interrupt (two CPUs that wait for each other there would wait
 * for ever), unless there is nobody to wait for.
 */
bool cpu_may_call_others(void);

/**
 * cpu_call_use() - how to reach the other CPUs
 * @call: does what cpu_call_others() says
 */
void cpu_call_use(unsigned int (*call)(void (*fn)(void *arg), void *arg));
