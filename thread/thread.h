/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/sched.h>

/*
 * Kernel threads: made, started, asked to stop, and waited for. A thread that was made must be waited for
 * by somebody, with kthread_join() or kthread_stop(), which free it.
 */

#define THREAD_STACK_SIZE 0x4000ul

/**
 * kthread_create() - make a thread that does not run yet
 * @fn: what it executes; its result is what kthread_join() returns
 * @arg: for @fn
 * @name: format of its name, of which 15 characters are kept
 *
 * Context: may sleep.
 * Return: the thread, to be started by sched_wake(); NULL if there is no memory for its stack.
 */
struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name, ...)
	__printf(3, 4);

/**
 * kthread_run() - make and start a thread
 * @fn: what it executes
 * @arg: for @fn
 * @...: format of its name, and what belongs to it
 *
 * Return: the thread, or NULL.
 */
#define kthread_run(fn, arg, ...)                                              \
	({                                                                     \
		struct thread *_thread = kthread_create(fn, arg, __VA_ARGS__); \
		if (_thread)                                                   \
			sched_wake(_thread);                                   \
		_thread;                                                       \
	})

/**
 * kthread_bind() - let a thread run on one CPU only
 * @thread: made and not yet started
 * @cpu: where
 */
void kthread_bind(struct thread *thread, u32 cpu);

/**
 * kthread_should_stop() - was the running thread asked to end?
 */
bool kthread_should_stop(void);

/**
 * kthread_stop() - ask a thread to end, wake it if it sleeps, and wait until it has
 * @thread: freed
 *
 * Context: may sleep.
 * Return: what its function returned.
 */
int kthread_stop(struct thread *thread);

/**
 * kthread_join() - wait until a thread has ended
 * @thread: freed
 *
 * Context: may sleep.
 * Return: what its function returned.
 */
int kthread_join(struct thread *thread);
