/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <asm/counter.h>

/*
 * arch/i386/counter.c on a simulated machine. Each read advances its clock, which counts
 * nanoseconds. In pauses no instruction executes while all counters continue, as on an emulator
 * that its host does not schedule.
 */

static u64 now_ns;
static u64 read_ns = 500;                        /* duration of a read */
static u64 pause_every_ns, pause_ns, next_pause; /* pauses of random length up to twice pause_ns */
static bool regular;                             /* all pauses have the same length and distance */
static u64 true_hz, reference_hz, stop_at_ns, granularity_ns;

static void pass(u64 ns)
{
	now_ns += ns;
	if (pause_every_ns && now_ns >= next_pause) {
		now_ns += regular ? pause_ns : 1 + host_random_below((u32)(2 * pause_ns));
		next_pause = now_ns + (regular ? pause_every_ns
					       : 1 + host_random_below((u32)(2 * pause_every_ns)));
	}
}

static u64 counts(u64 hz)
{
	u64 ns = stop_at_ns && now_ns > stop_at_ns ? stop_at_ns : now_ns;

	if (granularity_ns)
		ns -= ns % granularity_ns;
	return counter_scale(ns, hz, 1000000000);
}

static u64 read_unknown(void)
{
	pass(20);
	return counter_scale(now_ns, true_hz, 1000000000);
}

static u64 read_reference(void)
{
	u64 value;

	pass(read_ns / 2);
	value = counts(reference_hz);
	pass(read_ns / 2);
	return value;
}

static u64 read_ones(void)
{
	pass(read_ns);
	return UINT64_MAX;
}

/* Like the PIT, it begins at 0 and stops at its last value. */
static u64 restarted_ns;

static void restart(void)
{
	pass(read_ns);
	restarted_ns = now_ns;
}

static u64 read_once(void)
{
	u64 value;

	pass(read_ns / 2);
	value = counter_scale(now_ns - restarted_ns, reference_hz, 1000000000);
	pass(read_ns / 2);
	return value < 0xffff ? value : 0xffff;
}

static struct counter unknown = { .name = "unknown", .mask = UINT64_MAX, .read = read_unknown };
static struct counter reference = { .name = "reference", .read = read_reference };

static void machine(u64 hz, u64 of_reference, u64 mask)
{
	true_hz = hz;
	reference.hz = reference_hz = of_reference;
	reference.mask = mask;
	reference.read = mask == 0xffff ? read_once : read_reference;
	reference.restart = mask == 0xffff ? restart : NULL;
	now_ns = host_random_below(1000000000);
	next_pause = 0;
	read_ns = 500;
	pause_every_ns = pause_ns = stop_at_ns = granularity_ns = 0;
}

static bool within_one_percent(u64 hz)
{
	return hz > true_hz / 100 * 99 && hz < true_hz / 100 * 101;
}

#define HPET 100000000, UINT32_MAX
#define ACPI 3579545, 0xffffff
#define PIT  1193182, 0xffff

static void quiet(void)
{
	static const u64 rates[] = {
		1000000, 25000000, 66666666, 1000000000, 2600000000, 5999999999
	};
	u64 begin;

	for (unsigned int i = 0; i < ARRAY_SIZE(rates); i++) {
		machine(rates[i], HPET);
		begin = now_ns;
		CHECK(within_one_percent(counter_measure(&unknown, &reference)));
		CHECK(now_ns - begin < 11000000);
		machine(rates[i], ACPI);
		CHECK(within_one_percent(counter_measure(&unknown, &reference)));
		machine(rates[i], PIT);
		CHECK(within_one_percent(counter_measure(&unknown, &reference)));
	}
}

/* The result is right within 1 %, or unknown; it must nearly always be known. */
static void pauses(u64 of_reference, u64 mask, u64 run, u64 pause)
{
	int unknown_times = 0;

	for (int i = 0; i < 200; i++) {
		u64 hz;

		machine(2600000000, of_reference, mask);
		pause_every_ns = run;
		pause_ns = pause;
		hz = counter_measure(&unknown, &reference);
		unknown_times += hz == 0;
		if (hz && !within_one_percent(hz))
			host_fail(__FILE__, __LINE__,
				  "%llu Hz of %llu, reference %llu, pauses of %llu ns", hz, true_hz,
				  of_reference, pause);
	}
	CHECK(unknown_times <= 10);
}

static void busy_hosts(void)
{
	static const u64 lengths[] = { 100000, 3000000, 20000000, 60000000, 200000000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(lengths); i++) {
		pauses(HPET, 3000000, lengths[i]);
		pauses(ACPI, 3000000, lengths[i]);
		pauses(HPET, 200000, lengths[i]);
	}
	pauses(PIT, 3000000, 100000);
	pauses(PIT, 3000000, 15000000);
}

/* During long pauses the PIT stops. The rate is then often unknown, but never wrong. */
static void pauses_beyond_the_end(void)
{
	regular = false;
	for (int i = 0; i < 800; i++) {
		u64 hz;

		machine(2600000000, PIT);
		pause_every_ns = 4000000;
		pause_ns = i % 2 ? 100000000 : 60000000;
		regular = i % 2;
		hz = counter_measure(&unknown, &reference);
		CHECK(hz == 0 || within_one_percent(hz));
	}
	regular = false;
}

/* An emulator in a browser has a coarse clock. */
static void coarse(void)
{
	machine(1000000000, ACPI);
	granularity_ns = 100000;
	read_ns = 2000;
	CHECK(within_one_percent(counter_measure(&unknown, &reference)));
}

static void stopped(void)
{
	machine(1000000000, HPET);
	stop_at_ns = 1;
	CHECK(!counter_runs(&reference));
	CHECK_EQ(counter_measure(&unknown, &reference), 0);
	machine(1000000000, HPET);
	stop_at_ns = now_ns + 7000000;
	CHECK(counter_runs(&reference));
	CHECK_EQ(counter_measure(&unknown, &reference), 0);
	machine(1000000000, HPET);
	reference.read = read_ones;
	CHECK(!counter_runs(&reference));
	CHECK_EQ(counter_measure(&unknown, &reference), 0);
}

/* The reference takes so long to read that no sample is precise. */
static void blurred(void)
{
	machine(1000000000, HPET);
	read_ns = 1000000;
	CHECK_EQ(counter_measure(&unknown, &reference), 0);
}

static void scale(void)
{
	CHECK_EQ(counter_scale(0, 1000000000, 3), 0);
	CHECK_EQ(counter_scale(100, 1000000000, 100), 1000000000);
	CHECK_EQ(counter_scale(~0ull, 1000000000, 1000000000), ~0ull);
	CHECK_EQ(counter_scale(86400ull * 4000000000, 1000000000, 4000000000),
		 86400ull * 1000000000);
}

int main(void)
{
	host_run("a quiet machine", quiet);
	host_run("busy hosts", busy_hosts);
	host_run("pauses beyond the end of the reference", pauses_beyond_the_end);
	host_run("coarse steps", coarse);
	host_run("counters that do not run", stopped);
	host_run("no sharp sample", blurred);
	host_run("scale", scale);
	return host_done();
}
