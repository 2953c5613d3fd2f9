/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <lib/errno.h>
#include <lib/math.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/pcp.h>
#include <mm/watermark.h>

/*
 * How many pages of each zone are kept back, and for which requests.
 *
 * Two things can go wrong when all requests take memory until none is left. First, an interrupt
 * handler cannot wait until memory is freed. So each lowmem zone keeps its min watermark for
 * requests with __GFP_HIGH. A request that cannot wait does not need highmem.
 *
 * Second, user pages can be in any zone. When highmem is full they would fill lowmem, and the
 * kernel can live in lowmem only. So a request for a higher zone leaves a reserve in the lower
 * ones, and the more memory there is above, the larger is the reserve:
 *
 *	lowmem_reserve[zone][request] =
 *		managed pages of the zones above `zone`, up to the best zone of the request,
 *		/ ratio[zone]
 *
 * The low and the high watermark are steps above min: a quarter of min or a thousandth of the zone,
 * whichever is more. kswapd works between them (vm/reclaim.c).
 *
 * A reserve protects from pages that stay. A page that can be swapped out, or read again from its
 * file, gives its place back when the kernel wants it. So with swap the reserve is a fifth for such
 * requests (__GFP_MOVABLE): 20 MiB instead of 100 on a machine of 4 GiB.
 *
 * Page tables cannot leave, and keep the whole. So when pages of programs have filled highmem and
 * most of lowmem, no zone would have a page for the tables that map them. Programs would be swapped
 * out before the rest of lowmem is used. Hence highmem has a min watermark too, with swap. Requests
 * without __GFP_MOVABLE may go below it when they find nothing else (mm/page_alloc.c).
 *
 * Names and arithmetic are Linux's (Documentation/admin-guide/sysctl/vm.rst: min_free_kbytes,
 * lowmem_reserve_ratio, watermark_scale_factor).
 */

/* Without min_free_kbytes= its value is 4 times the square root of lowmem, both in kB. */
#define MIN_FREE_FACTOR 4u

/* A zone keeps at most 1/2 of its pages as its min watermark. */
#define MIN_SHARE 2

/* From watermark to watermark: 1/4 of min, and at least 1/1000 of the zone. */
#define STEP_SHARE_OF_MIN  4
#define STEP_SHARE_OF_ZONE 1000

/* The share of a reserve that is kept from pages that can leave. */
#define MOVABLE_SHARE 5u

static bool pages_can_leave;

/* The min watermark of a highmem zone. Tables for the pages between both reserves are 1/20480. */
#define HIGHMEM_MIN_SHARE 4096

static u32 min_free_kb; /* as set by the user, if min_free_given */
static bool min_free_given;

/* Linux's default values. */
static u32 reserve_ratio[MAX_NR_ZONES] = {
	[ZONE_DMA] = 256,
	[ZONE_NORMAL] = 32,
	[ZONE_DMA32] = 256,
};

static unsigned long lowmem_pages(void)
{
	return zones[ZONE_DMA].managed_pages + zones[ZONE_NORMAL].managed_pages;
}

u32 min_free_kbytes(void)
{
	u32 kb = MIN_FREE_FACTOR * (u32)int_sqrt(lowmem_pages() << (PAGE_SHIFT - 10));

	if (min_free_given)
		return min_free_kb;
	return min(kb, MIN_FREE_KBYTES_MAX);
}

/* A zone's share of min_free_kbytes, in pages. */
static unsigned long min_pages(const struct zone *zone)
{
	u64 all = min_free_kbytes() >> (PAGE_SHIFT - 10);

	if (is_highmem(zone) && pages_can_leave)
		return zone->managed_pages / HIGHMEM_MIN_SHARE;
	if (is_highmem(zone) || lowmem_pages() == 0)
		return 0;
	return min((unsigned long)(all * zone->managed_pages / lowmem_pages()),
		   zone->managed_pages / MIN_SHARE);
}

static void set_watermarks(struct zone *zone)
{
	unsigned long least = min_pages(zone);
	unsigned long step =
		max(least / STEP_SHARE_OF_MIN, zone->managed_pages / STEP_SHARE_OF_ZONE);

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
		zone->lowmem_reserve[MAX_NR_ZONES + type] =
			zone->lowmem_reserve[type] / (pages_can_leave ? MOVABLE_SHARE : 1);
	}
}

bool zones_are_low(gfp_t gfp)
{
	for (struct zone *const *at = gfp_zonelist(gfp)->zone; *at; at++) {
		const struct zone *zone = *at;

		if (zone->free_pages >= zone->watermark[WMARK_LOW] - zone->watermark[WMARK_MIN] +
						zone_mark(zone, gfp & ~__GFP_HIGH))
			return false;
	}
	return true;
}

void zone_limits_update(void)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
		set_watermarks(zone);
		set_reserves(zone);
		/* Without RAM above 4 GiB, __GFP_DMA32 asks for the same as __GFP_HIGHMEM. */
		if (max_pfn <= DMA32_END_PFN)
			for (u32 i = 0; i < 2 * MAX_NR_ZONES; i += MAX_NR_ZONES)
				zone->lowmem_reserve[i + ZONE_DMA32] =
					zone->lowmem_reserve[i + ZONE_HIGHMEM];
		zone->pcp_batch = pcp_batch(zone);
	}
}

void zone_reserve_movable(bool movable)
{
	if (pages_can_leave == movable)
		return;
	pages_can_leave = movable;
	zone_limits_update();
}

int min_free_kbytes_set(const char *text)
{
	int err = parse_u32(text, MIN_FREE_KBYTES_MAX, &min_free_kb);

	if (err)
		return err;
	min_free_given = true;
	zone_limits_update();
	return 0;
}
BOOT_PARAM("min_free_kbytes", "min_free_kbytes=0..262144",
	   "lowmem reserved for atomic requests, in kB", min_free_kbytes_set);

u32 lowmem_reserve_ratio(enum zone_type type)
{
	return reserve_ratio[type];
}

int lowmem_reserve_ratio_set(const char *text)
{
	u32 ratio[ZONE_HIGHMEM];
	unsigned int nr = 0;
	char *end;

	for (;; text = end + 1) {
		u64 value = memparse(text, &end);

		if (end == text || value > UINT_MAX)
			return -EINVAL;
		ratio[nr++] = (u32)value;
		if (*end != ',' || nr == ARRAY_SIZE(ratio))
			break;
	}
	if (*end || nr <= ZONE_NORMAL)
		return -EINVAL;
	memcpy(reserve_ratio, ratio, nr * sizeof(*ratio));
	zone_limits_update();
	return 0;
}
BOOT_PARAM("lowmem_reserve_ratio", "lowmem_reserve_ratio=dma,normal[,dma32]",
	   "keep 1/n of the memory above a zone free in it; default 256,32,256",
	   lowmem_reserve_ratio_set);
