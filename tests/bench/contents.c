/* SPDX-License-Identifier: MIT */
#include <mm/highmem.h>
#include <tests/bench/bench.h>

/*
 * Contents of pages in high memory, whole pages and parts, through temporary mappings. A page has
 * 1024 words, so 1024 repetitions of a string instruction are the lower limit.
 */

#define FEWER .iters = 20000, .stepped = 16

BENCH(clear_highpage, FEWER)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, 1);
	struct page *page;

	if (!pages)
		return;
	page = pages[0];
	bench_begin(run);
	for (u32 n = run->iters; n; n--)
		clear_highpage(page);
	bench_end(run);
	bench_give_pages(pages, 1);
}

BENCH(copy_highpage, FEWER)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, 2);
	struct page *to, *from;

	if (!pages)
		return;
	to = pages[0];
	from = pages[1];
	bench_begin(run);
	for (u32 n = run->iters; n; n--)
		copy_highpage(to, from);
	bench_end(run);
	bench_give_pages(pages, 2);
}

/* The size is a constant, as it is for most callers. */
static __always_inline void copy_to_page(struct bench_run *run, size_t size)
{
	static char from[PAGE_SIZE];
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, 1);
	struct page *page;

	if (!pages)
		return;
	page = pages[0];
	bench_begin(run);
	for (u32 n = run->iters; n; n--)
		memcpy_to_page(page, 0, from, size);
	bench_end(run);
	bench_give_pages(pages, 1);
}

BENCH(memcpy_to_page_64)
{
	copy_to_page(run, 64);
}

BENCH(memcpy_to_page_4096, FEWER)
{
	copy_to_page(run, 4096);
}
