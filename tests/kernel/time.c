/* SPDX-License-Identifier: MIT */
#include <asm/clocks.h>
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * The clock and its calibration. Tests compare times only where a busy host cannot change the
 * result.
 */

#define MS 1000000ull

KTEST(time, the_rate_of_the_clock_is_found_again)
{
	const struct counter *clock = time_counter(), *reference = clocks_best();
	u64 hz;

	if (!clock || !time_known() || !reference || clock == reference ||
	    !counter_runs(reference)) {
		ktest_skip("the clock cannot be measured here");
		return;
	}
	hz = counter_measure(clock, reference);
	/* On a very busy host no two samples may agree. */
	if (hz && (hz < clock->hz / 100 * 98 || hz > clock->hz / 100 * 102))
		ktest_fail(__FILE__, __LINE__, "%s: %llu Hz by the %s, expected %llu", clock->name,
			   hz, reference->name, clock->hz);
}

/* A busy host may lose ticks, but there are never more ticks than fit into the time. */
KTEST(time, ticks_do_not_come_too_fast)
{
	u64 begin = time_ns(), end;
	u32 first = READ_ONCE(sched_ticks), ticks;

	msleep(100);
	ticks = READ_ONCE(sched_ticks) - first;
	end = time_ns();
	/* A busy host may stretch it, but not to a minute. */
	EXPECT(end - begin >= 100 * MS && end - begin < 60000 * MS);
	EXPECT(ticks >= 1);
	if (!time_known()) {
		ktest_skip("the time is not known");
		return;
	}
	/* One tick may have been late before, and one is under way. */
	EXPECT(ticks <= (end - begin) / (1000 * MS / HZ) * 103 / 100 + 2);
}

/* --- several CPUs ----------------------------------------------------------------------------- */

#define LOOKS 20000

/* The lower half of the time that some CPU read last; it wraps after seconds. */
static u32 shared_latest;

/* Reads the last time of another CPU first, and then the clock. */
static int compare_clocks(void *arg)
{
	int went_back = 0;

	for (int i = 0; i < LOOKS; i++) {
		u32 seen = __atomic_load_n(&shared_latest, __ATOMIC_ACQUIRE), now = (u32)time_ns();

		went_back += (s32)(now - seen) < 0;
		__atomic_store_n(&shared_latest, now, __ATOMIC_RELEASE);
	}
	return went_back;
}

KTEST(time, no_cpu_sees_time_go_back)
{
	struct thread *threads[NR_CPUS] = { 0 };
	u32 cpu;

	shared_latest = (u32)time_ns();
	for_each_online_cpu(cpu) {
		threads[cpu] = kthread_create(compare_clocks, NULL, "clock/%u", cpu);
		KTEST_REQUIRE(threads[cpu]);
		kthread_bind(threads[cpu], cpu);
		wake_up_process(threads[cpu]);
	}
	for_each_online_cpu(cpu)
		EXPECT_EQ(kthread_join(threads[cpu]), 0);
}

/* --- CPUID ------------------------------------------------------------------------------------ */

KTEST(time, a_rate_by_cpuid_needs_all_three_figures)
{
	EXPECT_EQ(cpu_tsc_hz_of_leaf_15(2, 216, 24000000), 2592000000ull);
	EXPECT_EQ(cpu_tsc_hz_of_leaf_15(1, 0xffffffff, 0xffffffff), 0);
	EXPECT_EQ(cpu_tsc_hz_of_leaf_15(0, 216, 24000000), 0);
	EXPECT_EQ(cpu_tsc_hz_of_leaf_15(2, 0, 24000000), 0);
	EXPECT_EQ(cpu_tsc_hz_of_leaf_15(2, 216, 0), 0);
	EXPECT_EQ(cpu_tsc_hz_of_leaf_15(1, 1, 999999), 0);
}
