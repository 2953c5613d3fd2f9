/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Watchdogs: time limits by the guest's own clock. When one expires, the kernel panics with the
 * call traces of all CPUs.
 */

/**
 * watchdog_begin() - start the time limit of a task
 * @task: its name, "test kmap.wraps"; must stay valid until watchdog_end(). A panic report names
 *        it.
 *
 * There is one task at a time: a new one replaces the last, and gets the full time.
 *
 * Context: any.
 */
void watchdog_begin(const char *task);

/**
 * watchdog_end() - end the task and its time limit
 *
 * Context: any.
 */
void watchdog_end(void);

/**
 * watchdog_tick() - count a tick, and panic if the task has exceeded its limit
 *
 * Context: timer interrupt of one CPU, HZ times per second.
 */
void watchdog_tick(void);

/**
 * watchdog_ticks() - how long a CPU may go without a tick
 *
 * Context: any.
 * Return: the limit in ticks; 0 for none.
 */
u32 watchdog_ticks(void);
