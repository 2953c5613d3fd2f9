/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Watchdogs: time limits by the guest's own clock, whose end is a panic with the calls of all CPUs.
 */

/**
 * watchdog_begin() - something begins that has to end
 * @task: its name, "test kmap.wraps"; stays until watchdog_end(), and is named in any panic meanwhile
 *
 * One task at a time: the next one takes the place of the last, and has the whole time.
 * Context: any.
 */
void watchdog_begin(const char *task);

/**
 * watchdog_end() - it has ended
 */
void watchdog_end(void);

/**
 * watchdog_tick() - time passes
 *
 * Panics when the task takes too long.
 * Context: a timer interrupt of one CPU, HZ times a second.
 */
void watchdog_tick(void);

/**
 * watchdog_ticks() - how long a CPU may have its interrupts off
 *
 * Return: in ticks; 0: for ever.
 */
u32 watchdog_ticks(void);
