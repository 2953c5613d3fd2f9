/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/atomic.h>
#include <sched/sched.h>
#include <sched/wait.h>

/*
 * Reader-writer locks whose holders may sleep. They are fair, as mutexes are: a thread gets the
 * lock when all that came before it have released it, except that neighbouring readers share it. So
 * a reader must not acquire the lock a second time, since a writer may wait in between.
 */

/**
 * struct rwsem - a lock; an unlocked one is all zeroes
 * @waiters: threads that wait
 * @state: number of threads that hold it for reading, RWSEM_WRITER, RWSEM_WAITED; changed by locked
 *         operations
 * @writer: the thread that holds it for writing, or NULL; changed by the holder, or by the thread
 *          that hands it over
 */
struct rwsem {
	struct wait_queue waiters;
	u32 state;
	struct thread *writer;
};

#define RWSEM_WRITER  0x80000000u /* held for writing */
#define RWSEM_WAITED  0x40000000u /* the queue may have a waiter: only its first may get the lock */
#define RWSEM_READERS 0x3fffffffu

/**
 * rwsem_acquire(), rwsem_released() - the slow parts of the functions below
 * @sem: not held by the current thread; rwsem_released(): released by it
 * @writes: for writing
 *
 * Context: that of the callers.
 */
void rwsem_acquire(struct rwsem *sem, bool writes);
void rwsem_released(struct rwsem *sem, bool writes);

/**
 * down_read(), down_write() - acquire the lock for reading or for writing
 * @sem: not held by the current thread
 *
 * A lock that is free is acquired by one locked instruction.
 * Context: thread, may sleep.
 */
static inline void down_read(struct rwsem *sem)
{
	u32 old = READ_ONCE(sem->state);

	if (DEBUG || unlikely(old & (RWSEM_WRITER | RWSEM_WAITED)) ||
	    unlikely(!__atomic_compare_exchange_n(&sem->state, &old, old + 1, false,
						  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		rwsem_acquire(sem, false);
}

static inline void down_write(struct rwsem *sem)
{
	u32 old = 0;

	if (DEBUG || unlikely(!__atomic_compare_exchange_n(&sem->state, &old, RWSEM_WRITER, false,
							   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		rwsem_acquire(sem, true);
	else
		sem->writer = current;
}

/**
 * down_read_trylock() - acquire the lock for reading if that is possible now
 * @sem: any
 *
 * Context: any except interrupts; does not sleep. A thread that holds it for reading may do this.
 * Return: true if the caller holds it.
 */
static inline bool down_read_trylock(struct rwsem *sem)
{
	u32 old = READ_ONCE(sem->state);

	return !(old & (RWSEM_WRITER | RWSEM_WAITED)) &&
	       __atomic_compare_exchange_n(&sem->state, &old, old + 1, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/**
 * up_read(), up_write() - release the lock
 * @sem: held by the current thread in this way; otherwise the kernel panics
 *
 * Context: thread; does not sleep.
 */
static inline void up_read(struct rwsem *sem)
{
	u32 old = __atomic_fetch_sub(&sem->state, 1, __ATOMIC_RELEASE);

	/* The last reader serves those that wait; without a reader this is a mistake. */
	if (unlikely(!(old & RWSEM_READERS) || old == (RWSEM_WAITED | 1)))
		rwsem_released(sem, false);
}

static inline void up_write(struct rwsem *sem)
{
	u32 old = RWSEM_WRITER;

	if (unlikely(sem->writer != current)) {
		rwsem_released(sem, true);
		return;
	}
	sem->writer = NULL;
	if (unlikely(!__atomic_compare_exchange_n(&sem->state, &old, 0, false, __ATOMIC_RELEASE,
						  __ATOMIC_RELAXED)))
		rwsem_released(sem, true);
}
