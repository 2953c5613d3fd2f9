/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/process.h>

/* The end of memory: which process is ended. process/oom.c is the chapter. */

#define OOM_SCORE_ADJ_MIN (-1000) /* never ended */
#define OOM_SCORE_ADJ_MAX 1000

/**
 * struct oom_holding - what a process would give back, in pages
 * @user: anonymous memory, the part in swap space too, and shared memory
 * @tables: page tables and directories
 * @stacks: kernel stacks of its tasks
 * @low, @high: charges of its account (mm/kmem_account.h), and its part of those of ended processes
 */
struct oom_holding {
	unsigned long user, tables, stacks, low, high;
};

/**
 * oom_holding() - find out what a process holds in all zones together
 * @process: any
 * @queues: unix_hold_queues() has succeeded
 *
 * Context: process_lock held.
 * Return: the numbers.
 */
struct oom_holding oom_holding(const struct process *process, bool queues);

/**
 * oom_points() - how good is the choice of a process?
 * @pages: that its end would free
 * @adj: oom_score_adj
 * @total: pages of all zones that are short
 *
 * Context: any.
 * Return: pages, and a thousandth of @total for each point of @adj; LONG_MIN: must not be ended.
 */
long oom_points(unsigned long pages, int adj, unsigned long total);

/**
 * oom_help_fault() - make memory free for a page fault of a program that has found none
 * @tries: how often this fault has called it before
 *
 * Ends the process that holds most, however little that is, or waits for one that is ended already.
 * After many tries the caller has to end, unless it is protected; that is reported.
 * Context: a task that holds no lock; sleeps.
 * Return: true if the fault is to be tried again; false if the process of the caller ends.
 */
bool oom_help_fault(u32 tries);

/**
 * oom_init() - let the page allocator end processes before a request fails
 *
 * Context: boot, once.
 */
void oom_init(void);
