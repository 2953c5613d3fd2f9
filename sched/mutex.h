/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/wait.h>

/*
 * Locks for whose holders it is allowed to sleep. They are handed over: who waits longest gets the lock
 * the moment it is given back, and nobody can come in between.
 */

/**
 * struct mutex - zeroes are one that nobody holds
 * @waiters: who waits; its lock guards @owner
 * @owner: who holds it
 */
struct mutex {
	struct wait_queue waiters;
	struct thread *owner;
};

/**
 * mutex_lock() - take it, wait for it if necessary
 * @mutex: not held by the running thread, else panic
 *
 * Context: may sleep.
 */
void mutex_lock(struct mutex *mutex);

/**
 * mutex_trylock() - take it if nobody has it
 * @mutex: any
 *
 * Context: may sleep (it does not; but who holds a mutex must be a thread).
 * Return: true if it was taken.
 */
bool mutex_trylock(struct mutex *mutex);

/**
 * mutex_unlock() - give it back
 * @mutex: held by the running thread, else panic
 */
void mutex_unlock(struct mutex *mutex);

/**
 * struct semaphore - a number that is not let below 0
 * @waiters: who waits; its lock guards @count
 * @count: how often down() goes through without waiting
 */
struct semaphore {
	struct wait_queue waiters;
	u32 count;
};

/**
 * down() - take one, wait for it if necessary
 * @semaphore: any
 *
 * Context: may sleep.
 */
void down(struct semaphore *semaphore);

/**
 * up() - give one, to who waits longest if somebody does
 * @semaphore: any
 *
 * Context: any but an NMI.
 */
void up(struct semaphore *semaphore);

/**
 * struct completion - something that happens once; zeroes are one that has not happened
 * @waiters: who waits
 * @done: it has
 */
struct completion {
	struct wait_queue waiters;
	bool done;
};

/**
 * complete_all() - it has happened
 * @completion: any
 *
 * Context: any but an NMI.
 */
void complete_all(struct completion *completion);

/**
 * wait_for_completion() - return once it has happened
 * @completion: may be freed afterwards
 *
 * Context: may sleep.
 */
void wait_for_completion(struct completion *completion);
