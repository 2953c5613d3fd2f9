/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/proc/proc.h>
#include <process/process.h>

/**
 * process_mm() - the address space of a process
 * @process: any
 *
 * Context: process_lock held.
 * Return: the address space; NULL if all tasks have left it.
 */
static inline struct mm *process_mm(const struct process *process)
{
	const struct task *task;

	list_for_each_entry(task, &process->tasks, link)
		if (task->thread->mm)
			return task->thread->mm;
	return NULL;
}

/**
 * proc_tasks_init() - let /proc show processes
 *
 * Context: boot, once.
 */
void proc_tasks_init(void);
