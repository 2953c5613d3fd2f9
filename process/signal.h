/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <sched/signal.h>
#include <sched/wait.h>

/*
 * Signals: sending, blocking, and delivery to handlers in the program. docs/signals.md is the
 * chapter.
 */

struct process;
struct task;

/* A set of signals: bit n - 1 is signal n. */
typedef u64 sigset_t;

#define SIG_BIT(signal) (1ull << ((signal)-1))

/**
 * sigset_has(), sigset_add(), sigset_remove() - look at one signal of a set, or change it
 * @set: any
 * @signal: its number
 *
 * Shorter than shifts of 64 bits.
 * Context: any.
 * Return: true if the signal is in the set.
 */
static inline bool sigset_has(const sigset_t *set, int signal)
{
	u32 bit = (u32)signal - 1;

	return ((const u32 *)set)[bit / 32] >> bit % 32 & 1;
}

static inline void sigset_add(sigset_t *set, int signal)
{
	u32 bit = (u32)signal - 1;

	((u32 *)set)[bit / 32] |= 1u << bit % 32;
}

static inline void sigset_remove(sigset_t *set, int signal)
{
	u32 bit = (u32)signal - 1;

	((u32 *)set)[bit / 32] &= ~(1u << bit % 32);
}

/**
 * sigset_lowest() - find the lowest signal of a set
 * @set: not empty
 *
 * Context: any.
 * Return: its number.
 */
static inline int sigset_lowest(sigset_t set)
{
	return (u32)set ? __builtin_ctz((u32)set) + 1 : __builtin_ctz((u32)(set >> 32)) + 33;
}

/* Signals that no process can block, catch or ignore. */
#define SIGS_UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
#define SIGS_STOP        (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))

/* Handlers that are no addresses. */
#define SIG_DFL 0u
#define SIG_IGN 1u

/* Flags of sigaction(2). */
#define SA_NOCLDSTOP 0x00000001u
#define SA_NOCLDWAIT 0x00000002u
#define SA_SIGINFO   0x00000004u
#define SA_RESTORER  0x04000000u
#define SA_ONSTACK   0x08000000u
#define SA_RESTART   0x10000000u
#define SA_NODEFER   0x40000000u
#define SA_RESETHAND 0x80000000u

/* Flags of sigaltstack(2). */
#define SS_ONSTACK    0x00000001u
#define SS_DISABLE    0x00000002u
#define SS_AUTODISARM 0x80000000u

/* Why a signal was sent, in signal_info.code. */
#define SI_USER       0
#define SI_KERNEL     0x80
#define SI_QUEUE      (-1)
#define SI_TIMER      (-2)
#define SI_TKILL      (-6)
#define CLD_EXITED    1
#define CLD_KILLED    2
#define CLD_DUMPED    3
#define CLD_STOPPED   5
#define CLD_CONTINUED 6

/* The information of a signal: the first words of siginfo_t. */
struct signal_info {
	int signal, error, code;
	u32 word[5]; /* by code: pid and uid, address, status, times, value */
};

#define SIGINFO_SIZE 128u /* bytes of siginfo_t; those behind struct signal_info are zero */

/**
 * struct signal_action - what a process wants to happen
 * @handler: address in the program, or 0 for the default, or 1 to ignore it
 * @flags: SA_*
 * @restorer: address that a handler returns to, with SA_RESTORER
 * @mask: signals that are blocked while the handler runs
 */
struct signal_action {
	u32 handler, flags, restorer;
	sigset_t mask;
};

/* An entry of a queue; free if the number of its signal is 0. */
struct queued_signal {
	struct list_head link;
	struct signal_info info;
};

/* Pending signals: a bit each, and a queue of what they tell (process/signal_queue.h). */
struct pending_signals {
	sigset_t set;
	struct list_head queue;
	struct queued_signal first;
};

/**
 * struct cpu_timer - ITIMER_VIRTUAL or ITIMER_PROF
 * @expires: CPU time of the process at which the signal is sent; 0: not armed
 * @interval: then it is armed again for this time; 0: it is not
 */
struct cpu_timer {
	u64 expires, interval;
};

/**
 * struct real_timer - ITIMER_REAL
 * @link: in the list of armed timers (process/timers.c)
 * @expires: time on the clock of time_ns(); 0: not armed
 * @interval: then it is armed again for this time; 0: it is not
 */
struct real_timer {
	struct list_head link;
	u64 expires, interval;
};

/**
 * struct process_signals - the part of signals that the tasks of a process share
 * @lock: guards all of it, and the signals of its tasks. Interrupts off; taken after process_lock
 * @changed: signals whose action was set; all others have the default action
 * @pending: for any task
 * @stopped: SIGSTOP and relatives; tasks wait in @stop_wait
 * @stop_signal: the signal that stopped it
 * @stop_wait: tasks that wait for SIGCONT
 * @stop_reported, @continued: news for wait4(2) with WUNTRACED and WCONTINUED
 * @nr_queued: entries in the queues of the process and its tasks
 * @real_timer, @cpu_timers: setitimer(2); changed with process_lock and a lock of process/timers.c
 * @actions: by signal - 1; undefined for a signal that is not in @changed
 */
struct process_signals {
	spinlock_t lock;
	sigset_t changed;
	bool stopped, stop_reported, continued;
	int stop_signal;
	struct wait_queue stop_wait;
	u32 nr_queued;
	struct real_timer real_timer;
	struct cpu_timer cpu_timers[2];
	/* The members from here on are not zeroed. */
	struct pending_signals pending;
	struct signal_action actions[NSIG];
};

/**
 * struct restart - how restart_syscall(2) continues a call that a signal has interrupted
 * @call: continues it; NULL: there is none
 * @end_ns: when the call ends, on the clock of time_ns()
 * @address: where the call stores the rest of its time, or what it waits for
 * @word: more of its arguments
 */
struct restart {
	long (*call)(struct restart *restart);
	u64 end_ns;
	u32 address;
	u32 word[3];
};

/**
 * struct task_signals - the part of signals of one task
 * @blocked: rt_sigprocmask(2)
 * @saved_blocked: restored after the handler (rt_sigsuspend(2)), if @restore_blocked
 * @pending: for this task only
 * @waited: blocked signals that the task waits for: rt_sigtimedwait(2)
 * @stack, @stack_size, @stack_flags: sigaltstack(2)
 * @trap_vector, @trap_error, @trap_address: of the last exception in ring 3, for handlers
 * @restart: for restart_syscall(2)
 * @robust_list: address of a list of locks in the program, or 0 (set_robust_list(2))
 */
struct task_signals {
	sigset_t waited;
	bool restore_blocked;
	u32 stack, stack_size, stack_flags;
	u32 trap_vector, trap_error, trap_address;
	u32 robust_list;
	/* The members from here on are not zeroed. */
	sigset_t blocked, saved_blocked;
	struct pending_signals pending;
	struct restart restart;
};

/**
 * signals_init() - take the hooks for ring 3 and for senders of the lower layers
 *
 * Context: boot, once.
 */
void signals_init(void);

/**
 * signals_action() - what a process wants a signal to do
 * @signals: of the process
 * @signal: its number
 *
 * Context: any; the lock of @signals, unless an action that changes meanwhile does no harm.
 * Return: the action, which may be the default one.
 */
static inline const struct signal_action *signals_action(const struct process_signals *signals,
							 int signal)
{
	static const struct signal_action by_default;

	return sigset_has(&signals->changed, signal) ? &signals->actions[signal - 1] : &by_default;
}

/**
 * signals_init_process(), signals_fork() - prepare the signals of a process and its first task
 * @process: new; zeroed, except the pending signals and the actions
 * @parent: the process that is copied: actions, but not pending signals
 *
 * Context: any.
 */
void signals_init_process(struct process *process);
void signals_fork(struct process *process, const struct process *parent);

/**
 * signals_init_task() - prepare the signals of a task
 * @task: new, zeroed
 * @parent: the task whose mask it gets; NULL: nothing is blocked
 *
 * Context: any.
 */
void signals_init_task(struct task *task, const struct task *parent);

/**
 * signals_exec() - handlers become the default, ignored signals stay ignored
 * @process: of the running thread, which is its only task
 *
 * Context: thread.
 */
void signals_exec(struct process *process);

/**
 * signals_drop_task(), signals_drop_process() - free pending signals at the end
 * @task, @process: ends
 *
 * Other tasks take over what is pending for the process.
 * Context: process_lock held for signals_drop_task(); the process has no task any more for
 * signals_drop_process().
 */
void signals_drop_task(struct task *task);
void signals_drop_process(struct process *process);

/**
 * signals_stop_timers() - disarm the timers of a process that ends
 * @process: any
 *
 * Context: process_lock held.
 */
void signals_stop_timers(struct process *process);

/**
 * signal_send_process() - send a signal to a process
 * @process: any that is no zombie
 * @info: the signal and what it tells; SI_KERNEL or SI_USER in code
 *
 * Context: process_lock held, interrupts off.
 * Return: 0; -EAGAIN if the queue of an RT signal is full.
 */
int signal_send_process(struct process *process, const struct signal_info *info);

/**
 * signal_has_effect() - would a signal do anything to a process?
 * @process: any that is no zombie
 * @signal: its number
 *
 * Saves a sender the work to fill in struct signal_info.
 * Context: process_lock held.
 * Return: false if it is ignored: signal_send_process() would do nothing.
 */
bool signal_has_effect(struct process *process, int signal);

/**
 * signal_send_task() - send a signal to one task
 * @task: any
 * @info: the signal and what it tells
 *
 * Context: process_lock held, interrupts off.
 * Return: 0; -EAGAIN if the queue of an RT signal is full.
 */
int signal_send_task(struct task *task, const struct signal_info *info);

/**
 * signal_send_group() - send a signal to all processes of a group
 * @group: number of the group
 * @info: the signal and what it tells
 *
 * Context: process_lock held, interrupts off.
 * Return: 0 if a process of the group exists; -ESRCH.
 */
int signal_send_group(u32 group, const struct signal_info *info);

/**
 * signal_notify_parent() - send SIGCHLD because a process has stopped or continued
 * @process: the child
 * @code: CLD_STOPPED or CLD_CONTINUED
 * @status: the signal
 *
 * Also wakes the parent from wait4(2).
 * Context: process_lock held, interrupts off.
 */
void signal_notify_parent(struct process *process, int code, int status);

/**
 * signals_autoreap() - do the children of a process end without a zombie?
 * @process: the parent
 *
 * Context: any.
 * Return: true if it ignores SIGCHLD, or has SA_NOCLDWAIT.
 */
bool signals_autoreap(const struct process *process);

/**
 * signals_leave_group() - a process ends or changes its group: handle groups that become orphans
 * @process: still in its group, with all of its children
 *
 * A group is an orphan if no member has a parent in another group of the session: no shell is left
 * that could continue it. If a member is stopped, the group gets SIGHUP and SIGCONT.
 * Context: process_lock held, interrupts off.
 */
void signals_leave_group(struct process *process);

/**
 * signal_group_is_orphan() - is no shell left that could continue a group?
 * @group: number of the group
 * @without: a process that does not count; NULL: all count
 *
 * Context: process_lock held.
 * Return: true if no member has a parent in another group of the same session.
 */
bool signal_group_is_orphan(u32 group, const struct process *without);

/**
 * signal_is_ignored() - would a signal to the running task be without effect?
 * @signal: its number
 *
 * For reads and writes of a terminal by a background process.
 * Context: thread that runs a program.
 * Return: true if the task blocks or ignores it.
 */
bool signal_is_ignored(int signal);

/**
 * signals_set_blocked() - change the mask of the running task
 * @blocked: the new mask; SIGKILL and SIGSTOP are removed
 *
 * Context: thread that runs a program.
 */
void signals_set_blocked(sigset_t blocked);

/**
 * signals_change_blocked(), signals_hand_over() - the parts of signals_set_blocked()
 * @blocked: the new mask
 *
 * Context: thread; signals_change_blocked() with the lock of the signals of the process.
 * Return: true if the caller must call signals_hand_over() after it has released the lock.
 */
bool signals_change_blocked(sigset_t blocked);
void signals_hand_over(void);

/**
 * signals_recalculate() - set or clear THREAD_WORK_SIGNAL of the running task
 *
 * Context: thread that runs a program; the lock of the signals of its process held.
 */
void signals_recalculate(void);

/**
 * signal_sleep() - sleep until a time, or until a signal is pending
 * @end_ns: on the clock of time_ns(); UINT64_MAX: only a signal ends the sleep
 *
 * Context: thread that runs a program; may sleep.
 * Return: 0 if the time is over; -EINTR.
 */
int signal_sleep(u64 end_ns);

/**
 * signal_force() - send a signal that cannot be ignored to the current task
 * @info: SIGSEGV, SIGFPE, ... If it is blocked or ignored, the process ends
 *
 * Context: thread that runs a program.
 */
void signal_force(const struct signal_info *info);

/**
 * signal_deliver() - do what pending signals demand, before the return to ring 3
 * @regs: registers of the program; changed to those of a handler
 *
 * Also stops the task while its process is stopped, ends it if the process is ending, and repeats
 * an interrupted system call.
 * Context: the running task, interrupts on.
 */
void signal_deliver(struct trap_frame *regs);
