/* SPDX-License-Identifier: MIT */
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <tests/helpers/cpus.h>
#include <tests/kernel/ktest.h>

/* The lists of free pages that each CPU keeps, with several CPUs. */

static void take_and_free(void *arg)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (page)
		__free_page(page);
}

static unsigned long kept_by(u32 cpu)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		pages += pcp_pages(cpu, &zones[i]);
	return pages;
}

/* Pages in the per-CPU lists count as free, and return to the zone when a CPU asks all others. */
KTEST(smp_lists, what_each_cpu_keeps_is_free_and_comes_back)
{
	unsigned long free, kept = 0, left = 0;
	u32 cpu;

	drain_all_pages();
	free = nr_free_pages();
	on_each_cpu(take_and_free, NULL, true);
	EXPECT_EQ(nr_free_pages(), free);
	for_each_online_cpu(cpu)
		kept += kept_by(cpu) > 0;
	EXPECT_EQ(kept, num_online_cpus());
	drain_all_pages();
	for_each_online_cpu(cpu)
		left += kept_by(cpu);
	EXPECT_EQ(left, 0);
	EXPECT_EQ(nr_free_pages(), free);
}

#define FILL 70u

static void fill_lists(void *unused)
{
	struct page *pages[FILL];

	for (unsigned int order = 0; order < PCP_ORDERS; order++) {
		unsigned int nr = 0;

		while (nr < FILL && (pages[nr] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, order)))
			nr++;
		while (nr--)
			__free_pages(pages[nr], order);
	}
}

/* A request that cannot wait cannot drain the lists of other CPUs, so the lists must be short. */
KTEST(smp_lists, all_lists_together_leave_most_of_a_zone)
{
	struct zone *zone;

	for_each_zone(zone)
		EXPECT(num_online_cpus() * pcp_high(zone) <= zone->managed_pages / 8 + 2 * NR_CPUS);
	ktest_settle();
	preempt_disable();
	smp_call_function_many(cpu_online_mask, fill_lists, NULL, true);
	for_each_zone(zone) {
		unsigned long kept = 0;
		u32 cpu;

		for_each_online_cpu(cpu)
			kept += pcp_pages(cpu, zone);
		EXPECT(kept <= zone->managed_pages / 8 + 2 * NR_CPUS);
	}
	preempt_enable();
	drain_all_pages();
}
