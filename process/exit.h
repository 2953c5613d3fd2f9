/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/process.h>

/**
 * task_change_mm() - let the running task leave its address space, and enter another one
 * @task: the running one
 * @new: the other one, whose user the task becomes; NULL: none
 *
 * Clears the word that set_tid_address(2) or clone(2) named, and wakes its waiters.
 * Context: thread, may sleep.
 */
void task_change_mm(struct task *task, struct mm *new);

/**
 * vfork_release() - let the parent continue that waits in vfork(2)
 * @process: the child, which no longer uses the parent's memory
 *
 * Context: any; process_lock not held.
 */
void vfork_release(struct process *process);

/**
 * exe_set() - remember the file of the program, which nothing may write to meanwhile
 * @process: of the running thread, or new
 * @file: the file, with a reference that the process gets; NULL: none
 *
 * The caller has denied writing by exe_deny_write(). The former file may be written again.
 * Context: may sleep.
 */
void exe_set(struct process *process, struct file *file);

/**
 * exe_deny_write() - forbid opening a file for writing, because a program runs from it
 * @file: any
 *
 * Context: any.
 * Return: 0; -ETXTBSY if it is open for writing.
 */
int exe_deny_write(struct file *file);

/**
 * exe_allow_write() - undo exe_deny_write()
 * @file: the file
 *
 * Context: any.
 */
void exe_allow_write(struct file *file);

/* Threads in process_join(). */
extern struct wait_queue process_joiners;
