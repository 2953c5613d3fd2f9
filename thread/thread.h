/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/sched.h>

/*
 * Kernel threads. Another thread has to wait for the end of each thread with kthread_join() or
 * kthread_stop(), which also free it. The threads of programs are made by thread_create(), and the
 * kernel frees them when they have ended.
 */

#define THREAD_STACK_SIZE 0x4000ul

/**
 * kthread_create() - create a thread that does not run yet
 * @fn: function that the thread executes; kthread_join() returns its result
 * @arg: argument of @fn
 * @name: printf format of the thread's name, cut after 15 characters
 *
 * Context: thread, may sleep.
 * Return: the thread, which wake_up_process() starts; NULL if there is no memory for its stack.
 */
struct thread *kthread_create(int (*fn)(void *arg), void *arg, const char *name, ...)
	__printf(3, 4);

/**
 * kthread_run() - create a thread and start it
 * @fn: function that the thread executes
 * @arg: argument of @fn
 * @...: printf format of the thread's name, and its arguments
 *
 * Context: thread, may sleep.
 * Return: the thread; NULL if there is no memory for its stack.
 */
#define kthread_run(fn, arg, ...)                                              \
	({                                                                     \
		struct thread *_thread = kthread_create(fn, arg, __VA_ARGS__); \
		if (_thread)                                                   \
			wake_up_process(_thread);                              \
		_thread;                                                       \
	})

/**
 * kthread_bind() - let a thread run on one CPU only
 * @thread: created and not yet started
 * @cpu: number of the CPU
 *
 * Context: any.
 */
void kthread_bind(struct thread *thread, u32 cpu);

/**
 * kthread_should_stop() - has another thread called kthread_stop() for the current one?
 *
 * Context: thread.
 * Return: true if the current thread should end.
 */
bool kthread_should_stop(void);

/**
 * kthread_stop() - ask a thread to end, wake it, and wait until it has ended
 * @thread: freed before this function returns
 *
 * Context: thread, may sleep.
 * Return: the result of its function.
 */
int kthread_stop(struct thread *thread);

/**
 * kthread_join() - wait until a thread has ended
 * @thread: freed before this function returns
 *
 * Context: thread, may sleep.
 * Return: the result of its function.
 */
int kthread_join(struct thread *thread);

/**
 * thread_create() - create a thread that no other thread joins, and that does not run yet
 * @fn: function that the thread executes; mostly it does not return
 * @arg: argument of @fn
 * @name: name of the thread, cut after 15 characters; NULL: the caller stores it in thread->name
 *
 * Also frees the threads that have ended.
 * Context: thread, may sleep.
 * Return: the thread, which wake_up_process() starts; NULL if there is no memory for its stack.
 */
struct thread *thread_create(int (*fn)(void *arg), void *arg, const char *name);

/**
 * thread_stack_top() - find the end of the trap frame of a program
 * @thread: any
 *
 * Context: any.
 * Return: the address for user_context.esp0.
 */
u32 thread_stack_top(const struct thread *thread);

/**
 * thread_end() - end the current thread
 *
 * The kernel frees its descriptor and its stack later, so no other thread may use its address.
 * Context: thread of thread_create(), without any lock.
 */
void thread_end(void) __noreturn;

/**
 * thread_drop() - free a thread that was never started
 * @thread: of thread_create()
 *
 * Context: thread, may sleep.
 */
void thread_drop(struct thread *thread);

/**
 * thread_reap() - free the threads of thread_create() that have ended
 *
 * Context: thread, may sleep.
 */
void thread_reap(void);

/**
 * thread_trim() - thread_reap(), and free the stacks that are kept for new threads
 *
 * Context: thread, may sleep.
 */
void thread_trim(void);
