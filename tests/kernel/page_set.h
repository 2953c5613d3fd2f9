/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/string.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * For tests that take much memory: sets of blocks that need no memory of their own, and pictures of
 * the free lists to compare.
 */

/**
 * struct page_set - allocated blocks, linked through word a of their first frames
 * @head: frame number of the latest, PFN_NONE if empty
 * @nr_pages: frames of all blocks
 */
struct page_set {
	u32 head;
	unsigned long nr_pages;
};

#define PAGE_SET_EMPTY           \
	{                        \
		.head = PFN_NONE \
	}

/* Word b of a block that is in a set: a block handed out twice is noticed by it. */
#define PAGE_SET_MARK(pfn) (0x5e700000u ^ (u32)(pfn))

/**
 * page_set_add() - put a block into a set
 * @set: where to
 * @page: its first frame; fails the running test if it is in a set already
 *
 * Return: false if it is, and was left alone.
 */
static inline bool page_set_add(struct page_set *set, struct page *page)
{
	u32 pfn = (u32)page_to_pfn(page);

	if (page->b == PAGE_SET_MARK(pfn)) {
		ktest_fail(__FILE__, __LINE__, "frame %#x was handed out twice", pfn);
		return false;
	}
	page->a = set->head;
	page->b = PAGE_SET_MARK(pfn);
	set->head = pfn;
	set->nr_pages += 1ul << page_order(page);
	return true;
}

/**
 * page_set_next() - walk a set
 * @page: NULL to begin, then what this function returned
 *
 * Return: a block, NULL at the end.
 */
static inline struct page *page_set_next(const struct page_set *set, const struct page *page)
{
	u32 pfn = page ? page->a : set->head;

	return pfn == PFN_NONE ? NULL : pfn_to_page(pfn);
}

/**
 * page_set_free() - free all blocks of a set
 * @set: empty afterwards
 */
static inline void page_set_free(struct page_set *set)
{
	while (set->head != PFN_NONE) {
		struct page *page = pfn_to_page(set->head);

		set->head = page->a;
		page->a = page->b = 0;
		put_page(page);
	}
	set->nr_pages = 0;
}

/**
 * page_set_take_highmem() - put all free high memory into a set
 * @set: where to
 *
 * The largest blocks first: a thousand calls, not a million.
 */
static inline void page_set_take_highmem(struct page_set *set)
{
	for (unsigned int order = MAX_ORDER + 1; order-- > 0;) {
		struct page *page;

		while ((page = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, order))) {
			if (!page_is_highmem(page)) {
				__free_pages(page, order);
				break;
			}
			if (!page_set_add(set, page))
				return;
		}
	}
}

/**
 * frame_is_free() - does nobody own a frame?
 * @pfn: of managed RAM
 */
static inline bool frame_is_free(unsigned long pfn)
{
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		const struct page *head = pfn_to_page(ALIGN_DOWN(pfn, 1ul << order));
		enum page_state state = page_state(head);

		if ((state == PAGE_FREE || state == PAGE_CACHED) && page_order(head) >= order)
			return true;
	}
	return false;
}

/**
 * struct free_picture - how many free blocks of each order each zone has
 *
 * Free buddies are always merged, so the same memory in use gives the same picture, once CPUs keep nothing
 * for themselves.
 */
struct free_picture {
	u32 nr_free[MAX_NR_ZONES][MAX_ORDER + 1];
};

static inline struct free_picture free_picture_take(void)
{
	struct free_picture picture;

	ktest_settle();
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			picture.nr_free[i][order] = zones[i].free_area[order].nr_free;
	return picture;
}

/**
 * free_picture_pages() - free pages of a zone
 * @picture: when
 * @type: which zone
 */
static inline unsigned long free_picture_pages(const struct free_picture *picture,
					       enum zone_type type)
{
	unsigned long pages = 0;

	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		pages += (unsigned long)picture->nr_free[type][order] << order;
	return pages;
}

/**
 * free_picture_expect() - fail the running test where the free lists are not as they were
 * @before: how they were
 */
static inline void free_picture_expect(const struct free_picture *before)
{
	struct free_picture now = free_picture_take();

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		for (unsigned int order = 0; order <= MAX_ORDER; order++)
			if (now.nr_free[i][order] != before->nr_free[i][order])
				ktest_fail(
					__FILE__, __LINE__,
					"zone %s, order %u: %u free blocks, expected %u as before",
					zones[i].name, order, now.nr_free[i][order],
					before->nr_free[i][order]);
}
