/* SPDX-License-Identifier: MIT */
#include <sched/wait.h>

/*
 * A wake-up cannot be lost: the waiter is in the queue, and its state says that it sleeps, before it looks
 * at the condition; the waker changes the condition before it looks into the queue. Whichever order the
 * two come in, one of them sees the other.
 */

void wait_queue_add(struct wait_queue *queue, struct waiter *waiter)
{
	struct waiter **link = &queue->first;

	while (*link)
		link = &(*link)->next;
	waiter->thread = current;
	waiter->next = NULL;
	waiter->queued = true;
	*link = waiter;
}

/* Takes a waiter out, if it is in. The queue is locked. */
static void remove_waiter(struct wait_queue *queue, struct waiter *waiter)
{
	struct waiter **link = &queue->first;

	while (*link && *link != waiter)
		link = &(*link)->next;
	if (*link)
		*link = waiter->next;
	waiter->queued = false;
}

struct thread *wait_queue_take_first(struct wait_queue *queue)
{
	struct waiter *waiter = queue->first;

	if (!waiter)
		return NULL;
	queue->first = waiter->next;
	waiter->queued = false;
	return waiter->thread;
}

void prepare_to_wait(struct wait_queue *queue, struct waiter *waiter)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	if (!waiter->queued)
		wait_queue_add(queue, waiter);
	set_current_state(THREAD_SLEEPING);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void finish_wait(struct wait_queue *queue, struct waiter *waiter)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	set_current_state(THREAD_RUNNABLE);
	if (waiter->queued)
		remove_waiter(queue, waiter);
	spin_unlock_irqrestore(&queue->lock, flags);
}

bool wake_up(struct wait_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);
	struct thread *thread = wait_queue_take_first(queue);

	/* With the lock held: the thread cannot be gone, it has to take the lock first. */
	if (thread)
		sched_wake(thread);
	spin_unlock_irqrestore(&queue->lock, flags);
	return thread != NULL;
}

/* In one go: a thread that is woken, finds nothing and waits again is not woken again. */
void wake_up_all(struct wait_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);
	struct thread *thread;

	while ((thread = wait_queue_take_first(queue)))
		sched_wake(thread);
	spin_unlock_irqrestore(&queue->lock, flags);
}
