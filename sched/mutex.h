/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/wait.h>

/*
 * Locks whose holders may sleep. They are fair: releasing one hands it to the thread that has
 * waited longest, and no other thread can take it in between.
 */

/**
 * struct mutex - a lock that one thread holds; an unlocked one is all zeroes
 * @owner: address of the thread that holds the mutex, or 0; bit 0: there are waiters. The first
 *	field, so the short paths need one address
 * @waiters: threads that wait for the mutex
 */
struct mutex {
	unsigned long owner;
	struct wait_queue waiters;
};

/**
 * mutex_lock_slowly(), mutex_unlock_slowly() - the slow parts of the functions below
 * @mutex: as for the caller
 *
 * Context: that of the callers.
 */
void mutex_lock_slowly(struct mutex *mutex);
void mutex_unlock_slowly(struct mutex *mutex);

/**
 * mutex_change() - replace the word of a mutex if it has an expected value
 * @mutex: any mutex
 * @expected: its word must be this
 * @word: its new word
 *
 * Context: any.
 * Return: true if the word was replaced; then the function was a full barrier.
 */
static __always_inline bool mutex_change(struct mutex *mutex, unsigned long expected,
					 unsigned long word)
{
	return __atomic_compare_exchange_n(&mutex->owner, &expected, word, false, __ATOMIC_SEQ_CST,
					   __ATOMIC_RELAXED);
}

/**
 * mutex_lock() - acquire a mutex, and wait for it if necessary
 * @mutex: not held by the current thread; otherwise the kernel panics
 *
 * A mutex that is free is acquired by one locked instruction.
 * Context: thread, may sleep.
 */
static inline void mutex_lock(struct mutex *mutex)
{
	if (unlikely(in_atomic()) || unlikely(irqs_disabled()) ||
	    unlikely(!mutex_change(mutex, 0, (unsigned long)current)))
		mutex_lock_slowly(mutex);
}

/**
 * mutex_trylock() - acquire a mutex if it is free
 * @mutex: any mutex
 *
 * Context: thread, where sleeping is allowed. The function itself never sleeps, but only a thread
 * can hold a mutex.
 * Return: true if the current thread holds it now; false if another thread does.
 */
bool mutex_trylock(struct mutex *mutex);

/**
 * mutex_unlock() - release a mutex, or hand it to the first waiter
 * @mutex: held by the current thread; otherwise the kernel panics
 *
 * Context: thread; does not sleep.
 */
static inline void mutex_unlock(struct mutex *mutex)
{
	if (unlikely(!mutex_change(mutex, (unsigned long)current, 0)))
		mutex_unlock_slowly(mutex);
}

/**
 * mutex_is_wanted() - is a thread waiting for it?
 * @mutex: any mutex
 *
 * Context: any.
 * Return: true if there was one at some moment of the call.
 */
static inline bool mutex_is_wanted(const struct mutex *mutex)
{
	return READ_ONCE(mutex->owner) & 1;
}

/**
 * struct semaphore - a count that down() does not let fall below zero
 * @waiters: threads in down(); its lock guards @count
 * @count: how many calls of down() can still return without waiting
 */
struct semaphore {
	struct wait_queue waiters;
	u32 count;
};

/**
 * down() - take one from the count, and wait if it is zero
 * @semaphore: any semaphore
 *
 * Context: thread, may sleep.
 */
void down(struct semaphore *semaphore);

/**
 * up() - add one to the count, or serve the thread that has waited longest
 * @semaphore: any semaphore
 *
 * Context: any except NMI; does not sleep.
 */
void up(struct semaphore *semaphore);

/**
 * struct completion - an event that happens once; all zeroes before it has happened
 * @waiters: threads that wait for the event; its lock guards @done
 * @done: the event has happened
 */
struct completion {
	struct wait_queue waiters;
	bool done;
};

/**
 * complete_all() - record that the event has happened, and wake all waiters
 * @completion: any completion
 *
 * Context: any except NMI; does not sleep.
 */
void complete_all(struct completion *completion);

/**
 * wait_for_completion() - wait until the event has happened
 * @completion: the caller may free it as soon as this function returns
 *
 * Context: thread, may sleep.
 */
void wait_for_completion(struct completion *completion);
