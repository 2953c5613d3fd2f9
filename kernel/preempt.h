/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <lib/types.h>

/*
 * Preemption: may the scheduler take the CPU from the running code, and may that code sleep?
 *
 * One word of each CPU counts the reasons against it:
 *
 *	bits 0-7    depth of preempt_disable()
 *	bits 16-19  depth of interrupt handlers
 *	bits 20-23  depth of NMI handlers
 *	bit 31      0 if another thread should run, 1 otherwise
 *
 * The inverted bit 31 saves a test: the whole word is 0 exactly when another thread should run and
 * nothing forbids it. preempt_enable() subtracts one and sees that from the zero flag of the same
 * instruction (Linux's x86 preempt.h does the same).
 *
 * The word belongs to the CPU and is not saved at a switch. A thread enables again all that it has
 * disabled before it sleeps, so the word has the same value before and after a switch. A second
 * word counts the depth of pagefault_disable(). It belongs to the thread, and the scheduler saves
 * it.
 */

#define PREEMPT_MASK       0x000000ffu
#define HARDIRQ_OFFSET     0x00010000u
#define HARDIRQ_MASK       0x000f0000u
#define NMI_OFFSET         0x00100000u
#define NMI_MASK           0x00f00000u
#define PREEMPT_NO_RESCHED 0x80000000u

DECLARE_PER_CPU(u32, preempt_count);
DECLARE_PER_CPU(u32, pagefault_disabled);

/* The thread on this CPU. Its type is opaque here; sched/sched.h defines it. */
DECLARE_PER_CPU(struct thread *, current_thread);

/**
 * preempt_init() - initialise this CPU's count: nothing is disabled
 *
 * Context: once on each CPU, before it acquires any lock.
 */
void preempt_init(void);

/**
 * preempt_schedule() - let another thread run
 *
 * preempt_enable() calls this when the count reaches 0. With interrupts off it does nothing: an
 * interrupt will end with preempt_schedule_irq().
 *
 * Context: any.
 */
void preempt_schedule(void);

/**
 * preempt_schedule_irq() - let another thread run at the end of an interrupt, if nothing forbids it
 *
 * Context: interrupts off; the interrupted code had them on.
 */
void preempt_schedule_irq(void);

/**
 * preempt_use_scheduler() - set the scheduler
 * @schedule: called by preempt_schedule(); the scheduler is a layer above this file
 *
 * Context: boot.
 */
void preempt_use_scheduler(void (*schedule)(void));

/**
 * preempt_disable(), preempt_enable() - between the two this thread keeps its CPU
 *
 * Pairs may nest. The last preempt_enable() lets another thread run, if one should and interrupts
 * are on.
 *
 * Context: any.
 */
static inline void preempt_disable(void)
{
	this_cpu_add(preempt_count, 1);
}

static inline void preempt_enable(void)
{
	if (unlikely(this_cpu_dec_and_test(preempt_count)))
		preempt_schedule();
}

/**
 * pagefault_disable(), pagefault_enable() - between the two no page fault should be resolved
 *
 * They count the depth of such sections. No handler of page faults makes an access succeed yet, so
 * none reads the count.
 *
 * Context: any.
 */
static inline void pagefault_disable(void)
{
	this_cpu_add(pagefault_disabled, 1);
}

static inline void pagefault_enable(void)
{
	this_cpu_sub(pagefault_disabled, 1);
}

/**
 * irq_enter(), irq_exit() - count the handler of a device interrupt that runs between the two
 *
 * Context: the entry of interrupts, interrupts off.
 */
static inline void irq_enter(void)
{
	this_cpu_add(preempt_count, HARDIRQ_OFFSET);
}

static inline void irq_exit(void)
{
	this_cpu_sub(preempt_count, HARDIRQ_OFFSET);
}

/**
 * in_interrupt() - does the handler of a device interrupt or an NMI run on this CPU?
 *
 * Context: any.
 * Return: true if one does.
 */
static inline bool in_interrupt(void)
{
	return this_cpu_test(preempt_count, HARDIRQ_MASK | NMI_MASK);
}

/**
 * in_atomic() - are sleeping and preemption forbidden here?
 *
 * It does not test the interrupt flag.
 *
 * Context: any.
 * Return: true in a handler, and while preemption is disabled.
 */
static inline bool in_atomic(void)
{
	return this_cpu_test(preempt_count, ~PREEMPT_NO_RESCHED);
}

/**
 * set_need_resched() - make this CPU run the scheduler as soon as nothing forbids it
 *
 * Context: any, on a CPU that the caller does not leave.
 */
static inline void set_need_resched(void)
{
	this_cpu_and(preempt_count, ~PREEMPT_NO_RESCHED);
}

/**
 * clear_need_resched() - undo set_need_resched()
 *
 * Context: the scheduler, interrupts off.
 */
static inline void clear_need_resched(void)
{
	this_cpu_or(preempt_count, PREEMPT_NO_RESCHED);
}

/**
 * need_resched() - should another thread run on this CPU?
 *
 * Context: any.
 * Return: true after set_need_resched(), until the scheduler has run.
 */
static inline bool need_resched(void)
{
	return !(this_cpu(preempt_count) & PREEMPT_NO_RESCHED);
}

/**
 * sleep_forbidden() - the slow path of might_sleep()
 * @what: name of the function that may sleep
 *
 * Context: any.
 * Return: only if interrupts are off, nothing else forbids sleeping, and there is no scheduler yet.
 * In all other cases it panics.
 */
void sleep_forbidden(const char *what);

/**
 * might_sleep() - check that the caller may sleep
 * @what: name of the function that may sleep, for the message
 *
 * Panics in an interrupt, with preemption disabled, and, once there is a scheduler, with interrupts
 * off. It panics even if the function would not sleep this time.
 *
 * Context: any.
 */
static __always_inline void might_sleep(const char *what)
{
	if (unlikely(in_atomic() || irqs_disabled()))
		sleep_forbidden(what);
}
