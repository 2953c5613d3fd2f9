/* SPDX-License-Identifier: MIT */
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/math.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/pcp.h>
#include <mm/watermark.h>

/*
 * Two dangers come with several zones and callers that cannot wait. An interrupt handler finds nothing
 * left: so each lowmem zone keeps min pages for requests with __GFP_HIGH. And user pages, which may lie
 * anywhere, fill lowmem once highmem is full, and the kernel finds nothing left: so a request which would
 * take a higher zone leaves more in a lower one, the more there is of the higher:
 *
 *	lowmem_reserve[zone][request] = sum of managed pages of the zones (zone, request] / ratio[zone]
 *
 * Highmem has no min: nobody who cannot wait needs it.
 *
 * low and high are for reclaim, and are shown only: each is a step above the one below, a quarter of min or
 * a thousandth of the zone, whichever is more.
 */

static u32 min_free_kb;
static bool min_free_given;

static u32 reserve_ratio[ZONE_HIGHMEM] = {
	[ZONE_DMA] = 256,
	[ZONE_NORMAL] = 32,
};

static unsigned long lowmem_pages(void)
{
	return zones[ZONE_DMA].managed_pages + zones[ZONE_NORMAL].managed_pages;
}

u32 min_free_kbytes(void)
{
	u32 kb = 4 * (u32)int_sqrt(lowmem_pages() << (PAGE_SHIFT - 10));

	if (min_free_given)
		return min_free_kb;
	return min(kb, MIN_FREE_KBYTES_MOST);
}

/* A zone's share of min_free_kbytes; never more than half of it, whatever was asked for. */
static unsigned long min_pages(const struct zone *zone)
{
	u64 all = min_free_kbytes() >> (PAGE_SHIFT - 10);

	if (zone->type == ZONE_HIGHMEM || lowmem_pages() == 0)
		return 0;
	return min((unsigned long)(all * zone->managed_pages / lowmem_pages()),
		   zone->managed_pages / 2);
}

static void set_watermarks(struct zone *zone)
{
	unsigned long least = min_pages(zone);
	unsigned long step = max(least / 4, zone->managed_pages / 1000);

	zone->watermark[WMARK_MIN] = least;
	zone->watermark[WMARK_LOW] = least + step;
	zone->watermark[WMARK_HIGH] = least + 2 * step;
}

static void set_reserves(struct zone *zone)
{
	unsigned long above = 0;

	memset(zone->lowmem_reserve, 0, sizeof(zone->lowmem_reserve));
	for (unsigned int type = zone->type + 1; type < MAX_NR_ZONES; type++) {
		u32 ratio = reserve_ratio[zone->type];

		above += zones[type].managed_pages;
		zone->lowmem_reserve[type] = ratio ? above / ratio : 0;
	}
}

void zone_limits_update(void)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
		set_watermarks(zone);
		set_reserves(zone);
		zone->pcp_batch = pcp_batch(zone);
	}
}

int min_free_kbytes_set(const char *text)
{
	int err = parse_u32(text, MIN_FREE_KBYTES_MOST, &min_free_kb);

	if (err)
		return err;
	min_free_given = true;
	zone_limits_update();
	return 0;
}
BOOT_PARAM("min_free_kbytes", "min_free_kbytes=0..262144",
	   "lowmem in kB that only requests which cannot wait may take", min_free_kbytes_set);

u32 lowmem_reserve_ratio(enum zone_type type)
{
	return reserve_ratio[type];
}

int lowmem_reserve_ratio_set(const char *text)
{
	char *end;
	u64 dma = memparse(text, &end), normal;

	if (end == text || *end != ',' || dma > UINT_MAX || parse_u64(end + 1, &normal) != 0 ||
	    normal > UINT_MAX)
		return -EINVAL;
	reserve_ratio[ZONE_DMA] = (u32)dma;
	reserve_ratio[ZONE_NORMAL] = (u32)normal;
	zone_limits_update();
	return 0;
}
BOOT_PARAM("lowmem_reserve_ratio", "lowmem_reserve_ratio=dma,normal",
	   "1/n of what lies above stays free in a zone; 256,32", lowmem_reserve_ratio_set);
