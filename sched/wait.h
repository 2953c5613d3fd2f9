/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <kernel/syscall.h>
#include <sched/signal.h>

/*
 * Wait queues: a thread sleeps until another thread, or an interrupt handler, makes a condition
 * true. Threads are woken in the order in which they began to wait.
 */

/**
 * struct waiter - a thread in a wait queue; lives on that thread's stack
 * @thread: the thread that waits
 * @next: the waiter that came after this one
 * @prev: the waiter that came before it
 * @queued: in the queue; false once wake_up() or wake_up_all() has woken it
 */
struct waiter {
	struct thread *thread;
	struct waiter *next, *prev;
	bool queued;
};

/**
 * struct wait_queue - threads that wait for one condition; an empty queue is all zeroes
 * @lock: guards the list; acquired before the scheduler's lock, with interrupts off
 * @first: head of the list, in order of arrival
 * @last: its end; valid if the list is not empty
 */
struct wait_queue {
	spinlock_t lock;
	struct waiter *first, *last;
};

/**
 * wait_queue_add() - add the current thread at the end of a queue
 * @queue: locked by the caller
 * @waiter: not in a queue
 *
 * Context: thread, interrupts off.
 */
void wait_queue_add(struct wait_queue *queue, struct waiter *waiter);

/**
 * wait_queue_take_first() - remove the first waiter from a queue
 * @queue: locked by the caller
 *
 * Context: any except NMI, interrupts off.
 * Return: its thread, which the caller has to wake; NULL if the queue is empty.
 */
struct thread *wait_queue_take_first(struct wait_queue *queue);

/**
 * wait_to_be_taken() - sleep until another thread takes the current one out of a queue
 * @queue: locked by the caller
 * @waiter: not in a queue
 * @flags: from the spin_lock_irqsave() of the caller
 *
 * Other wake-ups do not end the sleep.
 * Context: thread, may sleep; the lock of the queue is released meanwhile.
 * Return: flags for spin_unlock_irqrestore(): the queue is locked again.
 */
unsigned long wait_to_be_taken(struct wait_queue *queue, struct waiter *waiter,
			       unsigned long flags);

/**
 * prepare_to_wait() - join a queue and announce that the current thread will sleep
 * @queue: the queue to wait in
 * @waiter: zeroed before the first call
 *
 * The caller checks its condition afterwards: from here on no wake-up is missed.
 *
 * Context: thread; does not sleep.
 */
void prepare_to_wait(struct wait_queue *queue, struct waiter *waiter);

/**
 * wait_step() - join a queue; if that is done, sleep
 * @queue: the queue to wait in
 * @waiter: zeroed before the first call
 *
 * The caller checks its condition before each call. So it is checked again after the thread has
 * joined the queue, and after each wake-up.
 *
 * Context: thread, may sleep.
 */
static inline void wait_step(struct wait_queue *queue, struct waiter *waiter)
{
	if (current->state == THREAD_SLEEPING)
		schedule();
	else
		prepare_to_wait(queue, waiter);
}

/**
 * leave_wait() - the slow part of finish_wait()
 * @queue: as for finish_wait()
 * @waiter: as for finish_wait()
 *
 * Context: that of finish_wait().
 */
void leave_wait(struct wait_queue *queue, struct waiter *waiter);

/**
 * finish_wait() - leave a queue and become runnable again
 * @queue: the queue given to prepare_to_wait() or wait_step()
 * @waiter: the waiter given to them
 *
 * The thread that woke this one may still release the lock of the queue. So the queue may be freed
 * only after a lock was acquired which each waker holds.
 *
 * Context: thread; does not sleep.
 */
static inline void finish_wait(struct wait_queue *queue, struct waiter *waiter)
{
	if (unlikely(current->state != THREAD_RUNNABLE ||
		     __atomic_load_n(&waiter->queued, __ATOMIC_ACQUIRE)))
		leave_wait(queue, waiter);
}

/**
 * wake_up() - wake the thread that has waited longest
 * @queue: any wait queue
 *
 * Context: any except NMI.
 * Return: false if no thread waits.
 */
bool wake_up(struct wait_queue *queue);

/**
 * wake_up_all() - wake all threads that wait in a queue
 * @queue: any wait queue
 *
 * Context: any except NMI.
 */
void wake_up_all(struct wait_queue *queue);

/**
 * wake_up_all_lazily() - wake_up_all(), by a thread that mostly sleeps soon
 * @queue: any wait queue
 *
 * See wake_up_process_lazily().
 * Context: thread; does not sleep.
 */
void wake_up_all_lazily(struct wait_queue *queue);

/*
 * Sleeps until the condition is true. It is evaluated at first, after the thread has joined the
 * queue, and after each wake-up. May sleep.
 */
#define wait_event(queue, condition)                  \
	do {                                          \
		struct waiter _waiter = { 0 };        \
                                                      \
		might_sleep("wait_event");            \
		while (!(condition))                  \
			wait_step((queue), &_waiter); \
		finish_wait((queue), &_waiter);       \
	} while (0)

/*
 * Sleeps until the condition is true, or a signal waits for the thread. Gives 0 or -ERESTARTSYS
 * (kernel/syscall.h). The condition is looked at first. May sleep.
 */
#define wait_event_interruptible(queue, condition)       \
	({                                               \
		struct waiter _waiter = { 0 };           \
		int _result = 0;                         \
                                                         \
		might_sleep("wait_event_interruptible"); \
		while (!(condition)) {                   \
			if (signal_pending()) {          \
				_result = -ERESTARTSYS;  \
				break;                   \
			}                                \
			wait_step((queue), &_waiter);    \
		}                                        \
		finish_wait((queue), &_waiter);          \
		_result;                                 \
	})
