/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <sched/sched.h>

/*
 * Waiting for something that another thread, or an interrupt, makes happen. Who waits is woken in the
 * order in which he came.
 */

/**
 * struct waiter - a thread in a wait queue; lies on its stack
 * @thread: who
 * @next: who came after
 * @queued: in the queue; false once woken
 */
struct waiter {
	struct thread *thread;
	struct waiter *next;
	bool queued;
};

/**
 * struct wait_queue - who waits; zeroes are an empty one
 * @lock: guards the list; taken before the scheduler's lock, and with interrupts off
 * @first: of the list, in order of arrival
 */
struct wait_queue {
	spinlock_t lock;
	struct waiter *first;
};

/**
 * wait_queue_add() - put the running thread at the end
 * @queue: locked by the caller
 * @waiter: not in a queue
 */
void wait_queue_add(struct wait_queue *queue, struct waiter *waiter);

/**
 * wait_queue_take_first() - take out who came first
 * @queue: locked by the caller
 *
 * Return: the thread, to be woken; NULL if there is none.
 */
struct thread *wait_queue_take_first(struct wait_queue *queue);

/**
 * prepare_to_wait() - announce that the running thread will sleep
 * @queue: where it waits
 * @waiter: zeroed before the first call
 *
 * Look at the condition afterwards: a wake-up from here on is not missed.
 */
void prepare_to_wait(struct wait_queue *queue, struct waiter *waiter);

/**
 * finish_wait() - the running thread does not wait any more
 * @queue: where it waited
 * @waiter: as given to prepare_to_wait()
 */
void finish_wait(struct wait_queue *queue, struct waiter *waiter);

/**
 * wake_up() - wake the thread that waits longest
 * @queue: any
 *
 * Context: any but an NMI.
 * Return: false if nobody waits.
 */
bool wake_up(struct wait_queue *queue);

/**
 * wake_up_all() - wake all that wait
 * @queue: any
 *
 * Context: any but an NMI.
 */
void wake_up_all(struct wait_queue *queue);

/* Sleeps until the condition holds; it is evaluated again after each wake-up. May sleep. */
#define wait_event(queue, condition)                        \
	do {                                                \
		struct waiter _waiter = { 0 };              \
                                                            \
		might_sleep("wait_event");                  \
		for (;;) {                                  \
			prepare_to_wait((queue), &_waiter); \
			if (condition)                      \
				break;                      \
			schedule();                         \
		}                                           \
		finish_wait((queue), &_waiter);             \
	} while (0)
