/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <tests/bench/bench.h>
#include <tests/helpers/page_set.h>

/*
 * The cost of one block that is allocated and freed at once, for each order and each zone that
 * matters, and of many pages in a row.
 *
 * The cost of orders 8 and 9 depends on the free lists, so we measure the best and the worst state:
 *
 *	alloc_free_order8_lowmem         only whole blocks of order 10 are free: each allocation
 *	                                 splits one twice, and each free coalesces twice
 *	alloc_free_order8_lowmem_split   a block of just that order is free and its buddy is not: no
 *	                                 splits, nothing to coalesce
 *
 * The plain name is the worst state: a freshly booted kernel has most of its memory in large
 * blocks. A kernel that has run for a while is between the two. Orders 0 to 7 come from the
 * per-CPU lists (mm/pcp.h), so the state of the zone makes no difference after the first block.
 * It does for many pages in a row, which come from the zone by the batch: so these have two rows,
 * too. Here the plain name is the best state.
 */

/* The functions are inlined: zone and order are constants here, as they are for most callers. */
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

	bench_take_odd_blocks(gfp, max(order, (unsigned int)PCP_ORDERS), &taken);
	pairs(run, gfp, order);
	page_set_free(&taken);
}

/* The block that is split off stays allocated. Its buddy is free, and has no free buddy itself. */
static __always_inline void split(struct bench_run *run, gfp_t gfp, unsigned int order)
{
	struct page_set taken = PAGE_SET_EMPTY;
	struct page *buddy;

	bench_take_odd_blocks(gfp, max(order, (unsigned int)PCP_ORDERS), &taken);
	buddy = alloc_pages(gfp | __GFP_NOWARN, order);
	if (buddy)
		page_set_add(&taken, buddy);
	pairs(run, gfp, order);
	page_set_free(&taken);
}

/* --- one block at a time ---------------------------------------------------------------------- */

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

/* --- buddies at the far end of a list --------------------------------------------------------- */

#define PAIRS 64u

/*
 * Frees blocks of order 8 whose buddies are free. The list of order 8 has 64 blocks at first, and
 * the buddy of each block is the last one of the list. An allocator that searches the list for it
 * becomes slower with each free block; one that follows two links does not. If 8 is the largest
 * order, no block has a buddy, and nothing is merged.
 */
BENCH(merge64_free_order8_highuser, .iters = 16 * PAIRS, .stepped = PAIRS)
{
	struct page *lower[PAIRS], *upper[PAIRS];
	struct page_set taken = PAGE_SET_EMPTY;

	for (u32 rounds = run->iters / PAIRS; rounds; rounds--) {
		u32 nr = 0;

		bench_take_odd_blocks(GFP_HIGHUSER, 8, &taken);
		for (; nr < PAIRS; nr++) {
			lower[nr] = alloc_pages(GFP_HIGHUSER, 8);
			upper[nr] = alloc_pages(GFP_HIGHUSER, 8);
			if (!lower[nr] || !upper[nr] ||
			    (8 < MAX_ORDER && upper[nr] != lower[nr] + (1u << 8))) {
				run->skipped = "too little memory of its zone";
				return;
			}
		}
		for (u32 i = 0; i < PAIRS; i++)
			__free_pages(lower[i], 8);
		bench_begin(run);
		for (u32 i = 0; i < PAIRS; i++)
			__free_pages(upper[i], 8);
		bench_end(run);
		page_set_free(&taken);
		taken = (struct page_set)PAGE_SET_EMPTY;
	}
}

/* --- many in a row ---------------------------------------------------------------------------- */

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

static void count_taking(struct bench_run *run)
{
	for (u32 n = run->iters / BATCH; n; n--) {
		bench_begin(run);
		take_batch();
		bench_end(run);
		give_batch();
	}
}

static void count_giving(struct bench_run *run)
{
	for (u32 n = run->iters / BATCH; n; n--) {
		take_batch();
		bench_begin(run);
		give_batch();
		bench_end(run);
	}
}

/* The zone has whole blocks only, so the batches of the per-CPU list are whole blocks, too. */
static void in_whole_blocks(struct bench_run *run, void (*count)(struct bench_run *run))
{
	struct page_set taken = PAGE_SET_EMPTY;

	bench_take_odd_blocks(GFP_HIGHUSER, 0, &taken);
	count(run);
	page_set_free(&taken);
}

/*
 * One more frame is free. Then a batch is that frame and 31 of the next 32, which leaves one for
 * the next batch, and so on: each batch splits a block into six parts and merges another of six.
 */
static void beside_odd_frame(struct bench_run *run, void (*count)(struct bench_run *run))
{
	struct page_set taken = PAGE_SET_EMPTY;
	struct page *odd = alloc_page(GFP_HIGHUSER);

	bench_take_odd_blocks(GFP_HIGHUSER, 0, &taken);
	__free_page(odd);
	drain_all_pages();
	count(run);
	page_set_free(&taken);
}

BENCH(batch4096_alloc_highuser, .iters = 25 * BATCH, .stepped = BATCH)
{
	in_whole_blocks(run, count_taking);
}

BENCH(batch4096_free_highuser, .iters = 25 * BATCH, .stepped = BATCH)
{
	in_whole_blocks(run, count_giving);
}

BENCH(batch4096_alloc_highuser_odd, .iters = 25 * BATCH, .stepped = BATCH)
{
	beside_odd_frame(run, count_taking);
}

BENCH(batch4096_free_highuser_odd, .iters = 25 * BATCH, .stepped = BATCH)
{
	beside_odd_frame(run, count_giving);
}
