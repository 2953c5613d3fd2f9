/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Time since boot.
 */

/* Timer interrupts a second. */
#define HZ 100

/**
 * time_init() - start the clock
 *
 * Measures the TSC against the PIT, where there is one: a wait of 10 ms.
 * Context: boot, once, after irq_init(), interrupts off.
 */
void time_init(void);

/**
 * time_ns() - time since time_init()
 *
 * Context: any.
 * Return: nanoseconds; 0 before time_init(). In steps of 10 ms on a CPU without TSC.
 */
u64 time_ns(void);

/**
 * delay_ms() - wait, doing nothing
 * @ms: milliseconds, at least so many
 *
 * Context: interrupts on, after time_init().
 */
void delay_ms(unsigned int ms);
