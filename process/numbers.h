/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Numbers of tasks, processes, groups and sessions, and the limit of their number. */

#define NUMBER_MAX 32767u

struct process;
struct task;

/**
 * struct number - a number in use; a part of the task that was given it
 * @value: 1 to NUMBER_MAX
 * @users: one for a task, one for a process, and one for each process in a group or a session
 * @process, @task: the process and the task with this number, or NULL
 * @next: next in the same bucket
 */
struct number {
	u32 value, users;
	struct process *process;
	struct task *task;
	struct number *next;
};

/**
 * number_insert() - choose a number that nothing uses
 * @number: not initialised; it has no user yet
 * @wanted: this number, or 0: the next free one
 *
 * Context: process_lock held.
 * Return: false if @wanted is in use.
 */
bool number_insert(struct number *number, u32 wanted);

/**
 * number_of() - find a number in use
 * @value: any
 *
 * Context: process_lock held.
 * Return: the number; NULL if nothing uses it.
 */
struct number *number_of(u32 value);

/**
 * number_remove() - take out a number that has no user any more
 * @number: in use until now
 *
 * Context: process_lock held.
 */
void number_remove(struct number *number);

/**
 * number_get(), number_put() - add or remove a user
 * @number: in use; without users it is free again
 *
 * Context: process_lock held.
 * Return: number_put(): true if this was the last user. The memory of the number may be freed.
 */
static inline void number_get(struct number *number)
{
	number->users++;
}

static inline bool number_put(struct number *number)
{
	if (--number->users)
		return false;
	number_remove(number);
	return true;
}

/**
 * numbers_given(), number_last() - numbers that were given out since boot
 *
 * Context: any.
 * Return: how many; and the last one that was counted up to.
 */
u32 numbers_given(void);
u32 number_last(void);

/**
 * tasks_reserve() - count a new task
 * @limit: most tasks of all processes, RLIMIT_NPROC
 *
 * Context: any, process_lock not held.
 * Return: false if there are too many tasks for the memory of this machine, or for @limit.
 */
bool tasks_reserve(u32 limit);

/**
 * tasks_unreserve() - a task has ended, or was not made
 *
 * Context: any.
 */
void tasks_unreserve(void);

/**
 * tasks_limit() - most tasks that this machine can have
 *
 * Context: any.
 * Return: the number.
 */
u32 tasks_limit(void);
