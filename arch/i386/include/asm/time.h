/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/counter.h>

/*
 * Time since boot, and ticks.
 */

/* Timer interrupts a second. */
#define HZ 100

/**
 * time_init() - start the clock
 *
 * Looks for a counter whose rate is known, measures the TSC with it, and uses the best clock that this machine has:
 * the TSC, else the HPET or the ACPI timer, else the ticks of the PIT. Where there is none of them, the kernel says
 * that it does not know the time, and time_ns() is a guess.
 * Context: boot, once, after irq_init() and paging_init(), interrupts off. Takes 10 ms, at most 160.
 */
void time_init(void);

/**
 * time_check_ticks() - find out whether timer interrupts arrive
 *
 * If none does within some tenths of a second, the kernel says so: threads are not preempted then, and
 * sched_idle() looks for what interrupts would have told.
 * Context: boot, once, after the timer was started, interrupts on.
 */
void time_check_ticks(void);

/**
 * time_has_ticks() - have timer interrupts arrived?
 *
 * Context: any.
 */
bool time_has_ticks(void);

/**
 * time_known() - is time_ns() right?
 *
 * Return: false if no clock was found whose rate is known.
 */
bool time_known(void);

/**
 * time_use_counter() - let a counter be the clock from now on
 * @counter: stays; its @hz is known, or a guess
 * @known: is it known?
 *
 * Time goes on where it is.
 * Context: boot, one CPU, interrupts off.
 */
void time_use_counter(const struct counter *counter, bool known);

/**
 * time_counter() - the counter that is the clock
 *
 * Return: the counter; NULL if the timer interrupts are the clock.
 */
const struct counter *time_counter(void);

/**
 * time_use_tick() - what to call at each interrupt of the PIT
 * @tick: the scheduler's tick, where no APIC has a timer
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
 * time_tick() - the boot CPU's scheduler has ticked
 *
 * Context: interrupt, on the boot CPU.
 */
void time_tick(void);

/**
 * time_stop_ticks() - the PIT's interrupts are not needed any more
 *
 * They stay where they are the clock. Context: boot, interrupts on.
 */
void time_stop_ticks(void);

/**
 * time_cycles() - the CPU's cycle counter
 *
 * Return: cycles; 0 on a CPU without TSC.
 */
u64 time_cycles(void);

/**
 * time_ns() - time since time_init()
 *
 * Never less than what any CPU has got before, on CPUs with CMPXCHG8B.
 * Context: any.
 * Return: nanoseconds; 0 before time_init(). In steps of 10 ms where ticks are the clock.
 */
u64 time_ns(void);

/**
 * delay_ms() - wait, doing nothing
 * @ms: milliseconds, at least so many
 *
 * Context: interrupts on, after time_init().
 */
void delay_ms(unsigned int ms);
