/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <sched/rwsem.h>

/*
 * Reader-writer locks. A lock that nobody waits for is one word, which the functions of the header
 * change by one locked instruction. The queue is for the rest. As for mutexes (mutex.c), a lock
 * that is released is handed over: the thread that releases it makes the first waiter the holder,
 * and wakes it afterwards.
 *
 *	holders   R R            a writer waits, so the reader behind it waits, too
 *	queue     W R R W        when both have released, W is served, then R R together
 *
 * RWSEM_WAITED closes the short way in: it is set before a thread looks for the last time whether
 * the lock is free, and cleared when the queue is empty. Both happen with the queue locked. While
 * it is set, threads without the lock of the queue can only release. The last one sees it and
 * serves the queue.
 *
 * The invariant: a waiter that is not in the queue holds the lock. No thread waits for ever,
 * because each one is served after those that came before. The price: a reader waits behind a
 * writer that waits itself, so a thread that acquires the lock for reading twice may deadlock.
 */

struct rwsem_waiter {
	struct waiter waiter;
	bool writes;
};

/* The queue is locked, and RWSEM_WAITED set: so the answer can only change from false to true. */
static bool may_have(const struct rwsem *sem, bool writes)
{
	return !(READ_ONCE(sem->state) & (writes ? RWSEM_WRITER | RWSEM_READERS : RWSEM_WRITER));
}

static void give(struct rwsem *sem, struct thread *thread, bool writes)
{
	__atomic_fetch_add(&sem->state, writes ? RWSEM_WRITER : 1, __ATOMIC_ACQ_REL);
	if (writes)
		sem->writer = thread;
}

static void open_if_empty(struct rwsem *sem)
{
	if (!sem->waiters.first)
		__atomic_fetch_and(&sem->state, ~RWSEM_WAITED, __ATOMIC_RELEASE);
}

void rwsem_acquire(struct rwsem *sem, bool writes)
{
	struct rwsem_waiter me = { .writes = writes };
	unsigned long flags;

	might_sleep(writes ? "down_write" : "down_read");
	flags = spin_lock_irqsave(&sem->waiters.lock);
	if (sem->writer == current)
		panic("rwsem %p: thread '%s' holds it already", (void *)sem, current->name);
	__atomic_fetch_or(&sem->state, RWSEM_WAITED, __ATOMIC_SEQ_CST);
	if (!sem->waiters.first && may_have(sem, writes)) {
		give(sem, current, writes);
		open_if_empty(sem);
	} else {
		flags = wait_to_be_taken(&sem->waiters, &me.waiter, flags);
	}
	spin_unlock_irqrestore(&sem->waiters.lock, flags);
}

/* Serves the first waiter; if it reads, also all readers up to the next writer. */
static void serve(struct rwsem *sem)
{
	while (sem->waiters.first) {
		struct rwsem_waiter *next =
			container_of(sem->waiters.first, struct rwsem_waiter, waiter);

		if (!may_have(sem, next->writes))
			return;
		give(sem, next->waiter.thread, next->writes);
		/* Once it is taken out, only the lock of the queue keeps it from ending. */
		wake_up_process(wait_queue_take_first(&sem->waiters));
	}
	open_if_empty(sem);
}

void rwsem_released(struct rwsem *sem, bool writes)
{
	unsigned long flags = spin_lock_irqsave(&sem->waiters.lock);

	if (!writes && (sem->state & RWSEM_READERS) == RWSEM_READERS)
		panic("up_read(%p): no thread holds it for reading", (void *)sem);
	if (writes && (sem->writer || !(sem->state & RWSEM_WRITER)))
		panic("up_write(%p): held by '%s', expected '%s'", (void *)sem,
		      sem->writer ? sem->writer->name : "nobody", current->name);
	if (writes)
		__atomic_fetch_and(&sem->state, ~RWSEM_WRITER, __ATOMIC_RELEASE);
	serve(sem);
	spin_unlock_irqrestore(&sem->waiters.lock, flags);
}
