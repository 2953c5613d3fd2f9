/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/time.h>
#include <lib/types.h>

/* The load: averages of the number of threads that run or are ready to run. */

/* Ticks from one update to the next: five seconds. */
#define LOAD_TICKS (5u * HZ)

/* The averages have this many bits behind the point. */
#define LOAD_SHIFT 11

/* Averages of about 1, 5 and 15 minutes. */
extern u32 load_averages[3];

/**
 * load_update() - count the running threads into the averages
 * @running: their number now
 *
 * Context: each LOAD_TICKS ticks of the boot CPU.
 */
void load_update(u32 running);

/**
 * load_hundredths() - an average, rounded to hundredths
 * @which: 0, 1, 2
 *
 * Context: any.
 * Return: 100 if one thread runs all the time.
 */
u32 load_hundredths(u32 which);
