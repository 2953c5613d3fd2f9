/* SPDX-License-Identifier: MIT */
#include <asm/counter.h>
#include <asm/irqflags.h>
#include <lib/compiler.h>

/*
 * Measures the rate of a counter with one of known rate. Both counters continue while this code is
 * not running: an emulator may be stopped by its host, a real CPU may be in system-management mode.
 * A pause inside a sample does no harm, since both counters see it. A pause between the reads of
 * the two counters at one end does harm:
 *
 *	reference   ──r0───────────────────────r1──▶
 *	unknown     ─a─b──────────────────────a──b─▶   the unknown counter is read before and after
 *
 * The distance of a and b is the largest possible error. So each end is read four times, and the
 * reading with the smallest distance is kept. A sample whose ends are not sharp enough for its
 * length is discarded.
 *
 * A counter that wraps soon would hide a pause of its whole period, and a regular load on the host
 * would make each sample wrong by the same amount. So the PIT, whose 16 bits last 55 ms, is
 * restarted for each sample and stops at its end. A sample that has reached the end does not count.
 * Apart from the blur, an error only makes a sample too large, so the result is the smallest sample
 * with which another one agrees. The price is 10 ms of boot time.
 */

#define READS_PER_END 4
#define READS_TO_STOP 100000u /* equal values in a row show that a counter does not run */
/* After this number of reads that are all ones, no device is at that address. */
#define READS_OF_ONES 10000u

/* A sample is sharp, and two samples agree, within one part in this many: 0.5 %. */
#define TOLERANCE 200u

/* Milliseconds of each sample. They grow, since longer ones are sharper; the PIT lasts 55 ms. */
static const u8 lengths[] = { 5, 5, 5, 5, 10, 10, 20, 20, 40, 40 };

struct reading {
	u64 reference, unknown, width; /* @unknown, @width: counts of the unknown counter */
};

static u64 distance(const struct counter *counter, u64 from, u64 to)
{
	return (to - from) & counter->mask;
}

static struct reading read_both(const struct counter *unknown, const struct counter *reference)
{
	struct reading best = { .width = UINT64_MAX };

	for (int i = 0; i < READS_PER_END; i++) {
		u64 before = unknown->read(), now = reference->read(), after = unknown->read();
		u64 width = distance(unknown, before, after);

		if (width < best.width)
			best = (struct reading){ now, before + width / 2, width };
	}
	return best;
}

/* Wait until the counter has advanced. Return false if it stops before. */
static bool wait_for_counts(const struct counter *counter, u64 from, u64 counts)
{
	u64 last = from;

	for (u32 equal = 0; distance(counter, from, last) < counts;) {
		u64 now = counter->read() & counter->mask;

		equal = now == last ? equal + 1 : 0;
		if (equal == READS_TO_STOP)
			return false;
		last = now;
		cpu_relax();
	}
	return true;
}

/*
 * Measure counts per second. Return 0 if the ends are not sharp, a counter stopped, or the
 * reference ended.
 */
static u64 rate_between(const struct counter *unknown, const struct counter *reference,
			const struct reading *begin, const struct reading *end)
{
	u64 counts = distance(unknown, begin->unknown, end->unknown);
	u64 time = distance(reference, begin->reference, end->reference);

	if (time == 0 || (reference->restart && end->reference == reference->mask))
		return 0;
	if (begin->width + end->width > counts / TOLERANCE)
		return 0;
	return counter_scale(counts, reference->hz, time);
}

static u64 sample(const struct counter *unknown, const struct counter *reference, u32 ms)
{
	struct reading begin, end;

	if (reference->restart)
		reference->restart();
	/* Begin just after a step, because some emulators have coarse steps. */
	if (!wait_for_counts(reference, reference->read() & reference->mask, 1))
		return 0;
	begin = read_both(unknown, reference);
	if (!wait_for_counts(reference, begin.reference & reference->mask,
			     reference->hz * ms / 1000))
		return 0;
	end = read_both(unknown, reference);
	return rate_between(unknown, reference, &begin, &end);
}

static bool agree(u64 a, u64 b)
{
	return max(a, b) - min(a, b) <= min(a, b) / TOLERANCE;
}

/* The smallest rate that another one confirms, or 0. */
static u64 smallest_confirmed(const u64 *rates, unsigned int nr)
{
	u64 best = 0;

	for (unsigned int i = 0; i < nr; i++)
		for (unsigned int j = i + 1; j < nr; j++)
			if (rates[i] && rates[j] && agree(rates[i], rates[j]) &&
			    (!best || min(rates[i], rates[j]) < best))
				best = min(rates[i], rates[j]);
	return best;
}

u64 counter_measure(const struct counter *unknown, const struct counter *reference)
{
	u64 rates[ARRAY_SIZE(lengths)], rate = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(lengths) && !rate; i++) {
		rates[i] = sample(unknown, reference, lengths[i]);
		rate = smallest_confirmed(rates, i + 1);
	}
	return rate;
}

bool counter_runs(const struct counter *counter)
{
	u64 first;
	u32 reads;

	if (counter->restart)
		counter->restart();
	first = counter->read() & counter->mask;
	reads = first == 0 || first == counter->mask ? READS_OF_ONES : READS_TO_STOP;
	while (reads--)
		if ((counter->read() & counter->mask) != first)
			return true;
	return false;
}
