/* SPDX-License-Identifier: MIT */
#include <sched/wait.h>

/*
 * Wait queues: lists of threads that wait for a condition.
 *
 * The problem is the lost wake-up: a thread checks the condition, finds it false, and goes to
 * sleep, while in between another thread makes the condition true and finds nobody to wake. Two
 * rules prevent it:
 *
 *	waiter:  join the queue, set THREAD_SLEEPING ─ then check the condition
 *	waker:   make the condition true ─ then look into the queue
 *
 * The invariant: in whichever order the two happen, at least one side sees the other. Either the
 * waiter finds the condition true, or the waker finds the waiter in the queue. The queue is a
 * doubly linked list in order of arrival, so no operation walks it.
 *
 * A thread that was woken and taken out of the queue has nothing to undo, so it does not acquire
 * the lock again: @queued is false. Therefore a waker first wakes the thread and takes it out
 * afterwards: once @queued is false, the thread may end at any time. The price is that the waker
 * may still release the lock then, so the queue itself has to live longer (finish_wait()).
 */

void wait_queue_add(struct wait_queue *queue, struct waiter *waiter)
{
	waiter->thread = current;
	waiter->next = NULL;
	waiter->prev = queue->first ? queue->last : NULL;
	waiter->queued = true;
	if (waiter->prev)
		waiter->prev->next = waiter;
	else
		queue->first = waiter;
	queue->last = waiter;
}

/*
 * Removes a waiter that is in the queue. The caller holds the queue's lock. The last store is the
 * last access to the waiter.
 */
static void remove_waiter(struct wait_queue *queue, struct waiter *waiter)
{
	if (waiter->prev)
		waiter->prev->next = waiter->next;
	else
		queue->first = waiter->next;
	if (waiter->next)
		waiter->next->prev = waiter->prev;
	else
		queue->last = waiter->prev;
	__atomic_store_n(&waiter->queued, false, __ATOMIC_RELEASE);
}

struct thread *wait_queue_take_first(struct wait_queue *queue)
{
	struct waiter *waiter = queue->first;

	if (!waiter)
		return NULL;
	remove_waiter(queue, waiter);
	return waiter->thread;
}

unsigned long wait_to_be_taken(struct wait_queue *queue, struct waiter *waiter, unsigned long flags)
{
	wait_queue_add(queue, waiter);
	while (waiter->queued) {
		set_current_state(THREAD_SLEEPING);
		spin_unlock_irqrestore(&queue->lock, flags);
		schedule();
		flags = spin_lock_irqsave(&queue->lock);
	}
	set_current_state(THREAD_RUNNABLE);
	return flags;
}

void prepare_to_wait(struct wait_queue *queue, struct waiter *waiter)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	if (!waiter->queued)
		wait_queue_add(queue, waiter);
	set_current_state(THREAD_SLEEPING);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void leave_wait(struct wait_queue *queue, struct waiter *waiter)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	set_current_state(THREAD_RUNNABLE);
	if (waiter->queued)
		remove_waiter(queue, waiter);
	spin_unlock_irqrestore(&queue->lock, flags);
}

/* The caller holds the queue's lock. False if no thread waits. */
static inline bool wake_first(struct wait_queue *queue, bool lazily)
{
	struct waiter *waiter = queue->first;

	if (!waiter)
		return false;
	if (lazily)
		wake_up_process_lazily(waiter->thread);
	else
		wake_up_process(waiter->thread);
	remove_waiter(queue, waiter);
	return true;
}

bool wake_up(struct wait_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);
	bool woken = wake_first(queue, false);

	spin_unlock_irqrestore(&queue->lock, flags);
	return woken;
}

/* One pass under one lock: a thread that wakes up and waits again is not woken a second time. */
void wake_up_all(struct wait_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	while (wake_first(queue, false))
		;
	spin_unlock_irqrestore(&queue->lock, flags);
}

void wake_up_all_lazily(struct wait_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	while (wake_first(queue, true))
		;
	spin_unlock_irqrestore(&queue->lock, flags);
}
