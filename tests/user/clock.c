/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Clocks and sleeps. Times are compared roughly, since a test machine may be slow. */

static long long monotonic(void)
{
	struct timespec64 now;

	syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, &now);
	return now.sec * 1000 + (long)now.ns / 1000000;
}

static void test_clocks(void)
{
	struct timespec now, resolution;
	struct timespec64 now64;
	struct timeval tv;
	long long last = 0;
	int backwards = 0;

	show("clock_gettime", syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
	show_bool("valid", now.ns >= 0 && now.ns < 1000000000);
	show("clock_gettime64", syscall(SYS_clock_gettime64, CLOCK_REALTIME, &now64));
	show("process time", syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now));
	show("thread time", syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &now));
	show("bad clock", syscall(SYS_clock_gettime, 99, &now));
	show("clock_getres", syscall(SYS_clock_getres, CLOCK_MONOTONIC, &resolution));
	show_bool("resolution", resolution.sec == 0 && resolution.ns > 0);
	show("gettimeofday", syscall(SYS_gettimeofday, &tv, 0));
	show_bool("like the clock", now64.sec - tv.sec <= 1 && tv.sec - now64.sec <= 1);
	show_bool("time", syscall(SYS_time, 0) - tv.sec <= 1);
	for (int i = 0; i < 1000; i++) {
		struct timespec64 t;
		long long ns;

		syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, &t);
		ns = t.sec * 1000000000 + t.ns;
		backwards += ns < last;
		last = ns;
	}
	show("backwards", backwards);
	BAD("clock_gettime bad pointer", SYS_clock_gettime, CLOCK_MONOTONIC, P);
	BAD("clock_gettime64 bad pointer", SYS_clock_gettime64, CLOCK_MONOTONIC, P);
	BAD("gettimeofday bad pointer", SYS_gettimeofday, P, 0);
	show("time bad pointer", syscall(SYS_time, 0x10));
}

static void test_sleep(void)
{
	struct timespec short_time = { 0, 50000000 }, wrong = { 0, 1000000000 },
			negative = { -1, 0 };
	struct timespec64 until;
	long long before = monotonic(), took;

	show("nanosleep", syscall(SYS_nanosleep, &short_time, 0));
	took = monotonic() - before;
	show_bool("slept long enough", took >= 50);
	show_bool("not too long", took < 5000);
	show("nanosleep bad time", syscall(SYS_nanosleep, &wrong, 0));
	show("nanosleep negative", syscall(SYS_nanosleep, &negative, 0));
	BAD("nanosleep bad pointer", SYS_nanosleep, P, 0);
	syscall(SYS_clock_gettime64, CLOCK_MONOTONIC, &until);
	show("absolute, past",
	     syscall(SYS_clock_nanosleep64, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0));
	before = monotonic();
	until.ns += 50000000;
	if (until.ns >= 1000000000) {
		until.ns -= 1000000000;
		until.sec++;
	}
	show("absolute", syscall(SYS_clock_nanosleep64, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, 0));
	show("clock_nanosleep bad clock", syscall(SYS_clock_nanosleep64, 99, 0, &until, 0));
	show("clock_nanosleep of thread time",
	     syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &short_time, 0));
	show("poll timeout", syscall(SYS_poll, 0, 0, 30));
}

static void test_usage(void)
{
	struct rusage usage;
	long ticks[4];

	show("getrusage", syscall(SYS_getrusage, 0, &usage));
	show("getrusage children", syscall(SYS_getrusage, -1, &usage));
	show("getrusage bad", syscall(SYS_getrusage, 5, &usage));
	BAD("getrusage bad pointer", SYS_getrusage, 0, P);
	show_ok("times", syscall(SYS_times, ticks));
	BAD("times bad pointer", SYS_times, P);
}

/* A program that computes has used time, and one that sleeps has not. */
static void test_cpu_time(void)
{
	struct timespec64 before, after;
	long long start = monotonic();

	while (monotonic() - start < 100)
		;
	syscall(SYS_clock_gettime64, CLOCK_PROCESS_CPUTIME_ID, &before);
	show_bool("computing counts", before.sec * 1000 + (long)before.ns / 1000000 > 20);
	sleep_ms(100);
	syscall(SYS_clock_gettime64, CLOCK_PROCESS_CPUTIME_ID, &after);
	show_bool("sleeping does not",
		  (after.sec - before.sec) * 1000000000 + after.ns - before.ns < 60000000);
}

int main(int argc, char **argv, char **envp)
{
	test_clocks();
	test_sleep();
	test_usage();
	test_cpu_time();
	return 0;
}
