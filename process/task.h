/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/process.h>

/* Making and freeing processes and tasks. */

/**
 * processes_init() - make the caches
 *
 * Context: boot, once.
 */
void processes_init(void);

/**
 * process_create() - make a process that nothing knows yet
 * @parent: limits, handlers, group, session and name are copied from it; NULL: defaults
 *
 * Context: may sleep.
 * Return: the process, to be freed with process_free(); NULL if there is no memory.
 */
struct process *process_create(const struct process *parent);

/**
 * process_free() - free a process that was not started
 * @process: without tasks
 *
 * Context: any.
 */
void process_free(struct process *process);

/**
 * task_create() - make a task, and a thread that does not run yet
 * @process: its process
 * @parent: the running task, whose state of the CPU and whose signal mask are copied; NULL: none
 * @fn: the function that the thread executes
 * @arg: argument of @fn; NULL: the task
 * @limit: RLIMIT_NPROC
 * @error: set on failure
 *
 * The thread has no address space and no open files yet.
 * Context: may sleep.
 * Return: the task; NULL on failure: -EAGAIN, -ENOMEM.
 */
struct task *task_create(struct process *process, const struct task *parent, int (*fn)(void *arg),
			 void *arg, u32 limit, int *error);

/**
 * task_start() - give a task its number, and a new process its place
 * @task: from task_create(), with address space and open files
 * @creator: process of the running task; NULL for a kernel thread
 * @sibling: a new process gets the parent of @creator, not @creator itself
 * @number: 0, or the number to use, which is free
 *
 * The thread does not run before it is woken.
 * Context: any; process_lock not held.
 */
void task_start(struct task *task, struct process *creator, bool sibling, u32 number);

/**
 * task_destroy() - undo task_create(), for a task that was not started
 * @task: without address space and open files
 *
 * Context: may sleep.
 */
void task_destroy(struct task *task);

/**
 * task_forget() - take a task out of its process, and free it
 * @task: the running one; its thread is none of a program afterwards
 *
 * Context: process_lock held.
 */
void task_forget(struct task *task);

/**
 * process_release() - take a zombie out of the tree, and free it
 * @process: a zombie without children
 *
 * Context: process_lock held.
 */
void process_release(struct process *process);

/**
 * process_set_group() - change group and session
 * @process: any
 * @group, @session: numbers in use
 *
 * Context: process_lock held.
 */
void process_set_group(struct process *process, u32 group, u32 session);

/**
 * process_times() - CPU time of a process, its live and its ended tasks
 * @process: any
 * @user_ns, @kernel_ns: set to the times
 *
 * Context: process_lock held.
 */
void process_times(const struct process *process, u64 *user_ns, u64 *kernel_ns);

/* Process 1, which adopts orphans; NULL if there is none. Guarded by process_lock. */
extern struct process *first_process;
