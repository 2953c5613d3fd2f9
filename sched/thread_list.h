/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/sched.h>

/*
 * The list of all threads. It is used for reports, and to find out whether any thread can still
 * make progress.
 */

/**
 * thread_list_add() - add a thread to the list, and number it
 * @thread: not in the list
 *
 * Context: any that does not hold the lock of the list.
 */
void thread_list_add(struct thread *thread);

/**
 * thread_list_remove() - remove a thread from the list
 * @thread: in the list
 *
 * Context: any that does not hold the lock of the list.
 */
void thread_list_remove(struct thread *thread);

/**
 * thread_adopt() - turn the code that runs on this CPU into its idle thread
 * @stack: lowest address of its stack
 * @stack_end: one past the highest address of its stack
 *
 * Context: once on each CPU, interrupts off.
 */
void thread_adopt(char *stack, char *stack_end);

/**
 * thread_name() - copy the name of a thread that may have ended
 * @thread: a thread, or the former address of one
 * @name: set to the name, or to "ended" if the thread is not in the list
 *
 * Context: any that does not hold the lock of the list.
 * Return: @name.
 */
const char *thread_name(const struct thread *thread, char name[THREAD_NAME]);

/**
 * threads_count() - count all threads
 *
 * Context: any that does not hold the lock of the list.
 * Return: the number, with the idle threads.
 */
u32 threads_count(void);

/**
 * struct saved_kmaps - the kmap_local mappings of a thread that does not run
 * @id: number of the thread
 * @cpu: CPU whose slots it uses when it runs
 * @name: its name
 * @kmaps: the mappings
 */
struct saved_kmaps {
	u32 id, cpu;
	char name[THREAD_NAME];
	struct kmap_local_stack kmaps;
};

/**
 * thread_list_next_kmaps() - find the next thread that has saved kmap_local mappings
 * @id: smallest number of a thread to look at
 * @saved: set to a copy of its mappings
 *
 * Context: any that does not hold the lock of the list.
 * Return: false if there is no such thread.
 */
bool thread_list_next_kmaps(u32 id, struct saved_kmaps *saved);

/**
 * threads_all_wait() - does every thread wait for an event that only another thread can cause?
 * @waits: true if the given thread waits in this way; called with the list locked and interrupts
 *         off
 *
 * A thread that joins another one waits in this way, too. Ended threads and idle threads do not
 * count. The answer is false if any other thread runs, is ready to run, or sleeps.
 *
 * Context: any that does not hold the lock of the list. If a thread may be woken meanwhile, the
 * caller must look afterwards for the event that wakes it.
 * Return: true if only a new thread, or such an event, could end the waiting.
 */
bool threads_all_wait(bool (*waits)(const struct thread *thread));
