/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <mm/vmalloc.h>
#include <tests/bench/bench.h>
#include <tests/helpers/page_set.h>

/*
 * Each operation maps a range, touches it once and unmaps it. Many ranges share the cost of one
 * purge (mm/vmap_area.c), so each run is long enough for many purges.
 */

static void map_and_unmap(struct bench_run *run, u32 nr)
{
	struct page **pages = bench_take_pages(run, GFP_HIGHUSER, nr);

	if (!pages)
		return;
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		void *addr = vmap(pages, nr, VM_MAP, PAGE_KERNEL);

		bench_touch(addr);
		vunmap(addr);
	}
	bench_end(run);
	bench_give_pages(pages, nr);
}

BENCH(vmap_vunmap_1, .stepped = 1024)
{
	map_and_unmap(run, 1);
}

BENCH(vmap_vunmap_16, .iters = 50000, .stepped = 512)
{
	map_and_unmap(run, 16);
}

BENCH(vmalloc_vfree_64k, .iters = 20000, .stepped = 128)
{
	struct page_set taken = PAGE_SET_EMPTY;

	bench_take_odd_blocks(GFP_HIGHUSER, 0, &taken);
	bench_begin(run);
	for (u32 n = run->iters; n; n--) {
		void *addr = vmalloc(64 << 10);

		bench_touch(addr);
		vfree(addr);
	}
	bench_end(run);
	page_set_free(&taken);
}
