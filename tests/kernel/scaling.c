/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/fixmap.h>
#include <tests/bench/scaling.h>
#include <tests/kernel/ktest.h>

/*
 * The costs that CPUs cause each other when all do the same work, for those costs that are exact.
 */

static bool measure(enum scaling_load load, struct scaling_result *got)
{
	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return false;
	}
	if (!scaling_measure(load, got)) {
		ktest_skip("too little high memory");
		return false;
	}
	ktest_info("%s: %u operations, %u flushes, %u calls of other CPUs", scaling_name(load),
		   got->ops, got->flushes, got->calls);
	return true;
}

static void expect_no_disturbance(enum scaling_load load)
{
	struct scaling_result got;

	if (!measure(load, &got))
		return;
	EXPECT_EQ(got.flushes, 0);
	EXPECT_EQ(got.calls, 0);
}

KTEST(scaling, kmap_local_disturbs_nobody)
{
	expect_no_disturbance(SCALING_KMAP_LOCAL);
}

KTEST(scaling, pages_come_and_go_without_calls)
{
	expect_no_disturbance(SCALING_ALLOC_FREE_ORDER0);
}

static bool unmaps_at_once(void)
{
	if (DEBUG)
		ktest_skip("DEBUG=1 unmaps at once");
	return DEBUG;
}

/* When all slots are used up, each CPU holds at most one, and the flush frees all others. */
static u32 most_wraps(const struct scaling_result *got)
{
	return got->ops / (LAST_PKMAP - got->cpus) + 1;
}

/* The slots are used up at most once, because earlier tests determine the slot at which mapping
 * continues. */
KTEST(scaling, kmap_of_what_is_mapped_flushes_nothing)
{
	struct scaling_result got;

	if (unmaps_at_once() || !measure(SCALING_KMAP_HOT, &got))
		return;
	EXPECT(got.flushes <= 1);
	EXPECT(got.calls <= got.cpus - 1);
}

KTEST(scaling, kmap_flushes_once_for_all_slots)
{
	struct scaling_result got;

	if (unmaps_at_once() || !measure(SCALING_KMAP_ROTATE2X, &got))
		return;
	EXPECT(got.flushes <= most_wraps(&got));
	EXPECT(got.calls <= got.flushes * (got.cpus - 1));
}
