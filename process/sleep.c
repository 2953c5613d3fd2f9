/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/time.h>

/*
 * Sleeping for a time, or until a time. A signal ends the sleep. If a handler runs, the call
 * returns -EINTR and the rest of the time. If none runs, the call continues until its end, which is
 * kept as a time of the clock: so a process that is stopped for a while does not sleep longer.
 */

#define TIMER_ABSTIME        1u
#define CLOCK_THREAD_CPUTIME 3u
#define NR_CLOCKS            8u

#define TIME64_BIT 0 /* in restart.word */

static long sleep_to(struct restart *restart)
{
	u64 now;

	if (!signal_sleep(restart->end_ns))
		return 0;
	now = time_ns();
	if (restart->address && time_write(restart->end_ns > now ? restart->end_ns - now : 0,
					   restart->address, restart->word[TIME64_BIT]))
		return -EFAULT;
	return -ERESTART_RESTARTBLOCK;
}

static long sleep_for(u64 ns, u32 rest_address, bool time64)
{
	struct restart *restart = &current_task()->signals.restart;

	restart->call = sleep_to;
	restart->end_ns = time_end(ns);
	restart->address = rest_address;
	restart->word[TIME64_BIT] = time64;
	return sleep_to(restart);
}

SYSCALL(162, nanosleep)
{
	u64 ns;
	long error = time_read(&ns, ARG1(regs), false);

	return error ? error : sleep_for(ns, ARG2(regs), false);
}

static long clock_sleep(const struct trap_frame *regs, bool time64)
{
	u32 clock = ARG1(regs);
	u64 ns;
	long error;

	if (clock >= NR_CLOCKS)
		return -EINVAL;
	if (clock == CLOCK_THREAD_CPUTIME)
		return -EOPNOTSUPP;
	error = time_read(&ns, ARG3(regs), time64);
	if (error)
		return error;
	if (!(ARG2(regs) & TIMER_ABSTIME))
		return sleep_for(ns, ARG4(regs), time64);
	return signal_sleep(time_on_clock(clock, ns)) ? -ERESTARTNOHAND : 0;
}

SYSCALL(267, clock_nanosleep)
{
	return clock_sleep(regs, false);
}

SYSCALL(407, clock_nanosleep_time64)
{
	return clock_sleep(regs, true);
}
