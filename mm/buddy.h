/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * The free blocks of a zone, in a buddy system; mm/buddy.c explains it. The page allocator takes
 * large blocks from here (mm/page_alloc.h), the per-CPU lists take small ones by the batch
 * (mm/pcp.h).
 */

/**
 * buddy_alloc() - take a block out of a zone
 * @zone: not locked
 * @order: 0 to MAX_ORDER
 * @mark: pages that must stay free in the zone
 *
 * Context: any.
 * Return: its first frame, PAGE_USED with one reference; NULL if the zone has no block of this
 * order or larger, or fewer than @mark pages would stay free.
 */
struct page *buddy_alloc(struct zone *zone, unsigned int order, unsigned long mark);

/**
 * buddy_free() - return a block to its zone, and coalesce it with its free buddies
 * @zone: zone of the block, not locked
 * @page: its first frame, without a reference
 * @order: its order
 *
 * Context: any.
 */
void buddy_free(struct zone *zone, struct page *page, unsigned int order);

/**
 * buddy_take_list() - take several blocks at once
 * @zone: locked
 * @order: order of each block
 * @nr: number of blocks wanted
 * @head: first block of the list that they are put in front of, or PFN_NONE. Word a of each block
 *        leads to the next. They are in the order in which they were found, smallest free blocks
 *        first, and blocks of the same larger block in rising order: so the rests of one block that
 *        earlier calls have cut mostly follow each other in memory
 *
 * The blocks become PAGE_CACHED, without a reference. A larger block is cut in one step, so this is
 * cheaper than @nr calls of buddy_alloc().
 *
 * Context: any, interrupts off.
 * Return: number of blocks taken, less than @nr if the zone has fewer.
 */
unsigned int buddy_take_list(struct zone *zone, unsigned int order, unsigned int nr, u32 *head);

/**
 * buddy_put_range() - return adjacent blocks to their zone
 * @zone: locked
 * @pfn: first frame of the first block
 * @end: one past the last frame of the last block
 * @order: order of each block
 *
 * Has the effect of buddy_free() for each block, in fewer steps.
 *
 * Context: any, interrupts off.
 */
void buddy_put_range(struct zone *zone, u32 pfn, u32 end, unsigned int order);

/**
 * free_boot_range() - give a range of frames to the page allocator
 * @start_pfn: first frame
 * @end_pfn: one past the last frame; at most max_pfn
 *
 * All frames of the range are PAGE_RESERVED. They become free blocks, each as large as alignment,
 * range and zone border allow, and count as managed pages. The function works from the end of the
 * range to its start, so that the lowest frames are allocated first. It checks the first and the
 * last frame of each block, and panics if one of them is not reserved.
 *
 * Context: any; mostly boot.
 */
void free_boot_range(unsigned long start_pfn, unsigned long end_pfn);
