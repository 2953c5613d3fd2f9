/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <sched/rwsem.h>

/*
 * Reader-writer locks. As for mutexes (mutex.c), a lock that is released is handed over: the thread
 * that releases it makes the first waiter the holder, and wakes it afterwards.
 *
 *	holders   R R            a writer waits, so the reader behind it waits, too
 *	queue     W R R W        when both have released, W is served, then R R together
 *
 * The invariant: a waiter that is not in the queue holds the lock. No thread waits for ever,
 * because each one is served after those that came before. The price: a reader waits behind a
 * writer that waits itself, so a thread that acquires the lock for reading twice may deadlock.
 */

struct rwsem_waiter {
	struct waiter waiter;
	bool writes;
};

static bool may_have(const struct rwsem *sem, bool writes)
{
	return !sem->writer && !(writes && sem->readers);
}

static void give(struct rwsem *sem, struct thread *thread, bool writes)
{
	if (writes)
		sem->writer = thread;
	else
		sem->readers++;
}

static void acquire(struct rwsem *sem, bool writes)
{
	struct rwsem_waiter me = { .writes = writes };
	unsigned long flags = spin_lock_irqsave(&sem->waiters.lock);

	if (sem->writer == current)
		panic("rwsem %p: thread '%s' holds it already", (void *)sem, current->name);
	if (!sem->waiters.first && may_have(sem, writes))
		give(sem, current, writes);
	else
		flags = wait_to_be_taken(&sem->waiters, &me.waiter, flags);
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
}

void down_read(struct rwsem *sem)
{
	might_sleep("down_read");
	acquire(sem, false);
}

void down_write(struct rwsem *sem)
{
	might_sleep("down_write");
	acquire(sem, true);
}

void up_read(struct rwsem *sem)
{
	unsigned long flags = spin_lock_irqsave(&sem->waiters.lock);

	if (!sem->readers)
		panic("up_read(%p): no thread holds it for reading", (void *)sem);
	sem->readers--;
	serve(sem);
	spin_unlock_irqrestore(&sem->waiters.lock, flags);
}

void up_write(struct rwsem *sem)
{
	unsigned long flags = spin_lock_irqsave(&sem->waiters.lock);

	if (sem->writer != current)
		panic("up_write(%p): held by '%s', expected '%s'", (void *)sem,
		      sem->writer ? sem->writer->name : "nobody", current->name);
	sem->writer = NULL;
	serve(sem);
	spin_unlock_irqrestore(&sem->waiters.lock, flags);
}
