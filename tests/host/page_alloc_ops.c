/* SPDX-License-Identifier: MIT */
#include "page_alloc_ops.h"
#include "host.h"
#include "page_alloc_model.h"

#include <mm/handover.h>
#include <mm/kmap_local.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/watermark.h>

#include <sys/mman.h>

/* --- mappings, counted ------------------------------------------------------------------------ */

static unsigned char mapped[PAGE_SIZE];
static unsigned long nr_mapped, nr_cleared;

void *kmap_local_page(const struct page *page)
{
	nr_mapped++;
	memset(mapped, 0xff, sizeof(mapped));
	return mapped;
}

void kunmap_local(const void *addr)
{
	nr_cleared += mapped[0] == 0 && memcmp(mapped, mapped + 1, sizeof(mapped) - 1) == 0;
}

/* --- a machine -------------------------------------------------------------------------------- */

bool page_alloc_ops_map(void)
{
	void *wanted = (void *)WINDOW_START;

	return mmap(wanted, WINDOW_END - WINDOW_START, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

/* Requests must leave different numbers of pages on each machine; on some machines none. */
static void random_limits(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%u",
		 (unsigned int)(host_random() % 8000 >> host_random() % 12));
	CHECK_EQ(min_free_kbytes_set(text), 0);
	snprintf(text, sizeof(text), "%u,%u,%u", (unsigned int)host_random_below(300),
		 (unsigned int)host_random_below(40), (unsigned int)host_random_below(50));
	CHECK_EQ(lowmem_reserve_ratio_set(text), 0);
}

void page_alloc_ops_new_machine(void)
{
	model_build(WINDOW_START, WINDOW_END);
	memset(&pcp_lists, 0, sizeof(pcp_lists));
	/* An expected panic may have left them locked. */
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		memset(&zones[i].lock, 0, sizeof(zones[i].lock));
}

/* The memory of the frame table has random contents before, as on a real machine. */
void page_alloc_ops_boot(void)
{
	page_alloc_ops_new_machine();
	memset((void *)WINDOW_START, 0xa5, WINDOW_END - WINDOW_START);
	mem_map_init();
	model_reserve(__pa(mem_map), (phys_addr_t)max_pfn * sizeof(struct page));
	model_handover();
	memblock_free_all();
	random_limits();
}

/* Cached blocks return to their zones first, since the model has no per-CPU lists. */
void page_alloc_ops_check(const char *when)
{
	const char *wrong = page_alloc_check();

	if (wrong)
		host_fail(__FILE__, __LINE__, "%s: %s", when, wrong);
	drain_all_pages();
	wrong = model_matches();
	if (wrong)
		host_fail(__FILE__, __LINE__, "%s: %s", when, wrong);
}

/* --- operations ------------------------------------------------------------------------------- */

#define NR_BLOCKS 4096

static struct block {
	struct page *page;
	unsigned int order;
} blocks[NR_BLOCKS];

static unsigned int nr_blocks;

static gfp_t random_gfp(void)
{
	static const gfp_t some[] = {
		GFP_DMA,
		GFP_KERNEL,
		GFP_ATOMIC,
		GFP_HIGHUSER,
		__GFP_HIGHMEM,
		__GFP_DMA | __GFP_HIGHMEM,
		GFP_USER | __GFP_DMA32,
		__GFP_DMA32 | __GFP_HIGHMEM | __GFP_HIGH,
	};
	gfp_t gfp = some[host_random_below(ARRAY_SIZE(some))] | __GFP_NOWARN;

	if (host_random_below(50) == 0)
		gfp |= __GFP_ZERO;
	return host_random_below(20) ? gfp : gfp | __GFP_COMP;
}

static bool zone_has(const struct zone *zone, unsigned int order)
{
	for (; order <= MAX_ORDER; order++)
		if (zone->free_area[order].nr_free)
			return true;
	return false;
}

/* Without RAM above 4 GiB all of highmem is good enough for DMA32. */
static enum zone_type best_zone(gfp_t gfp)
{
	enum zone_type best = gfp_zone(gfp);

	return best == ZONE_DMA32 && max_pfn <= 0x100000 ? ZONE_HIGHMEM : best;
}

unsigned long has_to_stay(enum zone_type type, gfp_t gfp)
{
	unsigned long above = 0, highest = best_zone(gfp);
	u32 ratio = lowmem_reserve_ratio(type);

	for (unsigned long zone = type + 1; zone <= highest; zone++)
		above += zones[zone].managed_pages;
	return (ratio ? above / ratio : 0) +
	       (gfp & __GFP_HIGH ? 0 : zones[type].watermark[WMARK_MIN]);
}

static bool zone_can(enum zone_type type, gfp_t gfp, unsigned int order, bool first)
{
	unsigned long mark = has_to_stay(type, gfp);

	if (order < PCP_ORDERS) {
		const struct pcp_list *list = pcp_list(type, order);

		if (list->nr_hot || list->nr_cold)
			return first || zones[type].free_pages >= mark;
	}
	return zones[type].free_pages >= mark + (1ul << order) && zone_has(&zones[type], order);
}

/* Highest zone that the request can use and that has such a block; -1 if there is none. */
static int zone_expected(gfp_t gfp, unsigned int order)
{
	bool first = true;

	for (int type = best_zone(gfp); type >= 0; type--) {
		if (!zones[type].present_pages)
			continue;
		if (zone_can(type, gfp, order, first))
			return type;
		first = false;
	}
	return -1;
}

static void check_block(const struct page *page, unsigned int order, int zone)
{
	unsigned long pfn = page_to_pfn(page);

	CHECK(zone >= 0);
	CHECK_EQ(pfn % (1ul << order), 0);
	CHECK(model_range_is(pfn, 1ul << order, MODEL_FREE));
	CHECK_EQ(model_zone(pfn), zone);
	CHECK_EQ(model_zone(pfn + (1ul << order) - 1), zone);
	CHECK_EQ(page->refcount, 1);
	CHECK_EQ(page->flags & ~PAGE_COMPOUND, PAGE_FLAGS(PAGE_USED, order, zone));
}

/* Each frame must lead to the first one, and share its references. */
static void check_compound(struct page *page, unsigned int order)
{
	struct page *frame = page + host_random_below(1ul << order);

	for (unsigned long i = 0; i < 1ul << order; i++)
		CHECK(compound_head(page + i) == page);
	get_page(frame);
	CHECK_EQ(page->refcount, 2);
	put_page(frame);
	CHECK_EQ(page->refcount, 1);
	if (order > 0)
		CHECK_PANICS("split_page", split_page(page, order));
}

static void op_alloc(void)
{
	unsigned int order =
		(unsigned int)(host_random_below(3) ? host_random_below(3)
						    : host_random_below(MAX_ORDER + 1));
	gfp_t gfp = random_gfp();
	int zone = zone_expected(gfp, order);
	unsigned long mappings = nr_mapped;
	struct page *page;

	if (nr_blocks == NR_BLOCKS)
		return;
	if (zone < 0) {
		/* alloc_pages() does the same before it gives up. */
		drain_all_pages();
		zone = zone_expected(gfp, order);
	}
	page = alloc_pages(gfp, order);
	if (!page) {
		CHECK_EQ(zone, -1);
		return;
	}
	check_block(page, order, zone);
	CHECK(!(gfp & __GFP_DMA32) || page_to_pfn(page) < 0x100000);
	CHECK_EQ(nr_mapped - mappings, gfp & __GFP_ZERO ? 1ul << order : 0);
	CHECK_EQ(nr_mapped, nr_cleared);
	model_set(page_to_pfn(page), 1ul << order, MODEL_USED);
	if (gfp & __GFP_COMP)
		check_compound(page, order);
	page->a = page->b = (u32)host_random(); /* these words belong to the owner */
	blocks[nr_blocks++] = (struct block){ page, order };
}

static struct block take_random_block(void)
{
	unsigned int i = (unsigned int)host_random_below(nr_blocks);
	struct block block = blocks[i];

	blocks[i] = blocks[--nr_blocks];
	return block;
}

static void op_free(void)
{
	struct block block;

	if (!nr_blocks)
		return;
	block = take_random_block();
	model_set(page_to_pfn(block.page), 1ul << block.order, MODEL_FREE);
	if (host_random_below(8) == 0) {
		get_page(block.page);
		__free_pages(block.page, block.order);
		CHECK_EQ(block.page->refcount, 1);
	}
	if (host_random_below(2))
		__free_pages(block.page, block.order);
	else
		put_page(block.page);
}

static void op_split(void)
{
	struct block block;

	if (!nr_blocks)
		return;
	block = take_random_block();
	if (block.page->flags & PAGE_COMPOUND || nr_blocks + (1u << block.order) > NR_BLOCKS) {
		blocks[nr_blocks++] = block;
		return;
	}
	split_page(block.page, block.order);
	for (unsigned int i = 0; i < 1u << block.order; i++)
		blocks[nr_blocks++] = (struct block){ block.page + i, 0 };
}

/* Allocates single pages into the empty elements of an array. */
static void op_bulk(void)
{
	struct page *pages[64] = { NULL };
	unsigned int nr = 1 + (unsigned int)host_random_below(64), got;
	unsigned int given = (unsigned int)host_random_below(nr);
	struct page *mine = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);

	pages[given] = mine;
	got = alloc_pages_bulk(GFP_HIGHUSER | __GFP_NOWARN, nr, pages);
	CHECK(got <= nr);
	CHECK(pages[given] == mine || !mine);
	for (unsigned int i = 0; i < nr; i++) {
		CHECK(i >= got || pages[i]);
		if (pages[i]) {
			CHECK_EQ(pages[i]->flags & PAGE_KIND_MASK, PAGE_FLAGS(PAGE_USED, 0, 0));
			CHECK(model_range_is(page_to_pfn(pages[i]), 1, MODEL_FREE));
			__free_page(pages[i]);
		}
	}
}

static unsigned int chain_length(u32 pfn)
{
	unsigned int length = 0;

	for (; pfn != PFN_NONE; pfn = pfn_to_page(pfn)->a, length++) {
		CHECK_EQ(pfn_to_page(pfn)->flags & PAGE_KIND_MASK, PAGE_FLAGS(PAGE_USED, 0, 0));
		CHECK_EQ(pfn_to_page(pfn)->refcount, 1);
		CHECK(model_range_is(pfn, 1, MODEL_FREE));
	}
	return length;
}

/* Allocates a chain, and puts a second one in front of it. */
static void op_chain(void)
{
	gfp_t gfp = GFP_HIGHUSER | __GFP_NOWARN | (host_random_below(4) ? 0 : __GFP_ZERO);
	unsigned int nr = (unsigned int)host_random_below(100), got;
	u32 head = PFN_NONE, first;

	got = alloc_page_chain(gfp, nr, &head);
	CHECK(got <= nr);
	CHECK_EQ(chain_length(head), got);
	first = head;
	got += alloc_page_chain(gfp, 7, &head);
	CHECK_EQ(chain_length(head), got);
	for (u32 pfn = head; pfn != first; pfn = pfn_to_page(pfn)->a)
		CHECK(pfn != PFN_NONE);
	free_page_chain(head);
}

/* Allocates the pages that a size needs, not the next power of two. */
static void op_exact(void)
{
	size_t size = (size_t)host_random_below(300 * PAGE_SIZE);
	void *addr = alloc_pages_exact(size, GFP_KERNEL | __GFP_NOWARN);
	unsigned long nr = PFN_UP(size);

	CHECK(size || !addr);
	if (!addr)
		return;
	for (unsigned long i = 0; i < nr; i++) {
		CHECK_EQ(page_state(virt_to_page(addr) + i), PAGE_USED);
		CHECK_EQ(page_order(virt_to_page(addr) + i), 0);
	}
	CHECK(model_range_is(page_to_pfn(virt_to_page(addr)), nr, MODEL_FREE));
	model_set(page_to_pfn(virt_to_page(addr)), nr, MODEL_USED);
	if (host_random_below(50) == 0)
		page_alloc_ops_check("with exact pages");
	model_set(page_to_pfn(virt_to_page(addr)), nr, MODEL_FREE);
	free_pages_exact(addr, size);
}

/* Frees a random frame with a random order. If that happens to be right it does nothing. */
static void op_bad_free(void)
{
	unsigned long pfn = (unsigned long)host_random_below(max_pfn);
	unsigned int order = (unsigned int)host_random_below(MAX_ORDER + 1);
	struct page *page = pfn_to_page(pfn);

	if (page_state(page) == PAGE_USED && page_order(page) == order)
		return;
	if (model[pfn] == MODEL_FREE)
		CHECK_PANICS("double free", __free_pages(page, order));
	else
		CHECK_PANICS("free of frame", __free_pages(page, order));
	if (page_state(compound_head(page)) != PAGE_USED)
		CHECK_PANICS("get_page", get_page(page));
}

void page_alloc_ops_finish(void)
{
	while (nr_blocks)
		op_free();
}

static void random_op(void)
{
	unsigned int dice = (unsigned int)host_random_below(100);

	if (dice < 50)
		op_alloc();
	else if (dice < 94)
		op_free();
	else if (dice < 96)
		op_split();
	else if (dice < 97 && host_random_below(2))
		op_bulk();
	else if (dice < 97)
		op_chain();
	else if (dice < 98)
		op_exact();
	else
		op_bad_free();
}

void page_alloc_ops_run(unsigned long nr)
{
	while (nr-- && host_random_left())
		random_op();
}
