/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/kmap_local.h>
#include <asm/percpu.h>
#include <kernel/preempt.h>
#include <lib/list.h>

/*
 * Which thread runs where. There is one queue of the threads that could run and do not, for all CPUs; a
 * CPU takes the first that may run on it. A thread that has run for some ticks goes to the end if somebody
 * waits, so all get the same.
 *
 * To sleep until something happens, without missing it:
 *
 *	set_current_state(THREAD_SLEEPING);
 *	if (!it_has_happened)
 *		schedule();
 *	set_current_state(THREAD_RUNNABLE);
 *
 * and whoever makes it happen calls sched_wake() afterwards: it makes the thread runnable again, whether
 * it has gone to sleep by then or not. Wait queues (sched/wait.h) do this for you.
 */

enum thread_state {
	THREAD_RUNNABLE, /* runs, or waits for a CPU */
	THREAD_SLEEPING, /* until sched_wake() */
	THREAD_DEAD,     /* never again */
};

#define THREAD_NAME 16

/**
 * struct thread - a thread
 * @esp: stack pointer while it does not run
 * @state: what it wants
 * @on_cpu: true while its stack is in use by a CPU
 * @queued: in the queue of those that could run
 * @cpu: where it runs, or ran last
 * @pinned: nested migrate_disable(); while not 0 it stays on @cpu
 * @pagefault_disabled: the CPU's word of this name while it does not run
 * @kmaps: its kmap_local mappings while it does not run; with any, it stays on @cpu
 * @run_link: in the run queue, while @queued
 * @wake_ns: when a sleep with a time limit ends; 0 without
 * @sleep_link: in the list of sleepers, while @wake_ns is not 0
 * @id: number, for people
 * @name: for people
 * @stack: lowest address of its stack; the page below is a guard
 * @stack_end: one past the highest
 * @fn: what a thread of thread/thread.c executes
 * @arg: for @fn
 * @result: what @fn returned
 * @should_stop: kthread_stop() was called
 * @finished: @result is there
 * @joiner: who waits for @finished
 * @next: the next of all threads
 */
struct thread {
	u32 esp;
	enum thread_state state;
	bool on_cpu, queued;
	u32 cpu;
	u32 pinned;
	u32 pagefault_disabled;
	struct kmap_local_stack kmaps;
	struct list_head run_link;
	u64 wake_ns;
	struct list_head sleep_link;

	u32 id;
	char name[THREAD_NAME];
	char *stack, *stack_end;
	int (*fn)(void *arg);
	void *arg;
	int result;
	bool should_stop, finished;
	struct thread *joiner;
	struct thread *next;
};

/* The thread that asks. */
#define current (this_cpu(current_thread))

/**
 * sched_init_cpu() - make what this CPU executes now its idle thread
 * @idle: memory for the descriptor, zeroed; @id, @name, @stack and @stack_end are set
 *
 * Context: once on each CPU, interrupts off.
 */
void sched_init_cpu(struct thread *idle);

/**
 * sched_idle() - what the idle thread does for the rest of its life
 *
 * Context: on a CPU after sched_init_cpu(), nothing disabled.
 */
void sched_idle(void) __noreturn;

/**
 * schedule() - let another thread run
 *
 * Returns when the scheduler chooses this one again; a thread that is not THREAD_RUNNABLE has to be woken
 * first.
 * Context: nothing disabled but possibly interrupts, which are as before afterwards; else panic.
 */
void schedule(void);

/**
 * sched_wake() - make a thread runnable that sleeps, or is about to
 * @thread: any that is not dead
 *
 * Context: any but an NMI.
 * Return: true if it was not runnable.
 */
bool sched_wake(struct thread *thread);

/**
 * schedule_until() - schedule(), and be woken at a time at the latest
 * @wake_ns: as time_ns() counts
 */
void schedule_until(u64 wake_ns);

/**
 * sched_tick() - a tick of this CPU's timer
 *
 * Context: interrupt.
 */
void sched_tick(void);

/* Ticks of the boot CPU so far: a clock that costs a load. HZ of them are a second. */
extern u32 sched_ticks;

/**
 * sched_kick_self() - another CPU has work for this one
 *
 * Context: the handler of the interrupt that sched_use_kick()'s function makes.
 */
void sched_kick_self(void);

/**
 * sched_use_kick() - how to make another CPU look at the queue
 * @kick: sends it an interrupt; called with interrupts off
 */
void sched_use_kick(void (*kick)(u32 cpu));

/**
 * sched_first() - called by a new thread before anything else
 *
 * Finishes the switch that began it; interrupts are off until it enables them.
 */
void sched_first(void);

static inline void set_current_state(enum thread_state state)
{
	/* Seen by others before what the caller looks at next is read. */
	__atomic_exchange_n(&current->state, state, __ATOMIC_SEQ_CST);
}

/* Until migrate_enable() this thread stays on its CPU, but others may run there in between. */
static inline void migrate_disable(void)
{
	preempt_disable();
	current->pinned++;
	preempt_enable();
}

static inline void migrate_enable(void)
{
	preempt_disable();
	current->pinned--;
	preempt_enable();
}

/**
 * msleep() - sleep
 * @ms: milliseconds, at least so many
 *
 * Context: may sleep.
 */
void msleep(unsigned int ms);

/**
 * sched_yield() - let the others have their turn
 *
 * Context: may sleep.
 */
void sched_yield(void);
