/* SPDX-License-Identifier: MIT */
#include <lib/vsnprintf.h>
#include <mm/mmzone.h>
#include <mm/watermark.h>
#include <tests/kernel/ktest.h>

/*
 * The numbers that decide which zone serves a request, rule by rule. Each is computed here again,
 * from the text of the documentation. The suite `zones` checks by taking all memory that the
 * allocator obeys them.
 */

static unsigned long lowmem_pages(void)
{
	return zones[ZONE_DMA].managed_pages + zones[ZONE_NORMAL].managed_pages;
}

/* --- lists of zones --------------------------------------------------------------------------- */

/* From the highest zone of the request down, without zones that have no RAM. */
KTEST(zone_rules, each_request_has_its_zones_best_first)
{
	for (gfp_t gfp = 0; gfp <= GFP_ZONEMASK; gfp++) {
		const struct zonelist *list = &zonelists[gfp];
		unsigned int nr = 0;

		for (int type = gfp_zone(gfp); type >= 0; type--) {
			if (!zones[type].present_pages)
				continue;
			if (list->zone[nr] != &zones[type]) {
				ktest_fail(__FILE__, __LINE__,
					   "request %#x, choice %u: zone %s, expected %s", gfp,
					   nr + 1, list->zone[nr] ? list->zone[nr]->name : "none",
					   zones[type].name);
				return;
			}
			nr++;
		}
		if (list->zone[nr])
			ktest_fail(__FILE__, __LINE__,
				   "request %#x, choice %u: zone %s, expected the end of the list",
				   gfp, nr + 1, list->zone[nr]->name);
		EXPECT_EQ(first_zone[gfp], list->zone[0]->type);
	}
}

/* --- watermarks ------------------------------------------------------------------------------- */

KTEST(zone_rules, each_lowmem_zone_keeps_its_share)
{
	const struct zone *zone;

	for_each_zone(zone) {
		u64 share = 0;

		if (zone->type != ZONE_HIGHMEM)
			share = (u64)(min_free_kbytes() / 4) * zone->managed_pages / lowmem_pages();
		EXPECT_EQ(zone->watermark[WMARK_MIN], min(share, zone->managed_pages / 2));
	}
}

/* A large setting: more than half of a zone is never kept. */
KTEST(zone_rules, a_zone_keeps_at_most_half)
{
	char before[16];

	snprintf(before, sizeof(before), "%u", min_free_kbytes());
	EXPECT_EQ(min_free_kbytes_set("262144"), 0);
	for (enum zone_type type = ZONE_DMA; type <= ZONE_NORMAL; type++) {
		u64 share = (u64)(262144 / 4) * zones[type].managed_pages / lowmem_pages();

		EXPECT_EQ(zones[type].watermark[WMARK_MIN],
			  min(share, zones[type].managed_pages / 2));
	}
	EXPECT_EQ(min_free_kbytes_set(before), 0);
}

KTEST(zone_rules, low_and_high_are_steps_above_min)
{
	const struct zone *zone;

	for_each_zone(zone) {
		const unsigned long *mark = zone->watermark;
		unsigned long step = max(mark[WMARK_MIN] / 4, zone->managed_pages / 1000);

		/* Only a zone of less than 1000 pages that keeps nothing has all marks at 0. */
		EXPECT(step > 0 || zone->managed_pages < 1000);
		EXPECT_EQ(mark[WMARK_LOW], mark[WMARK_MIN] + step);
		EXPECT_EQ(mark[WMARK_HIGH], mark[WMARK_MIN] + 2 * step);
	}
}

/* --- reserves --------------------------------------------------------------------------------- */

static void expect_reserves(void)
{
	for (unsigned int low = 0; low < MAX_NR_ZONES; low++) {
		unsigned long above = 0;
		u32 ratio = low < ZONE_HIGHMEM ? lowmem_reserve_ratio(low) : 0;

		for (unsigned int best = 0; best < MAX_NR_ZONES; best++) {
			if (best > low)
				above += zones[best].managed_pages;
			if (zones[low].lowmem_reserve[best] != (ratio ? above / ratio : 0))
				ktest_fail(__FILE__, __LINE__,
					   "zone %s keeps %lu pages from requests for %s, expected "
					   "%lu: %lu pages above it, ratio %u",
					   zones[low].name, zones[low].lowmem_reserve[best],
					   zones[best].name, ratio ? above / ratio : 0, above,
					   ratio);
		}
	}
}

KTEST(zone_rules, the_reserve_grows_with_the_memory_above)
{
	char before[32];

	snprintf(before, sizeof(before), "%u,%u", lowmem_reserve_ratio(ZONE_DMA),
		 lowmem_reserve_ratio(ZONE_NORMAL));
	expect_reserves();
	EXPECT_EQ(lowmem_reserve_ratio_set("7,3"), 0);
	expect_reserves();
	EXPECT_EQ(lowmem_reserve_ratio_set(before), 0);
}

KTEST(zone_rules, a_ratio_of_0_means_no_reserve)
{
	char before[32];

	snprintf(before, sizeof(before), "%u,%u", lowmem_reserve_ratio(ZONE_DMA),
		 lowmem_reserve_ratio(ZONE_NORMAL));
	EXPECT_EQ(lowmem_reserve_ratio_set("0,5"), 0);
	expect_reserves();
	EXPECT_EQ(lowmem_reserve_ratio_set(before), 0);
}

/* --- the mark of a request -------------------------------------------------------------------- */

KTEST(zone_rules, the_mark_is_min_and_reserve)
{
	struct zone zone = { .type = ZONE_DMA };

	zone.watermark[WMARK_MIN] = 100;
	zone.watermark[WMARK_LOW] = 1000;
	zone.lowmem_reserve[ZONE_NORMAL] = 20;
	zone.lowmem_reserve[ZONE_HIGHMEM] = 3;
	EXPECT_EQ(zone_mark(&zone, GFP_DMA), 100);
	EXPECT_EQ(zone_mark(&zone, GFP_KERNEL), 120);
	EXPECT_EQ(zone_mark(&zone, GFP_HIGHUSER), 103);
	EXPECT_EQ(zone_mark(&zone, GFP_ATOMIC), 20);
	EXPECT_EQ(zone_mark(&zone, GFP_ATOMIC | __GFP_HIGHMEM), 3);
}
