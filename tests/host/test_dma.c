/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "page_alloc_ops.h"

#include <asm/layout.h>
#include <kernel/fault_inject.h>
#include <lib/errno.h>
#include <mm/dma.h>
#include <mm/page_alloc.h>

/* Reach of devices, and their bounce pages, on random machines. */

#define NR_MACHINES 15
#define MOST_PAGES  24u

static void limits_borders_and_alignment(void)
{
	static const struct dma_reach isa = { .limit = DMA_LIMIT_ISA, .border = 0x10000 };
	static const struct dma_reach far = { .limit = DMA_LIMIT_32, .align = 1024 };
	static const struct dma_reach any = { 0 };

	CHECK(dma_reaches(&isa, 0xffffff, 1));
	CHECK(!dma_reaches(&isa, 0xffffff, 2));
	CHECK(!dma_reaches(&isa, DMA_LIMIT_ISA, 1));
	CHECK(!dma_reaches(&isa, DMA_LIMIT_32 + 0x1000, 512));
	CHECK(dma_reaches(&isa, 0x10000, 0x10000));
	CHECK(!dma_reaches(&isa, 0x10200, 0x10000));
	CHECK(!dma_reaches(&isa, 0x1fe00, 0x201));
	CHECK(dma_reaches(&far, 0xfffffc00, 0x400));
	CHECK(!dma_reaches(&far, 0xfffffc00, 0x401));
	CHECK(!dma_reaches(&far, 0x200, 0x200));
	CHECK(dma_reaches(&any, ~0ull >> 1, 4096));
}

static void a_reach_that_no_page_has(void)
{
	static const struct dma_reach bad[] = {
		{ .limit = DMA_LIMIT_ISA - 1 },
		{ .border = 2048 },
		{ .align = 8192 },
	};
	struct dma_pool pool;

	page_alloc_ops_boot();
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_EQ(dma_pool_init(&pool, &bad[i], 4), -EINVAL);
}

/* Takes pages of a pool; all are in reach. Returns their number. */
static u32 take(struct dma_pool *pool, struct page **pages, u32 most)
{
	u32 nr = 0;

	while (nr < most && (pages[nr] = dma_bounce_get(pool))) {
		CHECK(dma_reaches(&pool->reach, page_to_phys(pages[nr]), PAGE_SIZE));
		CHECK_EQ(page_state(pages[nr]), PAGE_USED);
		for (u32 i = 0; i < nr; i++)
			CHECK(pages[i] != pages[nr]);
		nr++;
	}
	return nr;
}

static void one_pool(void)
{
	static const phys_addr_t limits[] = { 0,          DMA_LIMIT_ISA, 0x4000000,
					      0x38000000, DMA_LIMIT_32,  1ull << 36 };
	struct dma_reach reach = { .limit = limits[host_random_below(ARRAY_SIZE(limits))],
				   .border = host_random_below(2) ? 0x10000 : 0,
				   .align = host_random_below(4) ? 0 : 4096 };
	u32 nr = (u32)host_random_below(MOST_PAGES), got;
	struct page *pages[2 * MOST_PAGES];
	struct dma_pool pool;
	int error = dma_pool_init(&pool, &reach, nr);

	if (error) {
		CHECK_EQ(error, -ENOMEM);
		CHECK(!zones[ZONE_DMA].free_pages || zone_free_pages(&zones[ZONE_DMA]) < 5000);
		return;
	}
	CHECK_EQ(pool.nr_free, dma_reaches_all(&reach) && !reach.align ? 0 : nr);
	nr = pool.nr_free;

	/* Without any memory the reserve is there, and is full again afterwards. */
	fault_inject_from(1);
	got = take(&pool, pages, ARRAY_SIZE(pages));
	fault_inject_from(0);
	CHECK_EQ(got, nr);
	CHECK_EQ(pool.nr_free, 0);
	while (got)
		dma_bounce_put(&pool, pages[--got]);
	CHECK_EQ(pool.nr_free, nr);

	/* With memory the reserve is untouched as long as there is some. */
	got = take(&pool, pages, ARRAY_SIZE(pages));
	CHECK(got >= nr);
	CHECK_EQ(pool.nr_used, got);
	if (got)
		CHECK_PANICS("bounce pages are in use", dma_pool_destroy(&pool));
	while (got)
		dma_bounce_put(&pool, pages[--got]);
	CHECK_EQ(pool.nr_free, nr);
	dma_pool_destroy(&pool);
}

static void pools_on_random_machines(void)
{
	for (u32 machine = 0; machine < NR_MACHINES; machine++) {
		page_alloc_ops_boot();
		for (u32 i = 0; i < 20; i++)
			one_pool();
		page_alloc_ops_check("after the pools");
	}
}

int main(void)
{
	if (!page_alloc_ops_map())
		return 1;
	host_run("limits, borders and alignment", limits_borders_and_alignment);
	host_run("a reach that no page has", a_reach_that_no_page_has);
	host_run("pools on random machines", pools_on_random_machines);
	return host_done();
}
