/* SPDX-License-Identifier: MIT */
#include <asm/div64.h>
#include <asm/io.h>
#include <asm/time.h>
#include <asm/uaccess.h>
#include <fs/inode.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/time.h>

/*
 * The clocks of programs. All are made of two: time_ns(), the time since boot, and the CPU time of
 * threads, which is counted in ticks.
 *
 *	CLOCK_MONOTONIC, CLOCK_BOOTTIME ...    time_ns()
 *	CLOCK_REALTIME                         time_ns() + the time of day at boot
 *	CLOCK_PROCESS_CPUTIME_ID ...           ticks of the process, or of the thread
 *
 * The time of day at boot comes from the battery-backed clock of the PC (MC146818), once. It has
 * seconds, so up to one second is missing. Without that clock, a machine boots in the year 1970.
 */

#define CLOCK_REALTIME           0u
#define CLOCK_MONOTONIC          1u
#define CLOCK_PROCESS_CPUTIME_ID 2u
#define CLOCK_THREAD_CPUTIME_ID  3u
#define CLOCK_REALTIME_COARSE    5u
#define CLOCK_MONOTONIC_COARSE   6u
#define NR_CLOCKS                8u /* CLOCK_MONOTONIC_RAW is 4, CLOCK_BOOTTIME 7 */

/*
 * Time of day, minus time_ns(). Written at boot and by clock_settime(2), which makes day_changes
 * odd meanwhile. Readers take no lock, and look again if it was odd or has changed.
 */
static u64 day_offset;
static u32 day_changes;
static spinlock_t day_lock; /* guards writing of both; innermost */

/* --- the clock of the PC ---------------------------------------------------------------------- */

#define RTC_INDEX     0x70
#define RTC_DATA      0x71
#define RTC_STATUS_A  10
#define RTC_STATUS_B  11
#define RTC_UPDATES   0x80u
#define RTC_BINARY    0x04u
#define RTC_24_HOURS  0x02u
#define RTC_PM        0x80u
#define RTC_MAX_LOOKS 100000u

static u32 rtc_read(u8 index)
{
	outb(RTC_INDEX, index);
	return inb(RTC_DATA);
}

static u32 days_since_1970(u32 year, u32 month, u32 day)
{
	static const u16 before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	u32 leap_days = (year - 1969) / 4; /* right from 1970 to 2099 */

	return (year - 1970) * 365 + leap_days + before[month - 1] + day - 1 +
	       (month > 2 && year % 4 == 0);
}

/* Seconds since 1970; 0 if the clock does not make sense. */
static u32 rtc_seconds(void)
{
	static const u8 indices[] = { 0, 2, 4, 7, 8, 9 };
	u32 fields[6], status, looks = 0, hour_pm;

	while (rtc_read(RTC_STATUS_A) & RTC_UPDATES)
		if (++looks > RTC_MAX_LOOKS)
			return 0;
	for (u32 i = 0; i < 6; i++)
		fields[i] = rtc_read(indices[i]);
	status = rtc_read(RTC_STATUS_B);
	hour_pm = fields[2] & RTC_PM;
	fields[2] &= ~RTC_PM;
	if (!(status & RTC_BINARY))
		for (u32 i = 0; i < 6; i++)
			fields[i] = (fields[i] >> 4) * 10 + (fields[i] & 15);
	if (!(status & RTC_24_HOURS))
		fields[2] = fields[2] % 12 + (hour_pm ? 12 : 0);
	if (fields[0] > 59 || fields[1] > 59 || fields[2] > 23 || fields[3] - 1 > 30 ||
	    fields[4] - 1 > 11 || fields[5] > 99)
		return 0;
	fields[5] += fields[5] < 70 ? 2000 : 1900;
	return ((days_since_1970(fields[5], fields[4], fields[3]) * 24 + fields[2]) * 60 +
		fields[1]) *
		       60 +
	       fields[0];
}

void __init clocks_of_programs_init(void)
{
	u64 seconds = rtc_seconds();

	if (seconds)
		day_offset = seconds * NS_PER_SECOND - time_ns();
	inode_use_clock(time_of_day);
}

/* --- times of programs ------------------------------------------------------------------------ */

static u64 day_minus_uptime(void)
{
	u32 changes;
	u64 offset;

	do {
		changes = READ_ONCE(day_changes);
		barrier();
		offset = day_offset;
		barrier();
	} while (unlikely(changes & 1 || changes != READ_ONCE(day_changes)));
	return offset;
}

u64 time_of_day(void)
{
	return time_ns() + day_minus_uptime();
}

u64 time_on_clock(u32 clock, u64 ns)
{
	u64 offset = clock == CLOCK_REALTIME ? day_minus_uptime() : 0;

	return ns > offset ? ns - offset : 0;
}

u64 time_end(u64 ns)
{
	u64 now = time_ns();

	return ns < UINT64_MAX - 1 - now ? now + ns : UINT64_MAX - 1;
}

#define MAX_SECONDS 9000000000ull

long time_read(u64 *ns, u32 address, bool time64)
{
	s64 seconds;
	u32 words[3];

	words[2] = 0;
	if (copy_from_user(words, (void __user *)address, time64 ? 12 : 8))
		return -EFAULT;
	seconds = time64 ? (s64)(words[0] | (u64)words[1] << 32) : (s32)words[0];
	if (time64)
		words[1] = words[2];
	if (seconds < 0 || words[1] >= NS_PER_SECOND)
		return -EINVAL;
	*ns = min((u64)seconds, MAX_SECONDS) * NS_PER_SECOND + words[1];
	return 0;
}

static inline long write_words(u64 seconds, u32 rest, u32 address, bool time64)
{
	u32 words[4] = { (u32)seconds, (u32)(seconds >> 32), rest, 0 };

	if (!time64)
		return put_user_pair((u32)seconds, rest, (void __user *)address);
	return copy_to_user((void __user *)address, words, sizeof(words)) ? -EFAULT : 0;
}

static long write_late_time(u64 ns, u32 address, bool time64) noinline;
static long write_late_time(u64 ns, u32 address, bool time64)
{
	u64 seconds = ns / NS_PER_SECOND;

	return write_words(seconds, (u32)(ns - seconds * NS_PER_SECOND), address, time64);
}

/* Until the year 2106, one division of the CPU is enough. */
static __always_inline long write_time(u64 ns, u32 address, bool time64)
{
	u32 seconds, rest;

	if (unlikely(ns >> 32 >= NS_PER_SECOND))
		return write_late_time(ns, address, time64);
	seconds = div_2by1((u32)(ns >> 32), (u32)ns, NS_PER_SECOND, &rest);
	return write_words(seconds, rest, address, time64);
}

long time_write(u64 ns, u32 address, bool time64)
{
	return write_time(ns, address, time64);
}

/* --- system calls ----------------------------------------------------------------------------- */

static u64 process_cpu_ns(void)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process_lock);
	u64 ns = process->dead_user_ns + process->dead_kernel_ns;
	const struct task *task;

	list_for_each_entry(task, &process->tasks, link)
		ns += task->thread->user_ns + task->thread->kernel_ns;
	spin_unlock_irqrestore(&process_lock, flags);
	return ns;
}

static u64 read_clock(u32 clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		return time_of_day();
	case CLOCK_PROCESS_CPUTIME_ID:
		return process_cpu_ns();
	case CLOCK_THREAD_CPUTIME_ID:
		return current->user_ns + current->kernel_ns;
	}
	return time_ns();
}

static __always_inline long get_time(const struct trap_frame *regs, bool time64)
{
	u32 clock = ARG1(regs);

	if (clock >= NR_CLOCKS)
		return -EINVAL;
	return write_time(likely(clock == CLOCK_MONOTONIC) ? time_ns() : read_clock(clock),
			  ARG2(regs), time64);
}

SYSCALL(265, clock_gettime)
{
	return get_time(regs, false);
}

SYSCALL(403, clock_gettime64)
{
	return get_time(regs, true);
}

static long get_resolution(const struct trap_frame *regs, bool time64)
{
	u32 clock = ARG1(regs);
	bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;

	if (clock >= NR_CLOCKS)
		return -EINVAL;
	return ARG2(regs) ? time_write(coarse ? NS_PER_TICK : 1, ARG2(regs), time64) : 0;
}

SYSCALL(266, clock_getres)
{
	return get_resolution(regs, false);
}

SYSCALL(406, clock_getres_time64)
{
	return get_resolution(regs, true);
}

static long set_time(const struct trap_frame *regs, bool time64)
{
	unsigned long flags;
	u64 ns;
	long error = time_read(&ns, ARG2(regs), time64);

	if (!error && ARG1(regs) != CLOCK_REALTIME)
		error = -EINVAL;
	if (error)
		return error;
	ns -= time_ns();
	flags = spin_lock_irqsave(&day_lock);
	WRITE_ONCE(day_changes, day_changes + 1);
	barrier();
	day_offset = ns;
	barrier();
	WRITE_ONCE(day_changes, day_changes + 1);
	spin_unlock_irqrestore(&day_lock, flags);
	return 0;
}

SYSCALL(264, clock_settime)
{
	return set_time(regs, false);
}

SYSCALL(404, clock_settime64)
{
	return set_time(regs, true);
}

/* The time zone, the second argument, is always that of UTC. */
SYSCALL(78, gettimeofday)
{
	u64 now = time_of_day(), seconds = now / NS_PER_SECOND;
	u32 words[2] = { (u32)seconds, (u32)(now - seconds * NS_PER_SECOND) / 1000 };

	if (ARG1(regs) && copy_to_user((void __user *)ARG1(regs), words, sizeof(words)))
		return -EFAULT;
	return ARG2(regs) && clear_user((void __user *)ARG2(regs), 8) ? -EFAULT : 0;
}

SYSCALL(13, time)
{
	u32 seconds = (u32)(time_of_day() / NS_PER_SECOND);

	if (ARG1(regs) && put_user_u32(seconds, (void __user *)ARG1(regs)))
		return -EFAULT;
	return (long)seconds;
}
