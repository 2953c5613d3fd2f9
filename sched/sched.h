/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/kmap_local.h>
#include <asm/percpu.h>
#include <kernel/preempt.h>
#include <lib/list.h>

/*
 * The scheduler decides which thread runs on which CPU. One run queue, shared by all CPUs, holds
 * the threads that are ready to run. A CPU takes the first one that may run on it. After three
 * ticks a thread moves to the end of the queue if other threads wait, so all threads get the same
 * share.
 *
 * This is how a thread waits for a condition without missing the wake-up:
 *
 *	set_current_state(THREAD_SLEEPING);
 *	if (!condition)
 *		schedule();
 *	set_current_state(THREAD_RUNNABLE);
 *
 * The thread that makes the condition true calls wake_up_process() afterwards. This makes the
 * sleeper runnable again, even if it has not called schedule() yet. Wait queues (sched/wait.h) do
 * all of this for the caller.
 */

enum thread_state {
	THREAD_RUNNABLE, /* runs, or waits for a CPU */
	THREAD_SLEEPING, /* until wake_up_process() */
	THREAD_DEAD,     /* never runs again */
};

#define THREAD_NAME 16

/* Work that a thread does before it returns to ring 3, in @work. */
#define THREAD_WORK_SIGNAL 0x1u /* a signal waits, or the thread has to stop or end */
#define THREAD_WORK_OTHER  0x2u /* any other work of process/ */

struct user_context;
struct mm;
struct files;
struct cred;
struct task;
struct text;
struct kmem_account;

/**
 * struct thread - a thread of the kernel
 * @esp: stack pointer while the thread does not run
 * @state: whether it wants to run
 * @on_cpu: true while a CPU uses its stack
 * @queued: it is in the run queue
 * @cpu: the CPU on which it runs or ran last
 * @pinned: depth of nested migrate_disable() calls; while not 0 the thread stays on @cpu
 * @pagefault_disabled: saved value of the per-CPU variable of this name while it does not run
 * @service: it works for devices, and never holds a slot of kmap(): thread_is_service()
 * @run_link: link in the run queue, while @queued
 * @wake_ns: end of a sleep with a time limit, on the clock of time_ns(); 0 without a limit
 * @sleep_link: link in the list of sleepers, while @wake_ns is not 0
 * @id: number shown in reports
 * @name: name shown in reports
 * @stack: lowest address of its stack; the page below is a guard page
 * @stack_end: one past the highest address of its stack
 * @fn: function that the thread executes (see thread/thread.c)
 * @arg: argument of @fn
 * @result: return value of @fn
 * @should_stop: kthread_stop() was called
 * @reclaims: makes memory free (vm/reclaim.c): may use the last pages, and does not begin again
 * @gives_way: without memory its requests fail, and its process is the first that is ended
 *	(process/oom.c)
 * @finished: @result is valid
 * @joiner: the thread that waits for @finished
 * @started: wake_up_process() was called; nothing else starts a new thread
 * @detached: no thread joins it; the kernel frees it (thread_create())
 * @all: link in the list of all threads
 * @user: the CPU's state of a program; NULL for a kernel thread
 * @work: THREAD_WORK_*; changed by locked operations
 * @user_ns, @kernel_ns: CPU time in ring 3 and in the kernel, for a thread that runs a program
 * @mm, @files, @task: parts of a program, for vm/, fs/ and process/; NULL for a kernel thread
 * @cred: users that it acts for (fs/cred.h); NULL for root
 * @account: charged with memory of the kernel that the program causes (mm/kmem_account.h); NULL
 *	for a kernel thread
 * @text: where a report goes that it makes for a file of /proc; NULL at all other times
 * @kmaps: its kmap_local mappings while it does not run; with any mapping it stays on @cpu
 */
struct thread {
	u32 esp;
	enum thread_state state;
	bool on_cpu, queued, service;
	u32 cpu;
	u32 pinned;
	u32 pagefault_disabled;
	struct list_head run_link;
	u64 wake_ns;
	struct list_head sleep_link;

	u32 id;
	char name[THREAD_NAME];
	char *stack, *stack_end;
	int (*fn)(void *arg);
	void *arg;
	int result;
	bool should_stop, finished, started, detached, reclaims, gives_way;
	struct thread *joiner;
	struct list_head all;

	struct user_context *user;
	u32 work;
	u64 user_ns, kernel_ns;
	struct mm *mm;
	struct files *files;
	struct task *task;
	struct cred *cred;
	struct kmem_account *account;
	struct text *text;
	struct kmap_local_stack kmaps;
};

/* The thread that runs on this CPU. */
#define current (this_cpu(current_thread))

/**
 * thread_is_service() - tell that the running thread works for devices
 *
 * Such a thread exists all the time, and mostly sleeps. It holds no slot of kmap() and gives none
 * back, so a deadlock of all others is found in spite of it.
 * Context: a kernel thread, at its start.
 */
static inline void thread_is_service(void)
{
	current->service = true;
}

/**
 * sched_init_cpu() - turn the code that runs on this CPU into its idle thread
 * @idle: zeroed descriptor in which @id, @name, @stack and @stack_end are set
 *
 * Context: once on each CPU, interrupts off.
 */
void sched_init_cpu(struct thread *idle);

/**
 * sched_idle() - run threads, or halt the CPU while there are none
 *
 * Context: the idle thread, after sched_init_cpu(); interrupts on, preemption enabled.
 */
void sched_idle(void) __noreturn;

/**
 * schedule_away() - schedule(), or the end of the CPU time of a thread
 * @preempted: the thread stays in the run queue, even if it has already announced that it will
 *             sleep: it may still have to check the condition that it waits for
 *
 * Context: that of schedule().
 */
void schedule_away(bool preempted);

/**
 * schedule() - let another thread run
 *
 * Returns when a CPU switches back to this thread. A thread in a state other than THREAD_RUNNABLE
 * has to be woken first.
 *
 * Context: thread, preemption enabled; otherwise the kernel panics. Interrupts may be off, and have
 * the same state on return.
 */
static inline void schedule(void)
{
	schedule_away(false);
}

/**
 * wake_up_process() - make a thread runnable that sleeps, or is about to sleep
 * @thread: any thread that is not dead
 *
 * Context: any except NMI.
 * Return: true if the thread was not runnable before.
 */
bool wake_up_process(struct thread *thread);

/**
 * wake_up_process_lazily() - wake_up_process(), by a thread that mostly sleeps soon
 * @thread: any thread that is not dead
 *
 * No idle CPU gets an interrupt if this CPU may run the thread next. If the caller does not sleep,
 * an idle CPU takes the thread at its next tick. Without timer interrupts the thread waits until
 * the caller sleeps.
 * Context: thread.
 * Return: true if the thread was not runnable before.
 */
bool wake_up_process_lazily(struct thread *thread);

/**
 * schedule_timeout() - schedule(), with a time limit
 * @timeout: ticks, HZ per second; the scheduler wakes the thread once they have passed
 *
 * The caller sets the state THREAD_SLEEPING before. In state THREAD_RUNNABLE it does not sleep.
 *
 * Context: as for schedule().
 * Return: 0 if the time is over; otherwise the ticks that are left, at least 1.
 */
long schedule_timeout(long timeout);

/**
 * schedule_until() - schedule(), with a time at which the wait ends
 * @wake_ns: time on the clock of time_ns(), which is looked at with each tick
 *
 * Otherwise as schedule_timeout().
 *
 * Context: as for schedule().
 */
void schedule_until(u64 wake_ns);

/**
 * sched_interrupt() - make a thread look at its work (thread->work)
 * @thread: any thread that is not dead; its work was set before
 *
 * A sleeper is woken. A CPU that runs the thread in ring 3 gets an interrupt. A thread that was not
 * started looks at its work when it is: until then its creator may still use it.
 *
 * Context: any except NMI.
 */
void sched_interrupt(struct thread *thread);

/**
 * sched_use_tick() - set a function that each tick calls, on each CPU
 * @tick: called in the timer interrupt
 *
 * Context: boot, once.
 */
void sched_use_tick(void (*tick)(void));

/**
 * sched_tick() - account for one tick of this CPU's timer
 *
 * Context: timer interrupt.
 */
void sched_tick(void);

/* Ticks of the boot CPU since boot, HZ per second. Reading this clock costs one load. */
extern u32 sched_ticks;

/**
 * struct sched_counts - what a CPU has done since boot
 * @user, @system, @idle: ticks, HZ per second; each counts for what it has interrupted
 * @switches: switches from one thread to another
 */
struct sched_counts {
	u32 user, system, idle, switches;
};

/**
 * sched_counts_of() - read the counts of a CPU
 * @cpu: its number
 *
 * Context: any. A count may be one behind.
 * Return: the counts.
 */
struct sched_counts sched_counts_of(u32 cpu);

/**
 * sched_running() - count the threads that run or are ready to run
 *
 * Context: any except NMI.
 * Return: their number; idle threads do not count.
 */
u32 sched_running(void);

/**
 * sched_kick_self() - note that another CPU has put work for this CPU into the run queue
 *
 * Context: handler of the interrupt that the function of sched_use_kick() sends.
 */
void sched_kick_self(void);

/**
 * sched_use_kick() - set the function that makes another CPU look at the run queue
 * @kick: sends an interrupt to a CPU; called with interrupts off
 *
 * Context: boot, once.
 */
void sched_use_kick(void (*kick)(u32 cpu));

/**
 * sched_first() - finish the switch that started a new thread
 *
 * A new thread calls this before anything else.
 *
 * Context: interrupts are off, and stay off until the thread enables them.
 */
void sched_first(void);

/**
 * set_current_state() - set the state of the current thread
 * @state: THREAD_SLEEPING before the condition of a wait is read; THREAD_RUNNABLE after the wait
 *
 * Context: thread.
 */
static inline void set_current_state(enum thread_state state)
{
	/* A full barrier: other CPUs see the state before this CPU reads the condition it waits
	 * for. */
	__atomic_exchange_n(&current->state, state, __ATOMIC_SEQ_CST);
}

/**
 * migrate_disable(), migrate_enable() - between the two this thread stays on its CPU
 *
 * Other threads may preempt it there. Pairs may nest.
 *
 * Context: thread.
 */
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
 * msleep() - sleep for a time
 * @ms: milliseconds; the sleep may last longer
 *
 * Context: thread, may sleep.
 */
void msleep(unsigned int ms);

/**
 * sched_yield() - let the other runnable threads run first
 *
 * Context: thread, may sleep.
 */
void sched_yield(void);
