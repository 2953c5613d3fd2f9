/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/string.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * Questions to the free lists of the page allocator, for tests: is a frame free, and are the lists
 * as they were before?
 */

/**
 * frame_is_free() - find out whether a frame is part of a free block
 * @pfn: number of a frame of managed RAM
 *
 * Context: any; exact while nobody allocates or frees.
 * Return: true if the frame is in a free list, or in a per-CPU list.
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
 * struct free_picture - number of free blocks of each zone and order
 * @nr_free: the numbers
 *
 * Free buddies are always merged. So if the same frames are in use, the picture is the same,
 * provided that the per-CPU lists are empty.
 */
struct free_picture {
	u32 nr_free[MAX_NR_ZONES][MAX_ORDER + 1];
};

/**
 * free_picture_take() - empty the per-CPU lists, and count the free blocks
 *
 * Context: may sleep.
 * Return: the numbers now.
 */
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
 * @picture: from free_picture_take()
 * @type: the zone
 *
 * Context: any.
 * Return: number of pages in the free lists of the zone.
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
 * free_picture_expect() - fail the running test if the free lists differ from a picture
 * @before: from free_picture_take()
 *
 * Context: may sleep.
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
