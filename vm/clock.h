/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The hand of the clock that chooses which pages go when memory is short: pure logic, which the
 * host test simulates. vm/clock.c is the chapter; vm/reclaim.c has the pages.
 */

/* Frames that one step of the hand looks at. */
#define CLOCK_CHUNK 32u

/* One look in six frees a page, whatever the bits say. */
#define CLOCK_LOOKS 6

/* As long as more than this share of the pages are CLOCK_ONCE, only these go. */
#define CLOCK_ONCE_SHARE 32u

/* The bits of a frame. */
#define CLOCK_CREDIT 0x3u /* rounds that a page stays without being used */
#define CLOCK_ONCE   0x4u /* a page of a file that was read once, and not used since */

/**
 * struct clock - the hand of a zone
 * @nr_chunks: chunks of CLOCK_CHUNK frames; 0: the zone has no frames
 * @at: the chunk that is next
 * @left: chunks that are left of this round
 * @stride: from chunk to chunk; has no divisor with @nr_chunks in common
 * @seed: state of the random numbers
 * @owed: looks that have not freed a page yet; negative if more pages went than had to
 * @visited: chunks that were visited
 */
struct clock {
	u32 nr_chunks, at, left, stride, seed;
	s32 owed;
	u64 visited;
};

/**
 * struct clock_scan - what the hand has seen in a chunk
 * @visited: pages of programs and files, for the caller
 * @looks: pages that were looked at
 * @freed: pages that were freed
 * @nr_kept: pages that were looked at and stay
 * @kept: their indexes in the chunk, and their credits in the upper three bits
 */
struct clock_scan {
	u8 visited, looks, freed, nr_kept;
	u8 kept[CLOCK_CHUNK];
};

/**
 * clock_init() - begin the first round
 * @clock: any contents
 * @nr_chunks: chunks of the zone
 * @seed: any number
 *
 * Context: any.
 */
void clock_init(struct clock *clock, u32 nr_chunks, u32 seed);

/**
 * clock_next() - move the hand
 * @clock: has chunks; the caller serializes calls
 *
 * Context: any.
 * Return: number of the chunk to scan. Each round visits all chunks once, in a new order.
 */
u32 clock_next(struct clock *clock);

/**
 * clock_choose() - choose the zone whose hand is furthest behind
 * @clocks: hands of the zones that would help; those without chunks are passed over
 * @nr: their number
 *
 * Each zone is visited in proportion to its chunks. So the pages that are looked at are in
 * proportion to those that can go. A hand that is more than a round behind another one, which some
 * requests have moved alone, catches up.
 * Context: any.
 * Return: index of the zone; @nr if there is none.
 */
u32 clock_choose(struct clock *const *clocks, u32 nr);

/**
 * clock_catch_up() - forget that a zone is far behind or ahead
 * @clock: a hand that was not used for some time
 * @other: a hand that was
 *
 * Context: any.
 */
void clock_catch_up(struct clock *clock, const struct clock *other);

/**
 * clock_look() - look at a page
 * @scan: the chunk; zeroes at first
 * @index: of the frame in the chunk
 * @bits: of the frame; changed
 * @accessed: the page was used since the last look
 *
 * Context: any.
 * Return: true if the page goes. If it cannot go, clock_keep() is called; otherwise clock_freed().
 */
bool clock_look(struct clock_scan *scan, u32 index, u8 *bits, bool accessed);

/**
 * clock_freed() - a page that clock_look() or clock_force() wanted is free, or on its way to a disk
 * @scan: the chunk
 *
 * Context: any.
 */
static inline void clock_freed(struct clock_scan *scan)
{
	scan->freed++;
}

/**
 * clock_end() - how many pages must go besides?
 * @clock: the hand; the caller serializes calls
 * @scan: the chunk, completely looked at
 *
 * Context: any.
 * Return: number of pages to be taken by clock_force().
 */
u32 clock_end(struct clock *clock, const struct clock_scan *scan);

/**
 * clock_force() - choose a page that must go though its time has not come
 * @scan: the chunk
 *
 * Context: any.
 * Return: index of a frame, a page of little credit first; CLOCK_CHUNK if none is left.
 */
u32 clock_force(struct clock_scan *scan);
