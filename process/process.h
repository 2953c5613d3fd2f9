/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/user_context.h>
#include <fs/file.h>
#include <lib/list.h>
#include <mm/kmem_account.h>
#include <process/numbers.h>
#include <process/signal.h>
#include <sched/mutex.h>
#include <vm/mm.h>

/*
 * Processes and their threads. A process is what fork(2) makes: an address space, open files,
 * handlers of signals, a place among parents, groups and sessions. It has one or more tasks; a task
 * is a thread of the kernel that runs the program. docs/processes.md is the chapter.
 *
 * Numbers: a task has a number (gettid(2)); the first task of a process has the number of the
 * process.
 */

/* Resource limits: numbers of RLIMIT_*. */
#define NR_RLIMITS 16

struct rlimit {
	u32 soft, hard;
};

struct process;

/**
 * struct task - a thread that runs a program
 * @process: its process
 * @thread: the kernel's thread
 * @id: gettid(2)
 * @number: the object of @id (process/numbers.h): its own one, or after execve(2) the process's
 * @own_number: the object of the number that it was given first
 * @link: in process->tasks
 * @signals: blocked and pending signals, alternate stack (process/signal.h)
 * @set_child_tid, @clear_child_tid: addresses in the program, or 0 (clone(2), set_tid_address(2))
 * @context: state of the CPU
 */
struct task {
	u32 id;
	u32 set_child_tid, clear_child_tid;
	struct task_signals signals;
	/* The members from here on are not zeroed. */
	struct process *process;
	struct thread *thread;
	struct number *number;
	struct number own_number;
	struct list_head link;
	struct user_context context;
};

/**
 * struct process - a program that runs, or a zombie that its parent has not waited for
 * @id: its number
 * @number: the object of @id, a part of @first_task (process/numbers.h)
 * @group: number of its process group
 * @session: number of its session
 * @group_number, @session_number: the objects of @group and @session
 * @parent: NULL for the first process and for those of the prompt
 * @parent_id: its number or 0, which may be read without the lock
 * @children: list of processes, by @sibling
 * @sibling: link in @children of @parent
 * @all: link in the list of all processes
 * @tasks: list of its tasks, by task->link
 * @nr_tasks: number of tasks that have not ended
 * @exiting: exit_group(2) or a deadly signal has begun to end all tasks
 * @zombie: all tasks have ended, and @exit_status is valid
 * @exit_status: as wait4(2) reports it
 * @exit_signal: sent to the parent at the end; mostly SIGCHLD
 * @wait: its tasks that are in wait4(2)
 * @signals: handlers, pending signals, job control (process/signal.h)
 * @limits: setrlimit(2)
 * @name: last part of the path of the program
 * @dead_user_ns, @dead_kernel_ns: CPU time of its ended tasks
 * @child_user_ns, @child_kernel_ns: CPU time of its children that were waited for
 * @start_ns: when it began, on the clock of time_ns()
 * @vfork_done: the parent waits until the child has ended or executed a program; NULL otherwise
 * @executed: it has executed a program since fork(2)
 * @kernel_waits: process_join() will ask for its status
 * @nr_live: number of tasks that have not begun to end
 * @survivor: execve(2) ends all tasks but this one; NULL otherwise
 * @exec_wait: the survivor waits here until it is the only task
 * @exe: the file of the program, which nothing may write to meanwhile; NULL before the first exec
 * @account: memory of the kernel that it has caused, this structure included
 * @oom_score_adj: how much sooner or later it is ended when there is no memory (process/oom.h)
 * @oom_score_adj_min: the value that root has set last
 * @first_task: its first task, which needs no allocation; not used again for another one, since a
 *              group may still use its number
 *
 * All links and states are guarded by process_lock (process/process.c).
 */
struct process {
	u32 id;
	u32 nr_tasks;
	bool exiting, zombie, executed, kernel_waits;
	u32 nr_live;
	struct task *survivor;
	struct wait_queue exec_wait;
	struct file *exe;
	u32 exit_status;
	struct wait_queue wait;
	u64 dead_user_ns, dead_kernel_ns, child_user_ns, child_kernel_ns;
	struct completion *vfork_done;
	struct process_signals signals;
	/* The members from here on are not zeroed. */
	u32 group, session;
	struct number *number, *group_number, *session_number;
	struct process *parent;
	u32 parent_id;
	struct list_head children, sibling, all, tasks;
	int exit_signal;
	u64 start_ns;
	struct rlimit limits[NR_RLIMITS];
	char name[THREAD_NAME];
	struct kmem_account account;
	s16 oom_score_adj, oom_score_adj_min;
	struct task first_task;
};

/* Guards struct process, and the tree of processes, groups and sessions. Interrupts off. */
extern spinlock_t process_lock;

/**
 * current_task(), current_process() - what the running thread executes
 *
 * Context: thread that runs a program.
 * Return: the task, or its process.
 */
static inline struct task *current_task(void)
{
	return current->task;
}

static inline struct process *current_process(void)
{
	return current->task->process;
}

/**
 * process_find() - find a process by its number
 * @id: its number
 *
 * Context: process_lock held.
 * Return: the process, zombies included; NULL if there is none.
 */
struct process *process_find(u32 id);

/**
 * task_find() - find a task by its number
 * @id: its number
 *
 * Context: process_lock held.
 * Return: the task; NULL if there is none.
 */
struct task *task_find(u32 id);

/* Walks all processes, zombies included. process_lock is held. */
#define for_each_process(p) list_for_each_entry(p, &all_processes, all)
extern struct list_head all_processes;

/**
 * task_must_end() - has a task to end before it returns to ring 3?
 * @task: any
 *
 * signal_deliver() asks, and calls task_exit(process->exit_status).
 * Context: any; true once means true for ever.
 * Return: true if its process ends, or if another task of it executes a program.
 */
static inline bool task_must_end(const struct task *task)
{
	const struct process *process = task->process;
	const struct task *survivor = READ_ONCE(process->survivor);

	return READ_ONCE(process->exiting) || (survivor && survivor != task);
}

/**
 * task_interrupt() - make a task look at task_must_end() and at its signals soon
 * @task: gets THREAD_WORK_SIGNAL, and is woken if it sleeps
 *
 * Context: process_lock held.
 */
void task_interrupt(struct task *task);

/**
 * task_exit() - end the running task
 * @status: of the process if this is its first task, or its last, as wait4(2) reports it
 *
 * Context: thread that runs a program.
 */
void task_exit(u32 status) __noreturn;

/**
 * process_exit_all() - end the running process
 * @status: as wait4(2) reports it: exit code << 8, or number of the signal
 *
 * All other tasks are made to end, and the current one ends.
 * Context: thread that runs a program.
 */
void process_exit_all(u32 status) __noreturn;

/**
 * process_start() - start a program that has no parent
 * @path: absolute path of the program
 * @argv: arguments, NULL at the end
 * @envp: environment, NULL at the end
 * @first: it gets number 1, and adopts orphans
 *
 * Its group and its session have its number. It has the terminal, as standard input, output and
 * error. The caller has to call process_join().
 * Context: kernel thread, may sleep.
 * Return: the number of the process, or a negative errno.
 */
int process_start(const char *path, const char *const *argv, const char *const *envp, bool first);

/**
 * process_join() - wait for the end of a process that process_start() has started, and take the
 *   terminal back
 * @id: its number
 * @status: set to its status, as wait4(2) reports it
 *
 * Context: kernel thread, may sleep.
 * Return: 0; -ECHILD if there is no such process.
 */
int process_join(u32 id, u32 *status);
