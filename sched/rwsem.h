/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/wait.h>

/*
 * Reader-writer locks whose holders may sleep. They are fair, as mutexes are: a thread gets the
 * lock when all that came before it have released it, except that neighbouring readers share it. So
 * a reader must not acquire the lock a second time, since a writer may wait in between.
 */

/**
 * struct rwsem - a lock; an unlocked one is all zeroes
 * @waiters: threads that wait; its lock guards the other members
 * @readers: number of threads that hold it for reading
 * @writer: the thread that holds it for writing, or NULL
 */
struct rwsem {
	struct wait_queue waiters;
	u32 readers;
	struct thread *writer;
};

/**
 * down_read(), down_write() - acquire the lock for reading or for writing
 * @sem: not held by the current thread
 *
 * Context: thread, may sleep.
 */
void down_read(struct rwsem *sem);
void down_write(struct rwsem *sem);

/**
 * up_read(), up_write() - release the lock
 * @sem: held by the current thread in this way; otherwise the kernel panics
 *
 * Context: thread; does not sleep.
 */
void up_read(struct rwsem *sem);
void up_write(struct rwsem *sem);
