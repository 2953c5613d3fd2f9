/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <sched/mutex.h>

/*
 * Mutexes, semaphores and completions have one shape: a wait queue, and one word.
 *
 * The problem is a thread that wakes up and finds that a third thread was faster. Such a lock is
 * not fair, and a woken thread may wait without end. Therefore unlocking hands the lock over: the
 * thread that releases takes the first waiter out of the queue and makes it the owner before it
 * wakes it.
 *
 *	owner:   unlock ─ take the first waiter ─ owner = waiter ─ wake it
 *	waiter:  add to queue ─ sleep ...............................└▶ owns the lock
 *
 * The invariant: a waiter that is no longer in the queue has been served. If something else wakes
 * it, it is still in the queue, and continues to wait. The price is a switch to that waiter before
 * anybody can use the lock again, even if another thread could use it at once.
 *
 * The word of a semaphore or a completion is guarded by the queue's lock. That of a mutex changes
 * by compare-and-exchange in line at the caller, so that a mutex that nobody waits for costs one
 * locked instruction each way. Bit 0 of the word says that there are waiters, and forbids this
 * short way:
 *
 *	0 ◀─▶ thread                     without the queue's lock
 *	thread ─▶ thread | WAITERS       with it, by a thread that will wait
 *	thread | WAITERS ─▶ next owner   with it, by mutex_unlock_slowly()
 *
 * After mutex_unlock() has stored a 0, it does not touch the mutex: the next owner may free it.
 */

#define WAITERS 1ul

/* The queue's lock is held on entry and on return. */
static unsigned long wait_to_be_served(struct wait_queue *queue, unsigned long flags)
{
	struct waiter waiter = { 0 };

	return wait_to_be_taken(queue, &waiter, flags);
}

static struct thread *owner_of(unsigned long word)
{
	return (struct thread *)(word & ~WAITERS);
}

void mutex_lock_slowly(struct mutex *mutex)
{
	unsigned long flags, word, next;

	might_sleep("mutex_lock");
	flags = spin_lock_irqsave(&mutex->waiters.lock);
	do {
		word = READ_ONCE(mutex->owner);
		if (owner_of(word) == current)
			panic("mutex_lock(%p): thread '%s' holds it already", (void *)mutex,
			      current->name);
		next = word ? word | WAITERS : (unsigned long)current;
	} while (!mutex_change(mutex, word, next));
	if (word)
		flags = wait_to_be_served(&mutex->waiters, flags);
	spin_unlock_irqrestore(&mutex->waiters.lock, flags);
}

bool mutex_trylock(struct mutex *mutex)
{
	might_sleep("mutex_trylock");
	return mutex_change(mutex, 0, (unsigned long)current);
}

void mutex_unlock_slowly(struct mutex *mutex)
{
	unsigned long flags = spin_lock_irqsave(&mutex->waiters.lock);
	struct thread *owner = owner_of(mutex->owner), *next;

	if (owner != current)
		panic("mutex_unlock(%p): held by '%s', expected '%s', who gives it back",
		      (void *)mutex, owner ? owner->name : "nobody", current->name);
	next = wait_queue_take_first(&mutex->waiters);
	WRITE_ONCE(mutex->owner, (unsigned long)next | (mutex->waiters.first ? WAITERS : 0));
	wake_up_process(next);
	spin_unlock_irqrestore(&mutex->waiters.lock, flags);
}

void down(struct semaphore *semaphore)
{
	unsigned long flags;

	might_sleep("down");
	flags = spin_lock_irqsave(&semaphore->waiters.lock);
	if (semaphore->count)
		semaphore->count--;
	else
		flags = wait_to_be_served(&semaphore->waiters, flags);
	spin_unlock_irqrestore(&semaphore->waiters.lock, flags);
}

void up(struct semaphore *semaphore)
{
	unsigned long flags = spin_lock_irqsave(&semaphore->waiters.lock);
	struct thread *thread = wait_queue_take_first(&semaphore->waiters);

	if (thread)
		wake_up_process(thread);
	else
		semaphore->count++;
	spin_unlock_irqrestore(&semaphore->waiters.lock, flags);
}

void complete_all(struct completion *completion)
{
	unsigned long flags = spin_lock_irqsave(&completion->waiters.lock);
	struct thread *thread;

	completion->done = true;
	while ((thread = wait_queue_take_first(&completion->waiters)))
		wake_up_process(thread);
	spin_unlock_irqrestore(&completion->waiters.lock, flags);
}

void wait_for_completion(struct completion *completion)
{
	unsigned long flags;

	might_sleep("wait_for_completion");
	flags = spin_lock_irqsave(&completion->waiters.lock);
	if (!completion->done)
		flags = wait_to_be_served(&completion->waiters, flags);
	spin_unlock_irqrestore(&completion->waiters.lock, flags);
}
