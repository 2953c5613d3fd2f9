/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/cpumask.h>

/*
 * Calls on other CPUs, for layers below the one that knows the CPUs. Examples are a TLB flush, and
 * giving back the pages that each CPU caches. The names are Linux's. Before other CPUs run, no CPU
 * but the caller's is called.
 */

/* A function to call: interrupts are off, and it must not wait for anything. */
typedef void (*smp_call_func_t)(void *arg);

/**
 * smp_call_function_many() - call a function on the CPUs of a set, except this one
 * @mask: the CPUs; those that do not run are ignored
 * @fn: called on each of them, at the same time
 * @arg: argument of @fn
 * @wait: return only when @fn has returned on all of them; what it wrote is then visible here.
 *   Otherwise @arg must stay valid until then, which the caller has to find out.
 *
 * Context: preemption disabled, so that "this CPU" does not change. Interrupts on, and not in an
 * interrupt, if one of the CPUs runs: two CPUs that called each other with interrupts off would
 * wait for ever. The caller may hold a spinlock only if no CPU ever waits for it with interrupts
 * off, because such a CPU could not take the call.
 */
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t fn, void *arg, bool wait);

/**
 * on_each_cpu() - call a function on all CPUs, this one included
 * @fn: called on each CPU, at the same time
 * @arg: argument of @fn
 * @wait: as for smp_call_function_many()
 *
 * Context: as for smp_call_function_many(); preemption may be enabled.
 */
void on_each_cpu(smp_call_func_t fn, void *arg, bool wait);

/**
 * cpu_may_call_others() - may the caller wait for other CPUs?
 *
 * For code that does not know its callers, and has an alternative. With interrupts off or in an
 * interrupt two CPUs could wait for each other for ever. With preemption disabled the caller may
 * hold a lock that another CPU spins on with interrupts off, and that CPU could not take the call.
 *
 * Context: any.
 * Return: true if the caller could sleep; always true before cpu_call_use_interrupts(), since then
 * no other CPU runs.
 */
bool cpu_may_call_others(void);

/**
 * cpu_call_use_interrupts() - set the function that calls CPUs
 * @call: calls @fn on the CPUs of @mask, and on this CPU if @mask has it; otherwise does the work
 *   of smp_call_function_many()
 *
 * Context: boot, once.
 */
void cpu_call_use_interrupts(void (*call)(const struct cpumask *mask, smp_call_func_t fn, void *arg,
					  bool wait));
