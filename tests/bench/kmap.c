/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <mm/highmem.h>
#include <tests/bench/bench.h>

/*
 * Temporary and long-lived mappings. Each operation maps and unmaps a page, and writes one word in
 * between. The variants: the same page each time (hot), many pages in turn (rotate), four pages at
 * once (depth4), and a page that has an address anyway (low).
 */

#define ROTATION 4096u

/* With this many pages, the slot of each page has been recycled when its turn comes again. */
#define TWICE_THE_SLOTS (2u * LAST_PKMAP)

static void local_pairs(struct bench_run *run, gfp_t gfp)
{
	struct page **pages = bench_take_pages(run, gfp, 1);
	struct page *page;

	if (!pages)
		return;
	page = pages[0];
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		void *addr = kmap_local_page(page);

		bench_touch(addr);
		kunmap_local(addr);
	}
	bench_end(run);
	bench_give_pages(pages, 1);
}

BENCH(kmap_local_high_hot)
{
	local_pairs(run, GFP_HIGHUSER);
}

BENCH(kmap_local_high_rotate4096, .iters = 25 * ROTATION)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, ROTATION);

	if (!pages)
		return;
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		void *addr = kmap_local_page(pages[n % ROTATION]);

		bench_touch(addr);
		kunmap_local(addr);
	}
	bench_end(run);
	bench_give_pages(pages, ROTATION);
}

BENCH(kmap_local_high_depth4)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, 4);

	if (!pages)
		return;
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		void *a = kmap_local_page(pages[0]), *b = kmap_local_page(pages[1]);
		void *c = kmap_local_page(pages[2]), *d = kmap_local_page(pages[3]);

		bench_touch(d);
		kunmap_local(d);
		kunmap_local(c);
		kunmap_local(b);
		kunmap_local(a);
	}
	bench_end(run);
	bench_give_pages(pages, 4);
}

BENCH(kmap_local_low)
{
	local_pairs(run, GFP_KERNEL);
}

BENCH(kmap_atomic_high)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, 1);
	struct page *page;

	if (!pages)
		return;
	page = pages[0];
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		void *addr = kmap_atomic(page);

		bench_touch(addr);
		kunmap_atomic(addr);
	}
	bench_end(run);
	bench_give_pages(pages, 1);
}

BENCH(page_address_low)
{
	struct page **pages = bench_take_pages(run, GFP_KERNEL, 1);
	struct page *page;

	if (!pages)
		return;
	page = pages[0];
	bench_begin(run);
	for (u32 n = run->iters; n; n--)
		bench_touch(page_address(page));
	bench_end(run);
	bench_give_pages(pages, 1);
}

static void pairs(struct bench_run *run, gfp_t gfp)
{
	struct page **pages = bench_take_pages(run, gfp, 1);
	struct page *page;

	if (!pages)
		return;
	page = pages[0];
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		bench_touch(kmap(page));
		kunmap(page);
	}
	bench_end(run);
	bench_give_pages(pages, 1);
}

BENCH(kmap_high_hot)
{
	pairs(run, GFP_HIGHUSER);
}

/* A multiple of the number of slots, so the cost of wrapping counts as often as it occurs. */
BENCH(kmap_high_rotate2x, .iters = 50 * 2048, .stepped = TWICE_THE_SLOTS)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, TWICE_THE_SLOTS);

	if (!pages)
		return;
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		struct page *page = pages[n % TWICE_THE_SLOTS];

		bench_touch(kmap(page));
		kunmap(page);
	}
	bench_end(run);
	bench_give_pages(pages, TWICE_THE_SLOTS);
}

BENCH(kmap_low)
{
	pairs(run, GFP_KERNEL);
}
