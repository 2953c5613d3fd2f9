/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Times that programs pass: struct timespec, with seconds of 32 or 64 bits. */

#define NS_PER_SECOND 1000000000ull

/**
 * time_read() - read a struct timespec
 * @ns: set to the time in nanoseconds; a time that does not fit is shortened to some 290 years
 * @address: in the program
 * @time64: seconds have 64 bits
 *
 * Context: thread that runs a program, may sleep.
 * Return: 0; -EFAULT; -EINVAL if the time is negative, or has a second of nanoseconds or more.
 */
long time_read(u64 *ns, u32 address, bool time64);

/**
 * time_write() - write a struct timespec
 * @ns: nanoseconds
 * @address: in the program
 * @time64: seconds have 64 bits
 *
 * Context: thread that runs a program, may sleep.
 * Return: 0; -EFAULT.
 */
long time_write(u64 ns, u32 address, bool time64);

/**
 * time_end() - compute when a time limit ends
 * @ns: nanoseconds from now on
 *
 * Context: any.
 * Return: the end on the clock of time_ns(), at most UINT64_MAX - 1.
 */
u64 time_end(u64 ns);

/**
 * time_of_day() - read the clock of day
 *
 * Context: any.
 * Return: nanoseconds since 1970, UTC.
 */
u64 time_of_day(void);

/**
 * time_on_clock() - translate a time of a clock of programs
 * @clock: CLOCK_*
 * @ns: time on this clock
 *
 * Context: any.
 * Return: the same time on the clock of time_ns(), as far as it can be known now.
 */
u64 time_on_clock(u32 clock, u64 ns);

/**
 * clocks_of_programs_init() - read the time of day
 *
 * Context: boot, once, after time_init().
 */
void clocks_of_programs_init(void);
