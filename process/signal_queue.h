/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/signal.h>

/* The queues of pending signals. The caller holds the lock of the process's signals. */

/* Queued signals of a process. RLIMIT_SIGPENDING of Linux has a similar size. */
#define MAX_QUEUED_SIGNALS 1024u

/**
 * pending_init() - make an empty queue
 * @pending: not initialised
 *
 * Context: any.
 */
void pending_init(struct pending_signals *pending);

/**
 * pending_add() - make a signal pending
 * @pending: of a process or of a task
 * @info: the signal and what it tells. A standard signal that is pending already is not added again
 * @count: number of queued signals, which changes
 *
 * Without memory, or with too many queued signals, a signal of kill(2) or of the kernel becomes
 * pending without what it tells.
 * Context: interrupts off.
 * Return: 0; -EAGAIN if a real-time signal with data cannot be queued.
 */
int pending_add(struct pending_signals *pending, const struct signal_info *info, u32 *count);

/**
 * pending_take() - take the next signal out of a queue
 * @pending: of a process or of a task
 * @allowed: set of signals that may be taken
 * @info: set to the signal and what it tells
 * @count: number of queued signals, which changes
 *
 * Exceptions of the program are first, then the smallest number; signals of one number are in the
 * order in which they were sent.
 * Context: interrupts off.
 * Return: the number of the signal; 0 if none may be taken.
 */
int pending_take(struct pending_signals *pending, sigset_t allowed, struct signal_info *info,
		 u32 *count);

/**
 * pending_drop() - forget signals
 * @pending: of a process or of a task
 * @set: the signals
 * @count: number of queued signals, which changes
 *
 * Context: interrupts off.
 */
void pending_drop(struct pending_signals *pending, sigset_t set, u32 *count);
