/* SPDX-License-Identifier: MIT */
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <tests/helpers/free_lists.h>
#include <tests/helpers/page_set.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/touch.h>

/*
 * All of high memory works, to the last page. The test writes each free page of highmem with a
 * pattern made of its frame number, and reads all pages when all are written. If a bit of an
 * address is lost anywhere (in the high word of a PTE, in a 32-bit shift, in the machine), two
 * frames are the same memory, and the first one shows the pattern of the second.
 *
 * With touch_limit= the test uses only some pages, in runs of 2 MiB that are spread evenly up to
 * the end of RAM. Many hosts back a guest's memory with 2 MiB pages: a guest that touched 4 KiB of
 * each would use all of it.
 */

#define RUN_PAGES 512ul

/* Use each step-th run of RAM, in the order of addresses, up to the last. */
static unsigned long step;

static bool is_chosen(unsigned long pfn)
{
	return ((max_pfn - 1) / RUN_PAGES - pfn / RUN_PAGES) % step == 0;
}

typedef bool visit_fn(const struct page *page);

/* Visits the chosen frames of a block until visit() returns false. Blocks and runs are aligned to
 * their sizes. */
static unsigned long visit_block(const struct page *block, visit_fn *visit)
{
	unsigned long pfn = page_to_pfn(block), end = pfn + (1ul << page_order(block)), visited = 0;

	for (; pfn < end; pfn = ALIGN_DOWN(pfn, RUN_PAGES) + RUN_PAGES) {
		unsigned long run_end = min(end, ALIGN_DOWN(pfn, RUN_PAGES) + RUN_PAGES);

		for (unsigned long i = pfn; is_chosen(pfn) && i < run_end; i++, visited++)
			if (!visit(pfn_to_page(i)))
				return visited;
	}
	return visited;
}

/* Visits all blocks of a set, and prints progress after each tenth. */
static unsigned long walk(const struct page_set *set, const char *what, visit_fn *visit)
{
	unsigned long done = 0, visited = 0, tenth = set->nr_pages / 10 + 1, next = tenth;

	for (struct page *block = page_set_next(set, NULL); block;
	     block = page_set_next(set, block)) {
		if (ktest_interrupted())
			break;
		visited += visit_block(block, visit);
		done += 1ul << page_order(block);
		for (; done >= next; next += tenth)
			ktest_info("%s %lu%%", what, next / tenth * 10);
	}
	return visited;
}

static bool write_page(const struct page *page)
{
	touch_write(page, 0);
	return !ktest_interrupted();
}

static bool check_page(const struct page *page)
{
	return touch_check(page, 0) && !ktest_interrupted();
}

/* --- a page in every GiB ---------------------------------------------------------------------- */

#define GIB_PAGES (1ul << (30 - PAGE_SHIFT))
#define MAX_GIB   1024

/* The lowest page of the test in each GiB, and the highest page of all. */
static struct page *sample[MAX_GIB + 1];

static void take_samples(const struct page_set *set)
{
	memset(sample, 0, sizeof(sample));
	for (struct page *block = page_set_next(set, NULL); block;
	     block = page_set_next(set, block)) {
		struct page *last = block + (1ul << page_order(block)) - 1;
		unsigned long gib = page_to_pfn(block) / GIB_PAGES;

		if (gib < MAX_GIB && (!sample[gib] || block < sample[gib]))
			sample[gib] = block;
		if (!sample[MAX_GIB] || last > sample[MAX_GIB])
			sample[MAX_GIB] = last;
	}
}

/* This covers the whole range of addresses on machines whose memory is too large to write all of
 * it. */
KTEST(highmem_all, a_page_in_every_gib_is_its_own)
{
	struct free_picture before = free_picture_take();
	struct page_set set = PAGE_SET_EMPTY;
	unsigned int taken = 0;

	if (!nr_free_highpages()) {
		ktest_skip("this machine has no free highmem");
		return;
	}
	page_set_take_highmem(&set);
	/* The test now has every page of each GiB, except those that the kernel itself uses. */
	EXPECT_EQ(nr_free_highpages(), 0);
	take_samples(&set);
	for (unsigned long gib = 0; gib < MAX_GIB; gib++)
		taken += sample[gib] != NULL;
	for (unsigned int i = 0; i <= MAX_GIB; i++)
		if (sample[i])
			touch_write(sample[i], 0x61b00000);
	for (unsigned int i = 0; i <= MAX_GIB; i++)
		if (sample[i])
			EXPECT(touch_check(sample[i], 0x61b00000));
	ktest_info("%u GiB tried, and the last page, frame %#lx", taken,
		   page_to_pfn(sample[MAX_GIB]));
	page_set_free(&set);
	free_picture_expect(&before);
}

KTEST(highmem_all, every_free_page_holds_its_own_pattern)
{
	struct free_picture before = free_picture_take();
	unsigned long free = nr_free_highpages(), written, read;
	struct page_set set = PAGE_SET_EMPTY;

	if (!free) {
		ktest_skip("this machine has no free highmem");
		return;
	}
	page_set_take_highmem(&set);
	EXPECT_EQ(set.nr_pages, free);
	EXPECT_EQ(nr_free_highpages(), 0);
	step = (free - 1) / touch_limit_pages() + 1;
	written = walk(&set, "written", write_page);
	if (ktest_interrupted()) {
		page_set_free(&set);
		return;
	}
	EXPECT(step > 1 ? written > 0 : written == free);
	read = walk(&set, "read", check_page);
	EXPECT(read == written || ktest_interrupted());
	ktest_info("%lu of %lu highmem pages, %lu MiB", written, free,
		   written >> (20 - PAGE_SHIFT));
	page_set_free(&set);
	free_picture_expect(&before);
}
