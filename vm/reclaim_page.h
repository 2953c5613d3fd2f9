/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>
#include <vm/clock.h>
#include <vm/unmap.h>

/*
 * One page of reclaim: was it used, and can it be had? vm/reclaim_page.c is the chapter.
 */

#define RECLAIM_WRITES (3 * CLOCK_CHUNK)

/**
 * struct reclaim - a call of reclaim
 * @gfp: the request that it is for
 * @no_swap: anonymous pages stay: there is no place for them, or the request may not write
 * @objects: the lock of all objects is held
 * @batch: flushes that are owed
 * @freed: pages that were freed
 * @dirty: pages of files that could go if they were written
 * @failed: pages that could not be written to swap
 * @locked: pages that were passed over because another thread had locked their object
 * @nr_taken, @taken: pages of this chunk that nothing maps any more, until the flush
 * @nr_writes, @writes: pages on their way to swap, with a reference
 */
struct reclaim {
	gfp_t gfp;
	bool no_swap, objects;
	struct tlb_batch batch;
	unsigned long freed, dirty, failed, locked;
	u32 nr_taken, nr_writes;
	struct page *taken[CLOCK_CHUNK], *writes[RECLAIM_WRITES];
};

enum page_look {
	PAGE_BUSY,   /* it cannot go: locked, in I/O, in use, without a place to go to */
	PAGE_ACTIVE, /* it was used since the last look */
	PAGE_UNUSED,
};

/**
 * reclaim_begin() - begin with the pages of a chunk
 * @reclaim: @gfp is set, all else zeroes; or after reclaim_end()
 *
 * Context: thread.
 */
void reclaim_begin(struct reclaim *reclaim);

/**
 * reclaim_end() - flush, and free or write the pages that were taken
 * @reclaim: begun
 *
 * Context: thread; may sleep, until others have written their pages.
 */
void reclaim_end(struct reclaim *reclaim);

/**
 * reclaim_finish() - free pages that were written, and pay all flushes
 * @reclaim: ended
 * @left: pages that may still be on their way to the disk afterwards
 *
 * Pages that are left with @left == 0 before it was called are freed by nobody.
 * Context: thread; sleeps until pages are written.
 */
void reclaim_finish(struct reclaim *reclaim, u32 left);

/**
 * reclaim_look() - look at a page, and forget that it was used
 * @reclaim: begun
 * @page: any frame
 *
 * Context: thread.
 * Return: a snapshot.
 */
enum page_look reclaim_look(struct reclaim *reclaim, struct page *page);

/**
 * reclaim_take() - take a page away from its users
 * @reclaim: begun
 * @page: reclaim_look() has found that it can go
 *
 * Context: thread.
 * Return: false if it is used again.
 */
bool reclaim_take(struct reclaim *reclaim, struct page *page);
