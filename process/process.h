/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/user_context.h>
#include <fs/file.h>
#include <lib/list.h>
#include <process/signal.h>
#include <sched/sched.h>
#include <vm/mm.h>

/*
 * Processes and their threads. A process is what fork(2) makes: an address space, open files,
 * handlers of signals, a place among parents, groups and sessions. It has one or more tasks; a task is
 * a thread of the kernel that runs the program. docs/processes.md is the chapter.
 *
 * Numbers: a task has a number (gettid(2)); the first task of a process has the number of the process.
 */

/* Resource limits: numbers of RLIMIT_*. */
#define NR_RLIMITS 16

struct rlimit {
	u32 current, max;
};

/**
 * struct process - a program that runs, or a zombie that its parent has not waited for
 * @id: its number
 * @group: number of its process group
 * @session: number of its session
 * @parent: NULL for the first process and for those of the prompt
 * @children: list of processes, by @sibling
 * @sibling: link in @children of @parent
 * @all: link in the list of all processes
 * @tasks: list of its tasks, by task->link
 * @nr_tasks: number of tasks that have not ended
 * @exiting: exit_group(2) or a deadly signal has begun to end all tasks
 * @zombie: all tasks have ended, and @exit_status is valid
 * @exit_status: as wait4(2) reports it
 * @exit_signal: sent to the parent at the end; mostly SIGCHLD
 * @wait: threads in wait4(2), and in the prompt's exec
 * @signals: handlers, pending signals, job control (process/signal.h)
 * @limits: setrlimit(2)
 * @name: last part of the path of the program
 * @dead_user_ns, @dead_kernel_ns: CPU time of its ended tasks
 * @child_user_ns, @child_kernel_ns: CPU time of its children that were waited for
 * @vfork_done: the parent waits until the child has ended or executed a program; NULL otherwise
 *
 * All links and states are guarded by process_lock (process/process.c).
 */
struct process {
	u32 id, group, session;
	struct process *parent;
	struct list_head children, sibling, all, tasks;
	u32 nr_tasks;
	bool exiting, zombie, executed;
	u32 exit_status;
	int exit_signal;
	struct wait_queue wait;
	struct process_signals signals;
	struct rlimit limits[NR_RLIMITS];
	char name[THREAD_NAME];
	u64 dead_user_ns, dead_kernel_ns, child_user_ns, child_kernel_ns;
	u64 start_ns;
	struct completion *vfork_done;
};

/**
 * struct task - a thread that runs a program
 * @process: its process
 * @thread: the kernel's thread
 * @id: gettid(2)
 * @link: in process->tasks
 * @context: state of the CPU
 * @signals: blocked and pending signals, alternate stack (process/signal.h)
 * @set_child_tid, @clear_child_tid: addresses in the program, or 0 (clone(2), set_tid_address(2))
 */
struct task {
	struct process *process;
	struct thread *thread;
	u32 id;
	struct list_head link;
	struct user_context context;
	struct task_signals signals;
	u32 set_child_tid, clear_child_tid;
};

/* Guards the tree of processes, groups, sessions and all that struct process says. Interrupts off. */
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
 * process_exit_all() - end the running process
 * @status: as wait4(2) reports it: exit code << 8, or number of the signal
 *
 * All other tasks are made to end, and the current one ends.
 * Context: thread that runs a program.
 */
void process_exit_all(u32 status) __noreturn;

/**
 * process_start() - start the first program, without a parent
 * @path: absolute path of the program
 * @argv: arguments, NULL at the end
 * @envp: environment, NULL at the end
 *
 * Context: kernel thread, may sleep.
 * Return: the number of the process, or a negative errno.
 */
int process_start(const char *path, const char *const *argv, const char *const *envp);

/**
 * process_join() - wait for the end of a process that process_start() has started
 * @id: its number
 * @status: set to its status, as wait4(2) reports it
 *
 * Context: kernel thread, may sleep.
 * Return: 0; -ECHILD if there is no such process.
 */
int process_join(u32 id, u32 *status);
