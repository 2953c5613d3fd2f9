/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Counters that run by themselves, and how fast they run.
 */

/**
 * struct counter - something that counts up, as long as the machine is on
 * @name: for messages: "HPET"
 * @hz: counts a second; 0 while that is not known
 * @mask: the bits that it has, from bit 0 on; it wraps to 0 behind them, or stays there if it has a @restart
 * @read: its value; bits outside of @mask have no meaning
 * @restart: begins again near 0; NULL for a counter that wraps
 */
struct counter {
	const char *name;
	u64 hz;
	u64 mask;
	u64 (*read)(void);
	void (*restart)(void);
};

/**
 * counter_runs() - does the counter change at all?
 * @counter: with @read set
 *
 * A device that is not there gives all ones at each read, which takes some milliseconds to find out. A counter that
 * stopped at another value is read 100000 times.
 * Context: any.
 */
bool counter_runs(const struct counter *counter);

/**
 * counter_measure() - find out how fast a counter runs
 * @unknown: a counter without @restart; its @hz is not looked at
 * @reference: one whose @hz is known
 *
 * Compares both over some milliseconds, until two such samples differ by 0.5 % at most: 10 ms on a quiet
 * machine, 160 ms at most where none agree.
 * Context: boot, interrupts on or off.
 * Return: counts a second, right within 1 %; 0 if no two samples agreed, or one of the two counters stopped.
 */
u64 counter_measure(const struct counter *unknown, const struct counter *reference);

/**
 * counter_scale() - convert counts of one rate into counts of another
 * @counts: of @from_hz a second
 * @to_hz: the other rate
 * @from_hz: not 0
 *
 * Return: @counts * @to_hz / @from_hz, without an overflow in between as long as @from_hz * @to_hz has 64 bits.
 */
static inline u64 counter_scale(u64 counts, u64 to_hz, u64 from_hz)
{
	return counts / from_hz * to_hz + counts % from_hz * to_hz / from_hz;
}
