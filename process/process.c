/* SPDX-License-Identifier: MIT */
#include <process/process.h>

/*
 * The tree of processes: its lock, the list of all processes, and how one is found by its number.
 * process/task.c makes and ends what is in the tree.
 */

/*
 * Guards the tree of processes, numbers, groups and sessions, and the states in struct process.
 * Interrupts are off while it is held. Acquired before the locks of signals, wait queues, the slab
 * allocator and the scheduler.
 */
spinlock_t process_lock;

LIST_HEAD(all_processes);

struct process *process_find(u32 id)
{
	struct number *number = number_of(id);

	return number ? number->process : NULL;
}

struct task *task_find(u32 id)
{
	struct number *number = number_of(id);

	return number ? number->task : NULL;
}
