/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/trap_frame.h>
#include <kernel/spinlock.h>
#include <lib/list.h>
#include <sched/signal.h>
#include <sched/wait.h>

/*
 * Signals: sending, blocking, and delivery to handlers in the program. docs/signals.md is the chapter.
 */

struct process;
struct task;

/* A set of signals: bit n - 1 is signal n. */
typedef u64 sigset_t;

#define SIG_BIT(signal) (1ull << ((signal)-1))

/* What a signal tells: the first words of siginfo_t. */
struct signal_info {
	int signal, error, code;
	u32 word[5]; /* by code: pid and uid, address, status, times, value */
};

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

/* Pending signals: a bit each, and a queue of what they tell. */
struct pending_signals {
	sigset_t set;
	struct list_head queue;
};

/**
 * struct process_signals - the part of signals that the tasks of a process share
 * @lock: guards all of it, and the signals of its tasks. Interrupts off; taken after process_lock
 * @actions: by signal - 1
 * @pending: for any task
 * @stopped: SIGSTOP and relatives; tasks wait in @stop_wait
 * @stop_signal: the signal that stopped it
 * @stop_wait: tasks that wait for SIGCONT
 * @stop_reported, @continued: what wait4(2) with WUNTRACED and WCONTINUED has to report
 * @real_timer: ITIMER_REAL
 */
struct process_signals {
	spinlock_t lock;
	struct signal_action actions[NSIG];
	struct pending_signals pending;
	bool stopped, stop_reported, continued;
	int stop_signal;
	struct wait_queue stop_wait;
};

/**
 * struct task_signals - the part of signals of one task
 * @blocked: rt_sigprocmask(2)
 * @saved_blocked: restored after the handler (rt_sigsuspend(2)), if @restore_blocked
 * @pending: for this task only
 * @stack, @stack_size, @stack_flags: sigaltstack(2)
 * @in_syscall: the frame is that of a system call, which may have to be repeated
 */
struct task_signals {
	sigset_t blocked, saved_blocked;
	bool restore_blocked;
	struct pending_signals pending;
	u32 stack, stack_size, stack_flags;
	bool in_syscall;
};

/**
 * signals_init_process(), signals_fork() - prepare the signals of a process and its first task
 * @process: new
 * @parent: the process that is copied: actions, but not pending signals
 *
 * Context: any.
 */
void signals_init_process(struct process *process);
void signals_fork(struct process *process, const struct process *parent);

/**
 * signals_init_task() - prepare the signals of a task
 * @task: new
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
 * Context: any.
 */
void signals_drop_task(struct task *task);
void signals_drop_process(struct process *process);

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
 * signal_send_task() - send a signal to one task
 * @task: any
 * @info: the signal and what it tells
 *
 * Context: process_lock held, interrupts off.
 * Return: 0; -EAGAIN if the queue of an RT signal is full.
 */
int signal_send_task(struct task *task, const struct signal_info *info);

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
 * Also stops the task while its process is stopped, ends it if the process is ending, and repeats an
 * interrupted system call.
 * Context: the running task, interrupts on.
 */
void signal_deliver(struct trap_frame *regs);
