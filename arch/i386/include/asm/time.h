/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/counter.h>

/*
 * Time since boot, and ticks.
 */

/* Timer interrupts per second. */
#define HZ 100

#define NS_PER_TICK (1000000000u / HZ)

/**
 * time_init() - start the clock
 *
 * Looks for a counter of known rate, measures the TSC with it, and uses the best clock of this
 * machine: the TSC, else the HPET or the ACPI timer, else the ticks of the PIT. Without any of
 * them, the kernel says that it does not know the time, and time_ns() is a guess.
 * Context: boot, once, after irq_init() and paging_init(), interrupts off. Takes 10 ms, at most
 * 160.
 */
void time_init(void);

/**
 * time_check_ticks() - find out whether timer interrupts arrive
 *
 * If none arrives within some tenths of a second, the kernel says so. Threads are then not
 * preempted, and sched_idle() polls the devices.
 * Context: boot, once, after the timer was started, interrupts on.
 */
void time_check_ticks(void);

/**
 * time_has_ticks() - test whether timer interrupts have arrived
 *
 * Context: any.
 * Return: true if they have.
 */
bool time_has_ticks(void);

/**
 * time_known() - test whether time_ns() is right
 *
 * Context: any.
 * Return: false if no clock of known rate was found.
 */
bool time_known(void);

/**
 * time_use_counter() - use a counter as the clock
 * @counter: must stay valid; its @hz is known, or a guess
 * @known: true if @hz is known
 *
 * The time continues from its present value.
 * Context: boot, one CPU, interrupts off.
 */
void time_use_counter(const struct counter *counter, bool known);

/**
 * time_share() - let several CPUs read the clock
 *
 * Context: boot, before another CPU starts.
 */
void time_share(void);

/**
 * time_counter() - get the counter that is the clock
 *
 * Context: any.
 * Return: the counter; NULL if the timer interrupts are the clock.
 */
const struct counter *time_counter(void);

/**
 * time_use_tick() - set the function that each interrupt of the PIT calls
 * @tick: the scheduler's tick, on a machine without an APIC timer
 *
 * Context: boot.
 */
void time_use_tick(void (*tick)(void));

/**
 * time_start_ticks() - count the interrupts of the PIT
 *
 * Context: boot, after pit_start_ticks().
 */
void time_start_ticks(void);

/**
 * time_wait_for_tick() - wait for the next tick
 *
 * Context: boot, interrupts on.
 * Return: false if none arrived within 300 ms.
 */
bool time_wait_for_tick(void);

/**
 * time_tick() - note a tick of the boot CPU's scheduler
 *
 * Context: interrupt, on the boot CPU.
 */
void time_tick(void);

/**
 * time_stop_ticks() - stop the PIT's interrupts, unless they are the clock
 *
 * Context: boot, interrupts on.
 */
void time_stop_ticks(void);

/**
 * time_cycles() - read the CPU's cycle counter
 *
 * Context: any.
 * Return: cycles; 0 on a CPU without TSC.
 */
u64 time_cycles(void);

/**
 * time_ns() - get the time since time_init()
 *
 * On CPUs with CMPXCHG8B, never less than any CPU got before.
 * Context: any.
 * Return: nanoseconds; 0 before time_init(). In steps of 10 ms if ticks are the clock.
 */
u64 time_ns(void);

/**
 * mdelay() - wait without sleeping
 * @msecs: milliseconds to wait at least
 *
 * Context: any, after time_init(). If ticks are the only clock, interrupts must be on.
 */
void mdelay(unsigned long msecs);
