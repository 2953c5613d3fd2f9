/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>
#include <sched/wait.h>

/* Waiting until one of several files is ready. */

/* Threads in poll(2) and select(2), and the number of those that are in it. */
extern struct wait_queue poll_queue;
extern u32 nr_pollers;

#define POLLIN    0x001u
#define POLLPRI   0x002u
#define POLLOUT   0x004u
#define POLLERR   0x008u
#define POLLHUP   0x010u
#define POLLNVAL  0x020u
#define POLLRDHUP 0x2000u

/**
 * poll_wake() - wake all threads in poll(2) and select(2)
 *
 * Called after each change that may make file_ops.poll() give more. Cheap while no thread polls.
 * Context: any except NMI.
 */
static inline void poll_wake(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (unlikely(READ_ONCE(nr_pollers)))
		wake_up_all(&poll_queue);
}

/**
 * poll_end() - the end of a wait
 * @ns: its length
 *
 * Context: any.
 * Return: a time on the clock of time_ns(); 0, which means no end, if it is too far away.
 */
u64 poll_end(u64 ns);

/**
 * poll_time_left() - time until the end of a wait
 * @end: of poll_end()
 *
 * Context: any.
 * Return: nanoseconds; 0 if the end has passed.
 */
u64 poll_time_left(u64 end);

/**
 * poll_files(), select_files() - poll(2) and select(2)
 * @address: of an array of struct pollfd in the program
 * @nr: its length, or one more than the largest number in the sets
 * @sets: addresses of the sets for reading, writing and exceptions, or 0
 * @end: of poll_end(), or 0
 *
 * Context: thread that runs a program; may sleep.
 * Return: number of files that are ready; 0 at the end; -ERESTARTNOHAND after a signal, or another
 * negative errno.
 */
long poll_files(unsigned long address, u32 nr, u64 end);
long select_files(u32 nr, const u32 sets[3], u64 end);
