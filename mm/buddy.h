/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * The buddy system of a zone: for the page allocator, which decides who gets what (mm/page_alloc.h), and
 * for the lists of the CPUs (mm/pcp.h).
 */

/**
 * buddy_alloc() - take a block out of a zone
 * @zone: not locked
 * @order: 0 to MAX_ORDER
 * @mark: free pages that have to stay
 *
 * Context: any.
 * Return: its first frame, PAGE_USED with one reference; NULL if there is no block that is large enough, or
 * fewer pages would stay.
 */
struct page *buddy_alloc(struct zone *zone, unsigned int order, unsigned long mark);

/**
 * buddy_free() - put a block into its zone, merged with as much as possible
 * @zone: of the block; not locked
 * @page: its first frame; no user left
 * @order: its order
 *
 * Context: any.
 */
void buddy_free(struct zone *zone, struct page *page, unsigned int order);

/**
 * buddy_take_list() - take several blocks at once
 * @zone: locked
 * @order: of each
 * @nr: how many are wanted
 * @head: the list to put them on: frame number of the first, each word a leads to the next. Those of the
 *        same larger block stand in rising order.
 *
 * The frames are PAGE_CACHED, without a reference. A larger block is cut in one go, so this costs less than
 * @nr times buddy_alloc().
 * Return: how many there were.
 */
unsigned int buddy_take_list(struct zone *zone, unsigned int order, unsigned int nr, u32 *head);

/**
 * buddy_put_range() - put blocks that lie side by side into their zone
 * @zone: locked
 * @pfn: first frame of the first
 * @end: one past the last frame of the last
 * @order: of each
 *
 * The same as buddy_free() of each, in fewer steps.
 */
void buddy_put_range(struct zone *zone, u32 pfn, u32 end, unsigned int order);

/**
 * free_boot_range() - give a range of frames to the allocator
 * @start_pfn: first frame
 * @end_pfn: one past the last
 *
 * All of it is RAM, is PAGE_RESERVED and lies below max_pfn. It goes in the largest aligned blocks
 * that fit, never over a zone border, from the last to the first, so that the next allocations come
 * from its low end. Counted as managed. The ends of each block are checked: panics where the frame
 * is not reserved.
 *
 * Context: any; boot mostly.
 */
void free_boot_range(unsigned long start_pfn, unsigned long end_pfn);
