/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <lib/types.h>

/*
 * May the running code be interrupted by the scheduler, may it sleep? One word of each CPU counts the
 * reasons why not:
 *
 *	bits 0-7    nested preempt_disable()
 *	bits 16-19  nested interrupt handlers
 *	bits 20-23  nested NMIs
 *	bit 31      0 if another thread should run: then the count is 0 as a whole when nothing forbids
 *	            it any more, and preempt_enable() sees that by the same subtraction
 *
 * The word belongs to the CPU. What a thread has disabled it enables before it sleeps, so at a switch the
 * word is the same for whoever goes and whoever comes. Another word counts the nested
 * pagefault_disable() of the running thread, and is kept for it when it does not run.
 */

#define PREEMPT_MASK       0x000000ffu
#define HARDIRQ_OFFSET     0x00010000u
#define HARDIRQ_MASK       0x000f0000u
#define NMI_OFFSET         0x00100000u
#define NMI_MASK           0x00f00000u
#define PREEMPT_NO_RESCHED 0x80000000u

DECLARE_PER_CPU(u32, preempt_count);
DECLARE_PER_CPU(u32, pagefault_disabled);

/* Who runs on this CPU: down here a name without a content, see sched/sched.h. */
DECLARE_PER_CPU(struct thread *, current_thread);

/**
 * preempt_init() - make this CPU's count say that nothing is forbidden
 *
 * Context: once on each CPU, before anything that takes a lock.
 */
void preempt_init(void);

/**
 * preempt_schedule() - let another thread run, now that nothing forbids it
 *
 * Called by preempt_enable(). Does nothing with interrupts off: their end will come here.
 */
void preempt_schedule(void);

/**
 * preempt_schedule_irq() - the same at the end of an interrupt, if nothing forbids it there
 *
 * Context: interrupts off; where they were on when the interrupt came.
 */
void preempt_schedule_irq(void);

/**
 * preempt_use_scheduler() - what preempt_schedule() calls from now on
 * @schedule: the scheduler, which stands above this file
 */
void preempt_use_scheduler(void (*schedule)(void));

static inline void preempt_disable(void)
{
	this_cpu_add(preempt_count, 1);
}

static inline void preempt_enable(void)
{
	if (unlikely(this_cpu_dec_and_test(preempt_count)))
		preempt_schedule();
}

/* Between these an access that faults is not resolved but fails: its fixup is taken. */
static inline void pagefault_disable(void)
{
	this_cpu_add(pagefault_disabled, 1);
}

static inline void pagefault_enable(void)
{
	this_cpu_sub(pagefault_disabled, 1);
}

/* Around the handler of a device interrupt. */
static inline void irq_enter(void)
{
	this_cpu_add(preempt_count, HARDIRQ_OFFSET);
}

static inline void irq_exit(void)
{
	this_cpu_sub(preempt_count, HARDIRQ_OFFSET);
}

static inline bool in_interrupt(void)
{
	return this_cpu_test(preempt_count, HARDIRQ_MASK | NMI_MASK);
}

/* Neither may sleep nor be preempted. */
static inline bool in_atomic(void)
{
	return this_cpu_test(preempt_count, ~PREEMPT_NO_RESCHED);
}

/* This CPU should run the scheduler as soon as it may. */
static inline void set_need_resched(void)
{
	this_cpu_and(preempt_count, ~PREEMPT_NO_RESCHED);
}

static inline void clear_need_resched(void)
{
	this_cpu_or(preempt_count, PREEMPT_NO_RESCHED);
}

static inline bool need_resched(void)
{
	return !(this_cpu(preempt_count) & PREEMPT_NO_RESCHED);
}

/**
 * sleep_forbidden() - the rest of might_sleep()
 * @what: name of the function that may sleep
 *
 * Context: any.
 * Return: only where interrupts are off and nothing else, and there is no scheduler yet; else it panics.
 */
void sleep_forbidden(const char *what);

/**
 * might_sleep() - check that the caller may sleep
 * @what: the function that may, for the message
 *
 * Panics in an interrupt, with preemption disabled, and (once there is a scheduler) with interrupts off,
 * whether it would sleep this time or not.
 */
static __always_inline void might_sleep(const char *what)
{
	if (unlikely(in_atomic() || irqs_disabled()))
		sleep_forbidden(what);
}
