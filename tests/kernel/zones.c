/* SPDX-License-Identifier: MIT */
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <tests/kernel/page_set.h>
#include <tests/ktest.h>

/*
 * Zones, by taking everything that there is: which zone a request gets its memory from shows only when the
 * better ones are empty. Nobody else may need memory meanwhile: interrupt handlers do not.
 */

/* Takes single pages until there are none; the zone must never go up. */
static void take_all(struct page_set *set, gfp_t gfp)
{
	enum zone_type last = gfp_zone(gfp);
	struct page *page;

	while ((page = alloc_page(gfp | __GFP_NOWARN))) {
		if (page_zone(page) > last)
			ktest_fail(__FILE__, __LINE__,
				   "frame %#lx is of zone %s, expected %s or lower",
				   page_to_pfn(page), zones[page_zone(page)].name,
				   zones[last].name);
		last = page_zone(page);
		if (!page_set_add(set, page))
			return;
	}
}

/* Everything from `highest` down must be taken, and nothing above it. */
static void expect_taken(enum zone_type highest, const struct free_picture *before)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long expected = 0;

		for (unsigned int order = 0; i > highest && order <= MAX_ORDER; order++)
			expected += (unsigned long)before->nr_free[i][order] << order;
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
	expect_taken(gfp_zone(gfp), &before);
	EXPECT_EQ(set.nr_pages, free - nr_free_pages());
	EXPECT(page_alloc_check() == NULL);
	ktest_info("%s: %lu pages", name, set.nr_pages);
	page_set_free(&set);
	free_picture_expect(&before);
	EXPECT(page_alloc_check() == NULL);
}

KTEST(zones, highuser_takes_highmem_then_normal_then_dma)
{
	exhaust(GFP_HIGHUSER, "GFP_HIGHUSER");
}

KTEST(zones, kernel_never_takes_highmem)
{
	exhaust(GFP_KERNEL, "GFP_KERNEL");
}

KTEST(zones, dma_takes_dma_only)
{
	exhaust(GFP_DMA, "GFP_DMA");
}

KTEST(zones, borders_are_where_they_belong)
{
	EXPECT_EQ(zones[ZONE_DMA].start_pfn, 0);
	EXPECT(zone_end_pfn(&zones[ZONE_DMA]) <= DMA_END_PFN);
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_DMA]), zones[ZONE_NORMAL].start_pfn);
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_NORMAL]), max_low_pfn);
	EXPECT_EQ(zones[ZONE_HIGHMEM].start_pfn, max_low_pfn);
	EXPECT_EQ(zone_end_pfn(&zones[ZONE_HIGHMEM]), max_pfn);
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

/* A set of the largest blocks of each zone: none may contain a frame of another, or a hole. */
KTEST(zones, blocks_lie_within_their_zone)
{
	struct free_picture before = free_picture_take();
	struct page_set set = PAGE_SET_EMPTY;
	struct page *page;

	while ((page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, MAX_ORDER))) {
		const struct zone *zone = &zones[page_zone(page)];
		unsigned long stray = 0;

		for (unsigned int i = 1; i < 1u << MAX_ORDER; i++)
			stray += page[i].flags != PAGE_FLAGS(PAGE_TAIL, 0, zone->type);
		EXPECT_EQ(stray, 0);
		if (!page_set_add(&set, page))
			break;
	}
	page_set_free(&set);
	free_picture_expect(&before);
}
