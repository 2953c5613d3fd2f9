/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/sched.h>

/*
 * The list of all threads: for reports, and to find out whether any of them can still go on.
 */

/**
 * thread_list_add() - enter a thread, and give it its number
 * @thread: not in the list
 *
 * Context: any that does not hold the list.
 */
void thread_list_add(struct thread *thread);

/**
 * thread_list_remove() - take a thread out of the list
 * @thread: in the list
 *
 * Context: any that does not hold the list.
 */
void thread_list_remove(struct thread *thread);

/**
 * thread_adopt() - make what this CPU executes now its idle thread
 * @stack: its stack
 * @stack_end: one past the highest byte
 *
 * Context: once on each CPU, interrupts off.
 */
void thread_adopt(char *stack, char *stack_end);

/**
 * thread_name() - name of a thread that may have ended
 * @thread: any that there is or was
 * @name: result; "ended" if it has
 *
 * Context: any that does not hold the list of threads.
 * Return: @name.
 */
const char *thread_name(const struct thread *thread, char name[THREAD_NAME]);

/**
 * threads_all_wait() - does every thread wait for something that only another thread can do?
 * @waits: says so of one thread; called with the list of threads locked and interrupts off
 *
 * A thread that waits for the end of another one waits in this sense, too. Threads that have ended
 * and idle threads do not count. The answer is false if any other thread runs, could run, or
 * sleeps. Context: any that does not hold the list of threads; @waits must not change its mind
 * before this returns.
 * Return: true if nothing but a new thread could ever end the waiting.
 */
bool threads_all_wait(bool (*waits)(const struct thread *thread));
