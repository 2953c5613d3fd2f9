/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <sched/mutex.h>

/*
 * All three are a wait queue and a word that its lock guards. What is given is given to somebody: the one
 * who gives takes the first waiter out of the queue, so "woken" means "served", and a waiter who is woken
 * by something else goes on waiting.
 */

/* In the queue, asleep, until somebody takes us out. Called and returns with the lock held. */
static unsigned long wait_to_be_served(struct wait_queue *queue, unsigned long flags)
{
	struct waiter waiter = { 0 };

	wait_queue_add(queue, &waiter);
	while (waiter.queued) {
		set_current_state(THREAD_SLEEPING);
		spin_unlock_irqrestore(&queue->lock, flags);
		schedule();
		flags = spin_lock_irqsave(&queue->lock);
	}
	set_current_state(THREAD_RUNNABLE);
	return flags;
}

void mutex_lock(struct mutex *mutex)
{
	unsigned long flags;

	might_sleep("mutex_lock");
	flags = spin_lock_irqsave(&mutex->waiters.lock);
	if (mutex->owner == current)
		panic("mutex_lock(%p): thread '%s' holds it already", (void *)mutex, current->name);
	if (!mutex->owner)
		mutex->owner = current;
	else
		flags = wait_to_be_served(&mutex->waiters, flags);
	spin_unlock_irqrestore(&mutex->waiters.lock, flags);
}

bool mutex_trylock(struct mutex *mutex)
{
	unsigned long flags;
	bool taken;

	might_sleep("mutex_trylock");
	flags = spin_lock_irqsave(&mutex->waiters.lock);
	taken = !mutex->owner;
	if (taken)
		mutex->owner = current;
	spin_unlock_irqrestore(&mutex->waiters.lock, flags);
	return taken;
}

void mutex_unlock(struct mutex *mutex)
{
	unsigned long flags = spin_lock_irqsave(&mutex->waiters.lock);

	if (mutex->owner != current)
		panic("mutex_unlock(%p): held by '%s', expected '%s', who gives it back",
		      (void *)mutex, mutex->owner ? mutex->owner->name : "nobody", current->name);
	mutex->owner = wait_queue_take_first(&mutex->waiters);
	if (mutex->owner)
		sched_wake(mutex->owner);
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
		sched_wake(thread);
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
		sched_wake(thread);
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
