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
 * time_use_tick() - what to call at each interrupt of the PIT
 * @tick: the scheduler's tick, where no APIC has a timer
 */
void time_use_tick(void (*tick)(void));

/**
 * time_stop_ticks() - the PIT's interrupts are not needed any more
 *
 * They stay where they are the clock: on a CPU without TSC.
 */
void time_stop_ticks(void);

/**
 * time_cycles() - the CPU's cycle counter
 *
 * Return: cycles; 0 before time_init(), and on a CPU without TSC.
 */
u64 time_cycles(void);

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
