/* SPDX-License-Identifier: MIT */
#include <lib/vsnprintf.h>
#include <mm/buddy.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * The buddy system, rule by rule, in a zone of its own.
 *
 * A test takes one block of the largest order, its plot. Then it makes a second zone whose free
 * lists are empty, and frees parts of the plot into that zone. No other code uses the second zone.
 * So a test knows each free block, and a mistake in one rule does not disturb the next test. At
 * the end the test restores the descriptors of the plot by hand, and frees the plot.
 *
 * The free blocks of the plot are compared as text, the lowest frame first:
 *
 *	"0@1 1@2 5@32"	order 0 at frame 1 of the plot, order 1 at frame 2, order 5 at frame 32
 */

#define PLOT_FRAMES (1u << MAX_ORDER)

static struct zone zone;       /* the second zone */
static struct page *plot;      /* its first frame */
static char picture_text[160]; /* the result of picture() */

/* --- the plot --------------------------------------------------------------------------------- */

static u32 kind_of_free(unsigned int order)
{
	return PAGE_FLAGS(PAGE_FREE, order, zone.type);
}

static u32 tail_kind(void)
{
	return PAGE_FLAGS(PAGE_TAIL, 0, zone.type);
}

static void empty_the_zone(void)
{
	zone.lock = (spinlock_t){ 0 };
	zone.free_pages = 0;
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		zone.free_area[order] = (struct free_area){ .head = PFN_NONE };
}

/* All frames of the plot become tails: none is the first frame of a block. */
static void clear_plot(void)
{
	empty_the_zone();
	for (unsigned int i = 0; i < PLOT_FRAMES; i++)
		plot[i] = (struct page){ .flags = tail_kind(), .a = PFN_NONE, .b = PFN_NONE };
}

/* Returns false, and skips the test, if there is no block for a plot. */
static bool take_plot(void)
{
	plot = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, MAX_ORDER);
	if (!plot) {
		ktest_skip("no free block of order %u", MAX_ORDER);
		return false;
	}
	zone = zones[page_zone(plot)];
	clear_plot();
	return true;
}

static void give_plot_back(void)
{
	clear_plot();
	plot->flags = PAGE_FLAGS(PAGE_USED, MAX_ORDER, zone.type);
	plot->refcount = 1;
	__free_pages(plot, MAX_ORDER);
}

/* Frees a block at a frame of the plot into the second zone. */
static void put(unsigned int at, unsigned int order)
{
	plot[at].flags = PAGE_FLAGS(PAGE_USED, order, zone.type);
	buddy_free(&zone, plot + at, order);
}

/* --- what is free ----------------------------------------------------------------------------- */

static bool is_in_plot(u32 pfn)
{
	return pfn - (u32)page_to_pfn(plot) < PLOT_FRAMES;
}

/*
 * Walks a free list. Each block must be a free block of this order, and must lead back to the block
 * before it. Returns the number of blocks.
 */
static unsigned int walk_list(unsigned int order)
{
	u32 previous = PFN_NONE, pfn = zone.free_area[order].head;
	unsigned int nr = 0;

	for (; pfn != PFN_NONE && nr <= PLOT_FRAMES; pfn = pfn_to_page(pfn)->a, nr++) {
		if (!is_in_plot(pfn) || pfn_to_page(pfn)->flags != kind_of_free(order)) {
			ktest_fail(__FILE__, __LINE__,
				   "the list of order %u leads to frame %#x, expected a free block "
				   "of order %u",
				   order, pfn, order);
			return nr;
		}
		if (previous != PFN_NONE && pfn_to_page(pfn)->b != previous)
			ktest_fail(__FILE__, __LINE__,
				   "list of order %u: word b of frame %u of the plot is %#x, "
				   "expected %#x, the block before it",
				   order, pfn - (u32)page_to_pfn(plot), pfn_to_page(pfn)->b,
				   previous);
		previous = pfn;
	}
	return nr;
}

static void add_block(unsigned int order, unsigned int at)
{
	size_t length = strlen(picture_text);

	snprintf(picture_text + length, sizeof(picture_text) - length, "%s%u@%u", length ? " " : "",
		 order, at);
}

/* The free blocks of the plot. Each must also be in the list of its order, and counted. */
static const char *picture(void)
{
	unsigned int nr[MAX_ORDER + 1] = { 0 };
	unsigned long pages = 0;

	picture_text[0] = '\0';
	for (unsigned int at = 0; at < PLOT_FRAMES; at++) {
		unsigned int order = page_order(plot + at);

		if (page_state(plot + at) != PAGE_FREE || order > MAX_ORDER)
			continue;
		add_block(order, at);
		nr[order]++;
		pages += 1ul << order;
	}
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		unsigned int listed = walk_list(order);

		if (listed != nr[order] || zone.free_area[order].nr_free != nr[order])
			ktest_fail(__FILE__, __LINE__,
				   "order %u: %u blocks are free, %u are in the list, nr_free is "
				   "%u",
				   order, nr[order], listed, zone.free_area[order].nr_free);
	}
	EXPECT_EQ(zone.free_pages, pages);
	return picture_text;
}

/* --- allocating ------------------------------------------------------------------------------- */

KTEST(buddy_blocks, takes_the_smallest_block_that_fits)
{
	static const struct {
		unsigned int order, from, to;
	} wants[] = { { 4, 32, 64 }, { 2, 0, 8 }, { 6, 128, 256 } };

	if (!take_plot())
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(wants); i++) {
		const struct page *page;

		clear_plot();
		put(0, 3);
		put(32, 5);
		put(128, 7);
		page = buddy_alloc(&zone, wants[i].order, 0);
		if (!page || page < plot + wants[i].from || page >= plot + wants[i].to)
			ktest_fail(__FILE__, __LINE__,
				   "order %u was taken at frame %ld of the plot, expected %u to %u "
				   "(free: order 3 at 0, order 5 at 32, order 7 at 128)",
				   wants[i].order, page ? (long)(page - plot) : -1l, wants[i].from,
				   wants[i].to - 1);
	}
	give_plot_back();
}

KTEST(buddy_blocks, no_block_is_large_enough)
{
	if (!take_plot())
		return;
	EXPECT(buddy_alloc(&zone, 0, 0) == NULL);
	put(0, 3);
	put(32, 5);
	zone.free_pages += 1ul << MAX_ORDER; /* the mark is no reason to refuse */
	EXPECT(buddy_alloc(&zone, 6, 0) == NULL);
	EXPECT(buddy_alloc(&zone, MAX_ORDER, 0) == NULL);
	zone.free_pages -= 1ul << MAX_ORDER;
	EXPECT_STREQ(picture(), "3@0 5@32");
	give_plot_back();
}

/* Writes the blocks that remain when a block of `order` is split off the plot. */
static void halves(char *text, size_t size, unsigned int order)
{
	text[0] = '\0';
	for (; order < MAX_ORDER; order++) {
		size_t length = strlen(text);

		snprintf(text + length, size - length, "%s%u@%u", length ? " " : "", order,
			 1u << order);
	}
}

KTEST(buddy_blocks, a_block_is_split_in_halves)
{
	char expected[sizeof(picture_text)];

	if (!take_plot())
		return;
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		const struct page *page;

		clear_plot();
		put(0, MAX_ORDER);
		page = buddy_alloc(&zone, order, 0);
		EXPECT(page == plot);
		EXPECT_EQ(page_state(plot), PAGE_USED);
		EXPECT_EQ(page_order(plot), order);
		halves(expected, sizeof(expected), order);
		EXPECT_STREQ(picture(), expected);
	}
	give_plot_back();
}

KTEST(buddy_blocks, a_batch_takes_whole_halves)
{
	u32 head = PFN_NONE;
	unsigned int nr = 0;

	if (!take_plot())
		return;
	put(64, 6);
	EXPECT_EQ(buddy_take_list(&zone, 2, 5, &head), 5);
	for (; head != PFN_NONE && nr < 5; nr++, head = pfn_to_page(head)->a) {
		EXPECT_EQ(pfn_to_page(head)->flags, PAGE_FLAGS(PAGE_CACHED, 2, zone.type));
		EXPECT(pfn_to_page(head) == plot + 64 + 4 * nr);
	}
	EXPECT_EQ(nr, 5);
	EXPECT_STREQ(picture(), "2@84 3@88 5@96");
	give_plot_back();
}

/* --- two buddies ------------------------------------------------------------------------------ */

static void expect_pair(unsigned int order, unsigned int first, unsigned int second)
{
	char expected[16];

	clear_plot();
	put(first, order);
	put(second, order);
	snprintf(expected, sizeof(expected), "%u@0", order + 1);
	EXPECT_STREQ(picture(), expected);
}

KTEST(buddy_blocks, two_buddies_become_one)
{
	if (!take_plot())
		return;
	for (unsigned int order = 0; order < MAX_ORDER; order++) {
		expect_pair(order, 0, 1u << order);
		expect_pair(order, 1u << order, 0);
	}
	give_plot_back();
}

KTEST(buddy_blocks, neighbours_that_are_no_buddies_stay)
{
	if (!take_plot())
		return;
	put(1, 0);
	put(2, 0);
	put(10, 1);
	put(12, 1);
	put(48, 4);
	put(64, 4);
	EXPECT_STREQ(picture(), "0@1 0@2 1@10 1@12 4@48 4@64");
	give_plot_back();
}

/* A block that is removed may be the first of its list, the last one, or one between. */
KTEST(buddy_blocks, a_buddy_leaves_its_list)
{
	if (!take_plot())
		return;
	for (unsigned int at = 0; at < 48; at += 8)
		put(at, 2);
	/* The newest block is first: 40 32 24 16 8 0. */
	EXPECT_STREQ(picture(), "2@0 2@8 2@16 2@24 2@32 2@40");
	put(20, 2); /* the buddy is in the middle */
	EXPECT_STREQ(picture(), "2@0 2@8 3@16 2@24 2@32 2@40");
	put(44, 2); /* the buddy is the first */
	EXPECT_STREQ(picture(), "2@0 2@8 3@16 2@24 2@32 3@40");
	put(4, 2); /* the buddy is the last */
	EXPECT_STREQ(picture(), "3@0 2@8 3@16 2@24 2@32 3@40");
	give_plot_back();
}

/* --- to the top ------------------------------------------------------------------------------- */

static void expect_whole_plot(void)
{
	char expected[16];
	unsigned int stray = 0, first = 0;

	snprintf(expected, sizeof(expected), "%u@0", MAX_ORDER);
	EXPECT_STREQ(picture(), expected);
	for (unsigned int i = PLOT_FRAMES - 1; i > 0; i--) {
		if (plot[i].kind == tail_kind())
			continue;
		stray++;
		first = i;
	}
	if (stray)
		ktest_fail(__FILE__, __LINE__,
			   "%u frames inside of the block are not tails; the first is frame %u of "
			   "the plot: state %s",
			   stray, first, page_state_name(page_state(plot + first)));
}

KTEST(buddy_blocks, one_free_merges_to_the_top)
{
	if (!take_plot())
		return;
	for (unsigned int order = 0; order < MAX_ORDER; order++)
		put(1u << order, order);
	put(0, 0);
	expect_whole_plot();
	give_plot_back();
}

KTEST(buddy_blocks, single_pages_merge_to_the_top)
{
	if (!take_plot())
		return;
	for (unsigned int stride = 1; stride <= PLOT_FRAMES; stride *= 4) {
		clear_plot();
		for (unsigned int first = 0; first < stride; first++)
			for (unsigned int at = first; at < PLOT_FRAMES; at += stride)
				put(at, 0);
		expect_whole_plot();
	}
	give_plot_back();
}

/* --- where merging must stop ------------------------------------------------------------------ */

/* `flags` is the buddy of frame 0. Frame 0 becomes free and must stay alone. */
static void expect_untouched(u32 flags, const char *what)
{
	clear_plot();
	plot[1].flags = flags;
	put(0, 0);
	if (plot[1].flags != flags || page_state(plot) != PAGE_FREE || page_order(plot) != 0)
		ktest_fail(__FILE__, __LINE__,
			   "frame 0 was freed beside %s: it is %s, order %u, expected a free block "
			   "of order 0",
			   what, page_state_name(page_state(plot)), page_order(plot));
}

KTEST(buddy_blocks, a_buddy_that_is_not_free_stays)
{
	if (!take_plot())
		return;
	for (enum page_state state = PAGE_HOLE; state < NR_PAGE_STATES; state++)
		if (state != PAGE_FREE)
			expect_untouched(PAGE_FLAGS(state, 0, zone.type), page_state_name(state));
	give_plot_back();
}

KTEST(buddy_blocks, a_buddy_of_another_zone_stays)
{
	if (!take_plot())
		return;
	for (enum zone_type type = ZONE_DMA; type < MAX_NR_ZONES; type++)
		if (type != zone.type)
			expect_untouched(PAGE_FLAGS(PAGE_FREE, 0, type), "a free frame of a zone "
									 "other than its own");
	give_plot_back();
}

KTEST(buddy_blocks, a_buddy_that_is_free_in_part_stays)
{
	if (!take_plot())
		return;
	put(2, 0);
	put(0, 1);
	put(24, 2);
	put(16, 3);
	EXPECT_STREQ(picture(), "1@0 0@2 3@16 2@24");
	give_plot_back();
}

/*
 * The frame table ends with the last frame of RAM, but the memory behind it may contain anything.
 * Here it looks like a free block, the buddy of the last block. The test needs a table that ends
 * within a page, where nothing uses the rest of the page, and a last block that is reserved.
 */
KTEST(buddy_blocks, no_block_grows_over_the_end_of_mem_map)
{
	const unsigned int order = (unsigned int)__builtin_ctzl(max_pfn);
	struct page *behind = pfn_to_page(max_pfn), *last = behind - (1u << order);
	struct page saved = *last;
	unsigned long irq_flags;

	if (order >= MAX_ORDER || IS_ALIGNED((unsigned long)behind, PAGE_SIZE) ||
	    page_state(last) != PAGE_RESERVED) {
		ktest_skip("frame table of %lu frames, last block %s", max_pfn,
			   page_state_name(page_state(last)));
		return;
	}
	zone = zones[page_zone(last)];
	empty_the_zone();
	irq_flags = local_irq_save();
	*behind = (struct page){ .flags = kind_of_free(order),
				 .a = PFN_NONE,
				 .b = (u32)page_to_pfn(last) };
	last->flags = PAGE_FLAGS(PAGE_USED, order, zone.type);
	buddy_free(&zone, last, order);
	if (behind->flags != kind_of_free(order) || last->flags != kind_of_free(order))
		ktest_fail(__FILE__, __LINE__,
			   "the block of order %u at frame %#lx was merged with frame %#lx, but "
			   "mem_map has only %#lx frames",
			   order, page_to_pfn(last), max_pfn, max_pfn);
	*behind = (struct page){ 0 };
	*last = saved;
	local_irq_restore(irq_flags);
}

/* --- ranges ----------------------------------------------------------------------------------- */

KTEST(buddy_blocks, a_range_returns_as_whole_blocks)
{
	if (!take_plot())
		return;
	for (unsigned int at = 3; at < 61; at++)
		plot[at].flags = PAGE_FLAGS(PAGE_CACHED, 0, zone.type);
	put(61, 0);
	buddy_put_range(&zone, (u32)page_to_pfn(plot + 3), (u32)page_to_pfn(plot + 61), 0);
	EXPECT_STREQ(picture(), "0@3 2@4 3@8 4@16 4@32 3@48 2@56 1@60");
	clear_plot();
	for (unsigned int at = 8; at < 72; at += 4)
		plot[at].flags = PAGE_FLAGS(PAGE_CACHED, 2, zone.type);
	buddy_put_range(&zone, (u32)page_to_pfn(plot + 8), (u32)page_to_pfn(plot + 72), 2);
	EXPECT_STREQ(picture(), "3@8 4@16 5@32 3@64");
	give_plot_back();
}
