/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/counter.h>

/*
 * The counters of a PC whose rate is known: they tell how fast the others run.
 */

/**
 * clocks_init() - look for the HPET, the ACPI timer and the PIT
 *
 * A counter that its table names, but that does not run, is named in a warning and not used.
 * Context: boot, once, after acpi_init() and paging_init(), interrupts off; before channel 0 of the PIT is used.
 */
void clocks_init(void);

/**
 * clocks_best() - the best of them
 *
 * Return: the HPET, else the ACPI timer, else the PIT; NULL if none of them runs. Its mask may be as small as
 * 16 bits, its @hz is known.
 */
const struct counter *clocks_best(void);

/**
 * clocks_wrap_slowly() - can the counter be a clock by itself?
 * @counter: as clocks_best() returned it
 *
 * Return: true if it wraps after more than a second, so that it can be read often enough.
 */
static inline bool clocks_wrap_slowly(const struct counter *counter)
{
	return !counter->restart && counter->mask > counter->hz;
}
