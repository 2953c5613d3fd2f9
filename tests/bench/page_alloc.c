/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <tests/bench/bench.h>
#include <tests/kernel/page_set.h>

/*
 * A block taken and given back at once, of each order and from each zone that matters, and many pages in
 * a row.
 *
 * What a block of a middle order costs depends on what is free. Two states bracket it:
 *
 *	alloc_free_order6_lowmem         nothing but whole blocks of order 10: each allocation splits
 *	                                 one all the way down, each free merges it all the way up
 *	alloc_free_order6_lowmem_split   a block of just that order is free, whose buddy is not: neither
 *	                                 splits nor merges
 *
 * The plain name is the first, the dear one: it is how a freshly booted kernel finds most of its memory, a
 * kernel that has run for a while lies in between, and it can be made on any machine. For the orders that
 * CPUs keep for themselves (mm/pcp.h) both are the same but for the first block: the zone is not asked.
 */

/* --- states of a zone ------------------------------------------------------------------------------ */

/*
 * Takes all free blocks of orders @order to MAX_ORDER - 1: whatever is freed then merges with what it was
 * split from. Orders that CPUs keep come from the zone by the batch, and cannot be taken one by one.
 */
static void take_odd_blocks(gfp_t gfp, unsigned int order, struct page_set *taken)
{
	const struct zone *zone = &zones[gfp_zone(gfp)];

	drain_all_pages();
	for (unsigned int k = MAX_ORDER - 1; k >= max(order, (unsigned int)PCP_ORDERS); k--) {
		while (zone->free_area[k].nr_free) {
			struct page *page = alloc_pages(gfp | __GFP_NOWARN, k);

			if (!page)
				return;
			page_set_add(taken, page);
		}
	}
}

/* The functions are inlined, so that zone and order are constants as they are for most callers. */
static __always_inline void pairs(struct bench_run *run, gfp_t gfp, unsigned int order)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN, order);

	if (!page || page_zone(page) != gfp_zone(gfp))
		run->skipped = "too little memory of its zone";
	if (page)
		__free_pages(page, order);
	if (run->skipped)
		return;
	bench_begin(run);
	for (u32 n = run->iters; n; n--)
		__free_pages(alloc_pages(gfp, order), order);
	bench_end(run);
}

static __always_inline void merged(struct bench_run *run, gfp_t gfp, unsigned int order)
{
	struct page_set taken = PAGE_SET_EMPTY;

	take_odd_blocks(gfp, order, &taken);
	pairs(run, gfp, order);
	page_set_free(&taken);
}

/* The block that is split off and kept has a free buddy, and that one has none. */
static __always_inline void split(struct bench_run *run, gfp_t gfp, unsigned int order)
{
	struct page_set taken = PAGE_SET_EMPTY;
	struct page *buddy;

	take_odd_blocks(gfp, order, &taken);
	buddy = alloc_pages(gfp | __GFP_NOWARN, order);
	if (buddy)
		page_set_add(&taken, buddy);
	pairs(run, gfp, order);
	page_set_free(&taken);
}

/* --- one block at a time ---------------------------------------------------------------------------- */

#define MERGED(order)                             \
	BENCH(alloc_free_order##order##_lowmem)   \
	{                                         \
		merged(run, GFP_KERNEL, order);   \
	}                                         \
	BENCH(alloc_free_order##order##_highuser) \
	{                                         \
		merged(run, GFP_HIGHUSER, order); \
	}

#define SPLIT(order)                                    \
	BENCH(alloc_free_order##order##_lowmem_split)   \
	{                                               \
		split(run, GFP_KERNEL, order);          \
	}                                               \
	BENCH(alloc_free_order##order##_highuser_split) \
	{                                               \
		split(run, GFP_HIGHUSER, order);        \
	}

MERGED(0)
MERGED(1)
MERGED(2)
MERGED(3)
MERGED(4)
MERGED(5)
MERGED(6)
MERGED(7)
MERGED(8)
MERGED(9)
MERGED(10)
SPLIT(1)
SPLIT(2)
SPLIT(3)
SPLIT(4)
SPLIT(5)
SPLIT(6)
SPLIT(7)
SPLIT(8)
SPLIT(9)

/* --- many in a row ---------------------------------------------------------------------------------- */

#define BATCH 4096u

static struct page *batch[BATCH];

static void take_batch(void)
{
	for (u32 n = BATCH; n; n--)
		batch[n - 1] = alloc_page(GFP_HIGHUSER);
}

static void give_batch(void)
{
	for (u32 n = BATCH; n; n--)
		__free_page(batch[n - 1]);
}

BENCH(batch4096_alloc_highuser, .iters = 25 * BATCH, .stepped = BATCH)
{
	for (u32 n = run->iters / BATCH; n; n--) {
		bench_begin(run);
		take_batch();
		bench_end(run);
		give_batch();
	}
}

BENCH(batch4096_free_highuser, .iters = 25 * BATCH, .stepped = BATCH)
{
	for (u32 n = run->iters / BATCH; n; n--) {
		take_batch();
		bench_begin(run);
		give_batch();
		bench_end(run);
	}
}
