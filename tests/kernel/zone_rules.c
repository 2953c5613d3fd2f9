/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
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

		for (int type = MAX_NR_ZONES - 1; type >= 0; type--) {
			if (type > (int)gfp_zone(gfp) &&
			    (gfp_zone(gfp) != ZONE_DMA32 || max_pfn > 1ul << 20))
				continue;
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

/* From the setting in whole pages: shares of it are rounded down. */
static void expect_min(const struct zone *zone)
{
	u64 share = 0;

	if (!is_highmem(zone) && lowmem_pages())
		share = (u64)(min_free_kbytes() / 4) * zone->managed_pages / lowmem_pages();
	share = min(share, zone->managed_pages / 2);
	if (zone->watermark[WMARK_MIN] != share)
		ktest_fail(__FILE__, __LINE__,
			   "zone %s has a min watermark of %lu, expected %llu: %lu of %lu lowmem "
			   "pages, min_free_kbytes %u",
			   zone->name, zone->watermark[WMARK_MIN], share, zone->managed_pages,
			   lowmem_pages(), min_free_kbytes());
}

static void expect_steps(const struct zone *zone)
{
	const unsigned long *mark = zone->watermark;
	unsigned long step = max(mark[WMARK_MIN] / 4, zone->managed_pages / 1000);

	if (mark[WMARK_LOW] != mark[WMARK_MIN] + step ||
	    mark[WMARK_HIGH] != mark[WMARK_MIN] + 2 * step)
		ktest_fail(__FILE__, __LINE__,
			   "zone %s has min %lu, low %lu and high %lu, expected steps of %lu: it "
			   "has %lu pages",
			   zone->name, mark[WMARK_MIN], mark[WMARK_LOW], mark[WMARK_HIGH], step,
			   zone->managed_pages);
}

/* Checks all zones with a setting, and restores the former one. */
static void with_min_free(const char *kb, void (*check)(const struct zone *zone))
{
	char before[16];

	snprintf(before, sizeof(before), "%u", min_free_kbytes());
	EXPECT_EQ(min_free_kbytes_set(kb), 0);
	for (const struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++)
		check(zone);
	EXPECT_EQ(min_free_kbytes_set(before), 0);
}

KTEST(zone_rules, each_lowmem_zone_keeps_its_share)
{
	const struct zone *zone;

	for_each_zone(zone)
		expect_min(zone);
	with_min_free("0", expect_min);
	with_min_free("4096", expect_min);
	with_min_free("262144", expect_min);
}

/* Zones of other sizes: small ones, of which at most half is kept, and empty ones. */
KTEST(zone_rules, a_zone_keeps_at_most_half)
{
	static const unsigned long sizes[][2] = {
		{ 1000, 20000 }, { 4000, 0 }, { 0, 50000 }, { 1, 1 }, { 0, 0 },
	};
	const unsigned long dma = zones[ZONE_DMA].managed_pages;
	const unsigned long normal = zones[ZONE_NORMAL].managed_pages;

	/* From here on the setting is given, and does not follow the sizes below. */
	with_min_free("262144", expect_min);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* No thread may need memory meanwhile. */
		unsigned long irq_flags = local_irq_save();

		zones[ZONE_DMA].managed_pages = sizes[i][0];
		zones[ZONE_NORMAL].managed_pages = sizes[i][1];
		with_min_free("262144", expect_min);
		with_min_free("1000", expect_min);
		zones[ZONE_DMA].managed_pages = dma;
		zones[ZONE_NORMAL].managed_pages = normal;
		zone_limits_update();
		local_irq_restore(irq_flags);
	}
}

KTEST(zone_rules, low_and_high_are_steps_above_min)
{
	const struct zone *zone;

	for_each_zone(zone) {
		expect_steps(zone);
		/* Only a zone of less than 1000 pages that keeps nothing has all marks at 0. */
		EXPECT(zone->watermark[WMARK_HIGH] > 0 || zone->managed_pages < 1000);
	}
	/* A step is a part of the zone, then a part of min. */
	with_min_free("0", expect_steps);
	with_min_free("1000", expect_steps);
	with_min_free("262144", expect_steps);
}

/* --- reserves --------------------------------------------------------------------------------- */

static void expect_reserves(void)
{
	for (unsigned int low = 0; low < MAX_NR_ZONES; low++) {
		unsigned long above = 0;
		u32 ratio = lowmem_reserve_ratio(low);

		for (unsigned int best = 0; best < MAX_NR_ZONES; best++) {
			if (best > low)
				above += zones[best].managed_pages;
			/* Without RAM above 4 GiB its requests are those for highmem. */
			if (best == ZONE_DMA32 && max_pfn <= 1ul << 20) {
				EXPECT_EQ(zones[low].lowmem_reserve[best],
					  zones[low].lowmem_reserve[ZONE_HIGHMEM]);
				continue;
			}
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

	snprintf(before, sizeof(before), "%u,%u,%u", lowmem_reserve_ratio(ZONE_DMA),
		 lowmem_reserve_ratio(ZONE_NORMAL), lowmem_reserve_ratio(ZONE_DMA32));
	EXPECT(lowmem_reserve_ratio(ZONE_DMA32) != 0);
	expect_reserves();
	EXPECT_EQ(lowmem_reserve_ratio_set("7,3,5"), 0);
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
	zone.lowmem_reserve[ZONE_DMA32] = 7;
	zone.lowmem_reserve[ZONE_HIGHMEM] = 3;
	EXPECT_EQ(zone_mark(&zone, GFP_DMA), 100);
	EXPECT_EQ(zone_mark(&zone, GFP_KERNEL), 120);
	EXPECT_EQ(zone_mark(&zone, GFP_HIGHUSER), 103);
	EXPECT_EQ(zone_mark(&zone, GFP_USER | __GFP_DMA32), 107);
	EXPECT_EQ(zone_mark(&zone, GFP_ATOMIC), 20);
	EXPECT_EQ(zone_mark(&zone, GFP_ATOMIC | __GFP_HIGHMEM), 3);
}
