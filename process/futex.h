/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

struct task;

/**
 * futex_wake_one() - wake one thread that waits for a word
 * @address: of the word, in the running program
 *
 * For the end of a task, whose word clone(2) or set_tid_address(2) named.
 * Context: thread that runs a program, may sleep.
 */
void futex_wake_one(u32 address);

/**
 * futex_exit_robust() - mark the locks that a task leaves held, and wake a waiter of each
 * @task: the running one, which ends; its address space is still there
 *
 * Context: thread that runs a program, may sleep.
 */
void futex_exit_robust(struct task *task);
