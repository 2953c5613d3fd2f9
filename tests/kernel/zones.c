/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/vsnprintf.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>
#include <sched/sched.h>
#include <tests/helpers/free_lists.h>
#include <tests/helpers/page_set.h>
#include <tests/kernel/ktest.h>

/*
 * Zones, tested by taking all memory. The zone that a request gets its memory from, and the
 * number of pages that it must leave, show only when the better zones are empty. No other thread
 * may need memory meanwhile.
 */

static const struct {
	const char *name;
	gfp_t gfp;
} masks[] = {
	{ "GFP_HIGHUSER", GFP_HIGHUSER },
	{ "GFP_USER, DMA32", GFP_USER | __GFP_DMA32 },
	{ "GFP_KERNEL", GFP_KERNEL },
	{ "GFP_DMA", GFP_DMA },
	{ "GFP_NOWAIT", GFP_NOWAIT },
	{ "GFP_ATOMIC", GFP_ATOMIC },
	{ "GFP_ATOMIC, highmem", GFP_ATOMIC | __GFP_HIGHMEM },
	{ "GFP_ATOMIC, DMA", GFP_ATOMIC | GFP_DMA },
};

/* The best zone of a request. Without RAM above 4 GiB all of highmem is good enough for DMA32. */
static enum zone_type best_zone(gfp_t gfp)
{
	enum zone_type best = gfp_zone(gfp);

	return best == ZONE_DMA32 && max_pfn <= DMA32_END_PFN ? ZONE_HIGHMEM : best;
}

/*
 * Takes single pages until the allocator has none. Later pages must not come from a higher zone.
 * The thread stays on its CPU meanwhile. Else the CPU that it leaves would keep cached pages, which
 * are free again once that CPU empties its lists.
 */
static void take_all(struct page_set *set, gfp_t gfp)
{
	enum zone_type last = best_zone(gfp);
	struct page *page;

	migrate_disable();
	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		if (page_zone(page) > last)
			ktest_fail(__FILE__, __LINE__,
				   "frame %#lx is of zone %s, expected %s or lower",
				   page_to_pfn(page), zones[page_zone(page)].name,
				   zones[last].name);
		if (gfp & __GFP_DMA32 && page_to_pfn(page) >= 1ul << 20)
			ktest_fail(__FILE__, __LINE__, "frame %#lx is above 4 GiB",
				   page_to_pfn(page));
		last = page_zone(page);
		if (!page_set_add(set, page))
			break;
	}
	migrate_enable();
}

/* Computed from the documentation, not by the functions that the allocator uses. */
static unsigned long has_to_stay(const struct zone *zone, gfp_t gfp)
{
	unsigned long above = 0, stay = 0;
	u32 ratio = lowmem_reserve_ratio(zone->type);

	for (unsigned int type = zone->type + 1; type <= best_zone(gfp); type++)
		above += zones[type].managed_pages;
	if (ratio)
		stay += above / ratio;
	if (!(gfp & __GFP_HIGH))
		stay += zone->watermark[WMARK_MIN];
	return stay;
}

/*
 * From the highest zone of the request down, all pages must be taken except those that must stay
 * free. Of the zones above no page may be taken.
 */
static void expect_taken(gfp_t gfp, const struct free_picture *before)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long expected = free_picture_pages(before, i);

		if (i <= best_zone(gfp))
			expected = min(expected, has_to_stay(&zones[i], gfp));
		if (zones[i].free_pages != expected)
			ktest_fail(__FILE__, __LINE__, "zone %s has %lu free pages, expected %lu",
				   zones[i].name, zones[i].free_pages, expected);
	}
}

static void exhaust(gfp_t gfp, const char *name)
{
	struct free_picture before = free_picture_take();
	unsigned long free = nr_free_pages();
	struct page_set set = PAGE_SET_EMPTY;

	take_all(&set, gfp);
	expect_taken(gfp, &before);
	EXPECT_EQ(set.nr_pages, free - nr_free_pages());
	EXPECT(page_alloc_check() == NULL);
	ktest_info("%s: %lu pages", name, set.nr_pages);
	page_set_free(&set);
	free_picture_expect(&before);
	EXPECT(page_alloc_check() == NULL);
}

KTEST(zones, each_mask_leaves_what_it_has_to)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(masks); i++)
		exhaust(masks[i].gfp, masks[i].name);
}

static unsigned long lowmem_pages(void)
{
	return zones[ZONE_DMA].managed_pages + zones[ZONE_NORMAL].managed_pages;
}

/* Sets both limits. With the text that they had before, the caller restores them. */
static void set_limits(const char *min_free, const char *ratio)
{
	EXPECT_EQ(min_free_kbytes_set(min_free), 0);
	EXPECT_EQ(lowmem_reserve_ratio_set(ratio), 0);
}

KTEST(zones, settings_decide_what_has_to_stay)
{
	char min_free[16], ratio[32];

	EXPECT_EQ(lowmem_reserve_ratio(ZONE_HIGHMEM), 0);
	snprintf(min_free, sizeof(min_free), "%u", min_free_kbytes());
	snprintf(ratio, sizeof(ratio), "%u,%u,%u", lowmem_reserve_ratio(ZONE_DMA),
		 lowmem_reserve_ratio(ZONE_NORMAL), lowmem_reserve_ratio(ZONE_DMA32));
	set_limits("0", "0,0,0");
	EXPECT_EQ(zones[ZONE_DMA].watermark[WMARK_MIN], 0);
	exhaust(GFP_HIGHUSER, "GFP_HIGHUSER, nothing kept");
	set_limits("4096", "1000,7,50");
	/* Rounding may take 2 pages, and a zone never keeps more than half of its pages. */
	EXPECT(zones[ZONE_DMA].watermark[WMARK_MIN] + zones[ZONE_NORMAL].watermark[WMARK_MIN] + 2 >=
	       min(1024ul, lowmem_pages() / 2));
	exhaust(GFP_HIGHUSER, "GFP_HIGHUSER, much kept");
	exhaust(GFP_KERNEL, "GFP_KERNEL, much kept");
	EXPECT_EQ(min_free_kbytes_set("x"), -EINVAL);
	EXPECT_EQ(min_free_kbytes_set("300000"), -ERANGE);
	EXPECT_EQ(lowmem_reserve_ratio_set("1"), -EINVAL);
	EXPECT_EQ(min_free_kbytes(), 4096);
	EXPECT_EQ(lowmem_reserve_ratio(ZONE_NORMAL), 7);
	set_limits(min_free, ratio);
}

KTEST(zones, watermarks_are_shares_of_min_free_kbytes)
{
	unsigned long sum = 0;
	const struct zone *zone;

	for_each_zone(zone) {
		EXPECT(zone->watermark[WMARK_LOW] >= zone->watermark[WMARK_MIN]);
		EXPECT(zone->watermark[WMARK_HIGH] >= zone->watermark[WMARK_LOW]);
		sum += zone->watermark[WMARK_MIN];
	}
	EXPECT_EQ(zones[ZONE_DMA32].watermark[WMARK_MIN], 0);
	EXPECT_EQ(zones[ZONE_HIGHMEM].watermark[WMARK_MIN], 0);
	/* Each of two zones may round down. */
	EXPECT(sum <= min_free_kbytes() / 4 && sum + 2 >= min_free_kbytes() / 4);
	EXPECT(sum < lowmem_pages() / 4);
}

KTEST(zones, borders_are_where_they_belong)
{
	EXPECT_EQ(zones[ZONE_DMA].start_pfn, 0);
	EXPECT(zone_end_pfn(&zones[ZONE_DMA]) <= DMA_END_PFN);
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_DMA]), zones[ZONE_NORMAL].start_pfn);
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_NORMAL]), max_low_pfn);
	EXPECT_EQ(zones[ZONE_DMA32].start_pfn, max_low_pfn);
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_DMA32]), max_pfn > 1ul << 20 ? 1ul << 20 : max_low_pfn);
	EXPECT_EQ(zones[ZONE_HIGHMEM].start_pfn, zone_end_pfn(&zones[ZONE_DMA32]));
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_HIGHMEM]), max_pfn);
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		if (zones[i].present_pages)
			EXPECT_EQ(page_is_highmem(pfn_to_page(zones[i].start_pfn)),
				  zones[i].start_pfn >= max_low_pfn);
	EXPECT_EQ(page_zone(pfn_to_page(0)), ZONE_DMA);
	if (pfn_valid(max_low_pfn - 1))
		EXPECT_EQ(page_zone(pfn_to_page(max_low_pfn - 1)),
			  max_low_pfn > DMA_END_PFN ? ZONE_NORMAL : ZONE_DMA);
	if (max_pfn > max_low_pfn)
		EXPECT_EQ(page_zone(pfn_to_page(max_pfn - 1)), ZONE_HIGHMEM);
}

KTEST(zones, frames_are_valid_where_there_is_ram)
{
	unsigned long start, end, done = 0;
	int i;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &start, &end, NULL) {
		EXPECT(pfn_valid(start) && pfn_valid(end - 1));
		if (done < start)
			EXPECT(!pfn_valid(done) && !pfn_valid(start - 1));
		done = end;
	}
	EXPECT_EQ(done, max_pfn);
	EXPECT(!pfn_valid(max_pfn));
	EXPECT(!pfn_valid(ULONG_MAX));
	EXPECT_EQ(page_state(virt_to_page(zones)), PAGE_RESERVED);
}

/* Takes all blocks of the largest order: none may contain a hole, or a frame of another zone. */
KTEST(zones, blocks_lie_within_their_zone)
{
	struct free_picture before = free_picture_take();
	struct page_set set = PAGE_SET_EMPTY;
	struct page *page;

	while ((page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, MAX_ORDER))) {
		const struct zone *zone = &zones[page_zone(page)];
		unsigned long stray = 0;

		for (unsigned int i = 1; i < 1u << MAX_ORDER; i++)
			stray += page[i].kind != PAGE_FLAGS(PAGE_TAIL, 0, zone->type);
		EXPECT_EQ(stray, 0);
		if (!page_set_add(&set, page))
			break;
	}
	page_set_free(&set);
	free_picture_expect(&before);
}
