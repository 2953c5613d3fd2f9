/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/counter.h>

/*
 * The PIT, a timer that every PC should have (Intel 8254 data sheet, 231164). Channel 0 interrupts.
 * Channel 2 belongs to the loudspeaker and can be used for measurements.
 */

#define PIT_HZ 1193182u

/**
 * pit_find_counter() - get the PIT as a counter of 16 bits that can be restarted
 *
 * Uses channel 2, or channel 0 if there is no port 0x61, which has the gate of channel 2. The ticks
 * of channel 0 may end: after its measurements, the caller must call pit_start_ticks().
 * Context: boot.
 * Return: a counter that runs for 55 ms after its restart; NULL if there is none.
 */
const struct counter *pit_find_counter(void);

/**
 * pit_start_ticks() - make channel 0 interrupt
 * @hz: interrupts per second, at least 19
 *
 * Context: boot.
 */
void pit_start_ticks(u32 hz);

/**
 * pit_poll_counter() - get channel 0 as a counter while it ticks
 *
 * For machines on which no interrupt arrives. Replaces the ticks by the longest period.
 * Context: boot, interrupts off.
 * Return: a counter that wraps after 55 ms; NULL if it does not run.
 */
const struct counter *pit_poll_counter(void);
