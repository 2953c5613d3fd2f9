/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/counter.h>

/*
 * The timer that every PC has, or should have (Intel 8254 data sheet, 231164): channel 0 interrupts, channel 2
 * belongs to the loudspeaker, and can be used to measure.
 */

#define PIT_HZ 1193182u

/**
 * pit_find_counter() - the PIT as a counter of 16 bits that can be restarted
 *
 * Channel 2 is used, or channel 0 where port 0x61 does not exist, which has the gate of channel 2. The ticks of
 * channel 0 may end: the caller has to call pit_start_ticks() when it has measured what it wanted to.
 * Context: boot.
 * Return: a counter that runs for 55 ms after its restart; NULL if there is none.
 */
const struct counter *pit_find_counter(void);

/**
 * pit_start_ticks() - have channel 0 interrupt
 * @hz: interrupts a second, at least 19
 *
 * Context: boot.
 */
void pit_start_ticks(u32 hz);

/**
 * pit_poll_counter() - channel 0 while it ticks, as a counter
 *
 * For machines whose interrupts do not arrive. Replaces the ticks by the longest period.
 * Context: boot, interrupts off.
 * Return: a counter that wraps after 55 ms; NULL if it does not run.
 */
const struct counter *pit_poll_counter(void);
