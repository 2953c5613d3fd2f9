/* SPDX-License-Identifier: MIT */
#include <init/params.h>
#include <lib/random.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <tests/helpers/free_lists.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/touch.h>

/*
 * The buddy system. Each test gives back what it took, and compares the free lists with those
 * before. They must be equal: coalescing is complete, so the lists depend only on which frames
 * are in use.
 */

static const gfp_t zone_gfp[MAX_NR_ZONES] = {
	[ZONE_DMA] = GFP_DMA | __GFP_NOWARN,
	[ZONE_NORMAL] = GFP_KERNEL | __GFP_NOWARN,
	[ZONE_DMA32] = GFP_USER | __GFP_DMA32 | __GFP_NOWARN,
	[ZONE_HIGHMEM] = GFP_HIGHUSER | __GFP_NOWARN,
};

/* Without RAM above 4 GiB a request for DMA32 gets any highmem. */
static bool is_of_zone(const struct page *page, enum zone_type type)
{
	return page_zone(page) <= type || (type == ZONE_DMA32 && max_pfn <= DMA32_END_PFN);
}

KTEST(buddy, free_lists_are_sound)
{
	const char *wrong = page_alloc_check();

	if (wrong)
		ktest_fail(__FILE__, __LINE__, "%s", wrong);
}

/* --- sums ------------------------------------------------------------------------------------- */

/* Counts frame by frame what boot counted by ranges. */
KTEST(buddy, every_frame_is_accounted_for)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &zones[i];
		unsigned long present = 0, managed = 0, stray = 0;

		for (unsigned long pfn = zone->start_pfn; pfn < zone_end_pfn(zone); pfn++) {
			const struct page *page = pfn_to_page(pfn);

			present += page_state(page) != PAGE_HOLE;
			managed += page_state(page) > PAGE_RESERVED;
			/* A hole belongs to no zone. */
			stray += pfn_valid(pfn) && page_zone(page) != zone->type;
		}
		EXPECT_EQ(present, zone->present_pages);
		EXPECT_EQ(managed, zone->managed_pages);
		EXPECT_EQ(stray, 0);
	}
}

/* --- many pages at once ---------------------------------------------------------------------- */

/* A run, from which one page is missing since it has another reference. */
KTEST(buddy, a_run_of_pages_goes_back_as_a_block)
{
	struct free_picture before = free_picture_take();
	struct page *pages[96], *first = alloc_pages(GFP_KERNEL | __GFP_NOWARN, 7);

	if (!first) {
		ktest_skip("no block of 128 pages is free");
		return;
	}
	split_page(first, 7);
	for (unsigned int i = 0; i < 96; i++)
		pages[i] = first + i;
	get_page(first + 40);
	free_page_array(pages, 96);
	EXPECT_EQ((first + 40)->refcount, 1);
	__free_page(first + 40);
	for (unsigned int i = 0; i < 32; i++)
		pages[i] = first + 127 - i;
	free_page_array(pages, 32);
	free_picture_expect(&before);
	EXPECT(page_alloc_check() == NULL);
}

/* --- single blocks ---------------------------------------------------------------------------- */

KTEST(buddy, blocks_are_aligned_and_come_back)
{
	struct free_picture before = free_picture_take();

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		for (unsigned int order = 0; order <= MAX_ORDER; order++) {
			unsigned long free = nr_free_pages();
			struct page *page = alloc_pages(zone_gfp[i], order);

			if (!page)
				continue;
			EXPECT(IS_ALIGNED(page_to_pfn(page), 1ul << order));
			EXPECT(is_of_zone(page, i));
			EXPECT_EQ(page_order(page), order);
			EXPECT_EQ(page->refcount, 1);
			EXPECT_EQ(nr_free_pages(), free - (1ul << order));
			__free_pages(page, order);
			EXPECT_EQ(nr_free_pages(), free);
			free_picture_expect(&before);
		}
	}
}

KTEST(buddy, an_order_too_large_gets_nothing)
{
	EXPECT(alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER + 1) == NULL);
	EXPECT(alloc_pages(GFP_KERNEL | __GFP_NOWARN, UINT_MAX) == NULL);
}

KTEST(buddy, the_last_reference_frees)
{
	struct free_picture before = free_picture_take();
	unsigned long free = nr_free_pages();
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	KTEST_REQUIRE(page);
	get_page(page);
	get_page(page);
	EXPECT_EQ(page->refcount, 3);
	put_page(page);
	__free_pages(page, 2);
	EXPECT_EQ(page->refcount, 1);
	EXPECT_EQ(nr_free_pages(), free - 4);
	put_page(page);
	EXPECT_EQ(nr_free_pages(), free);
	free_picture_expect(&before);
}

KTEST(buddy, free_pages_takes_an_address)
{
	struct free_picture before = free_picture_take();
	unsigned long addr = __get_free_pages(GFP_KERNEL, 1);

	KTEST_REQUIRE(addr);
	EXPECT(IS_ALIGNED(addr, 2 * PAGE_SIZE));
	EXPECT(!page_is_highmem(virt_to_page((void *)addr)));
	free_pages(addr, 1);
	free_pages(0, 5);
	free_picture_expect(&before);
}

static unsigned long nonzero_words(const struct page *page)
{
	const u32 *words = kmap_local_page(page);
	unsigned long nr = 0;

	for (unsigned int i = 0; i < PAGE_SIZE / sizeof(u32); i++)
		nr += words[i] != 0;
	kunmap_local(words);
	return nr;
}

/* The block that was freed last is allocated next, so the second block is the dirty one. */
KTEST(buddy, zeroed_blocks_are_zero)
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		struct page *page = alloc_pages(zone_gfp[i], 2);

		for (unsigned int k = 0; page && k < 4; k++)
			touch_write(page + k, 1);
		if (page)
			__free_pages(page, 2);
		page = alloc_pages(zone_gfp[i] | __GFP_ZERO, 2);
		for (unsigned int k = 0; page && k < 4; k++)
			EXPECT_EQ(nonzero_words(page + k), 0);
		if (page)
			__free_pages(page, 2);
	}
}

/* --- splitting and merging -------------------------------------------------------------------- */

/*
 * Frees single pages of a split block in an order in which coalescing begins at a different
 * level.
 */
static void free_singly(struct page *block, unsigned int order, unsigned int stride)
{
	for (unsigned int first = 0; first < stride; first++)
		for (unsigned int i = first; i < 1u << order; i += stride)
			__free_page(block + i);
}

KTEST(buddy, single_pages_merge_again_in_any_order)
{
	struct free_picture before = free_picture_take();

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		for (unsigned int stride = 1; stride <= 64; stride *= 2) {
			struct page *block = alloc_pages(zone_gfp[i], 6);

			if (!block)
				continue;
			split_page(block, 6);
			for (unsigned int k = 0; k < 64; k++)
				EXPECT(page_order(block + k) == 0 && block[k].refcount == 1);
			free_singly(block, 6, stride);
			free_picture_expect(&before);
		}
	}
}

/* --- everything at random --------------------------------------------------------------------- */

#define NR_SLOTS 128
#define ROUNDS   1500

static struct slot {
	struct page *page;
	u32 salt;
} slots[NR_SLOTS];

/* Number of frames that this test may still take and write to. */
static unsigned long frames_left;

static void slot_fill(struct slot *slot, struct random *random, u32 salt)
{
	unsigned int type = random_below(random, MAX_NR_ZONES);
	unsigned int order =
		min(random_below(random, MAX_ORDER + 1), random_below(random, MAX_ORDER + 1));

	if (1ul << order > frames_left)
		return;
	slot->page = alloc_pages(zone_gfp[type], order);
	if (!slot->page)
		return;
	EXPECT(is_of_zone(slot->page, type));
	EXPECT(IS_ALIGNED(page_to_pfn(slot->page), 1ul << order));
	frames_left -= 1ul << order;
	slot->salt = salt;
	for (unsigned int i = 0; i < 1u << order; i++)
		touch_write(slot->page + i, salt);
}

/* Returns false if the contents are not those that slot_fill() wrote. */
static bool slot_empty(struct slot *slot)
{
	unsigned int order = page_order(slot->page);
	bool right = true;

	for (unsigned int i = 0; right && i < 1u << order; i++)
		right = touch_check(slot->page + i, slot->salt);
	__free_pages(slot->page, order);
	slot->page = NULL;
	frames_left += 1ul << order;
	return right;
}

KTEST(buddy, random_blocks_keep_their_contents)
{
	struct free_picture before = free_picture_take();
	struct random random;
	bool right = true;

	random_seed(&random, boot_seed());
	ktest_info("seed=%u", boot_seed());
	frames_left = min(nr_free_pages() / 2, touch_limit_pages());
	for (u32 round = 1; right && round <= ROUNDS; round++) {
		struct slot *slot = &slots[random_below(&random, NR_SLOTS)];

		if (slot->page)
			right = slot_empty(slot);
		else
			slot_fill(slot, &random, round);
	}
	EXPECT(page_alloc_check() == NULL);
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		if (slots[i].page)
			slot_empty(&slots[i]);
	free_picture_expect(&before);
	EXPECT(page_alloc_check() == NULL);
}
