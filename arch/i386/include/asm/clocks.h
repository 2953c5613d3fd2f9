/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/counter.h>

/* The counters of a PC with a known rate, which serve to measure the others. */

/**
 * clocks_init() - look for the HPET, the ACPI timer and the PIT
 *
 * If a table names a counter that does not run, the kernel warns and does not use it.
 * Context: boot, once, after acpi_init() and paging_init(), interrupts off; before channel 0 of the
 * PIT is used.
 */
void clocks_init(void);

/**
 * clocks_best() - get the best of these counters
 *
 * Context: after clocks_init().
 * Return: the HPET, else the ACPI timer, else the PIT; NULL if none of them runs. Its mask may be
 * as small as 16 bits, and its @hz is known.
 */
const struct counter *clocks_best(void);

/**
 * clocks_wrap_slowly() - test whether the counter can be a clock by itself
 * @counter: from clocks_best()
 *
 * Context: any.
 * Return: true if it wraps after more than a second, so that it can be read often enough.
 */
static inline bool clocks_wrap_slowly(const struct counter *counter)
{
	return !counter->restart && counter->mask > counter->hz;
}
