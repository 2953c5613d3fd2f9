/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Counters that run by themselves, and functions that measure their rate. */

/**
 * struct counter - a device that counts up as long as the machine is on
 * @name: for messages: "HPET"
 * @hz: counts per second; 0 if unknown
 * @mask: its valid bits, from bit 0 on; at the end it wraps to 0, or stops if it has a @restart
 * @read: returns its value; bits outside of @mask have no meaning
 * @restart: restarts it near 0; NULL for a counter that wraps
 */
struct counter {
	const char *name;
	u64 hz;
	u64 mask;
	u64 (*read)(void);
	void (*restart)(void);
};

/**
 * counter_runs() - test whether the counter changes at all
 * @counter: with @read set
 *
 * An absent device gives all ones at each read; finding that out takes some milliseconds. A counter
 * that stopped at another value is read 100000 times.
 * Context: any.
 * Return: true if it changed.
 */
bool counter_runs(const struct counter *counter);

/**
 * counter_measure() - measure the rate of a counter
 * @unknown: a counter without @restart; its @hz is not used
 * @reference: a counter with a known @hz
 *
 * Compares both over some milliseconds, until two such samples differ by 0.5 % at most: 10 ms on a
 * quiet machine, 160 ms at most if none agree.
 * Context: boot, interrupts on or off.
 * Return: counts per second, right within 1 %; 0 if no two samples agreed, or one of the counters
 * stopped.
 */
u64 counter_measure(const struct counter *unknown, const struct counter *reference);

/**
 * counter_scale() - convert counts of one rate into counts of another
 * @counts: at @from_hz per second
 * @to_hz: the other rate
 * @from_hz: not 0
 *
 * Context: any.
 * Return: @counts * @to_hz / @from_hz. No step overflows if @from_hz * @to_hz fits 64 bits.
 */
static inline u64 counter_scale(u64 counts, u64 to_hz, u64 from_hz)
{
	return counts / from_hz * to_hz + counts % from_hz * to_hz / from_hz;
}
