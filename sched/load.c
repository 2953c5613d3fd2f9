/* SPDX-License-Identifier: MIT */
#include <lib/types.h>
#include <sched/load.h>

/*
 * Load averages, as uptime(1) shows them. Each is an exponential average: every five seconds it
 * moves towards the number of running threads, by a part that decides how long it remembers.
 *
 *	average = average * f + running * (1 - f),   f = e^(-5 s / 60 s), e^(-5 s / 300 s) ...
 *
 * Numbers are fixed-point with 11 bits behind the point, as those that sysinfo(2) returns. The
 * product of an average and a factor fits into 32 bits for up to 1023 threads, and so is computed
 * with 64. An average that grows is rounded up, otherwise it would never reach a whole number.
 */

#define ONE (1u << LOAD_SHIFT)

u32 load_averages[3];

void load_update(u32 running)
{
	static const u32 factors[3] = { 1884, 2014, 2037 };

	for (u32 i = 0; i < ARRAY_SIZE(factors); i++) {
		u32 now = running * ONE, old = load_averages[i];
		u64 sum = (u64)old * factors[i] + (u64)now * (ONE - factors[i]);

		if (now >= old)
			sum += ONE - 1;
		load_averages[i] = (u32)(sum >> LOAD_SHIFT);
	}
}

u32 load_hundredths(u32 which)
{
	u64 average = load_averages[which];

	return (u32)((average * 100 + ONE / 2) >> LOAD_SHIFT);
}
