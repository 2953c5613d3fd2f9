/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/*
 * The frame table mem_map and the zones, made from memblock's memory list.
 *
 *	memory list      ├── RAM ──┤      ├─────────── RAM ───────────┤
 *	mem_map       0  RRRRRRRRRRR HHHH RRRRRRRRRRRRRRRRRRRRRRRRRRRRR   max_pfn
 *	zones            ├── DMA ──┼── NORMAL ──┼── DMA32 ──┼─ HIGHMEM ─┤
 *
 * Each frame up to the end of RAM has a descriptor. Frames of holes (H) have one, too: then a
 * descriptor is one addition away from the frame number, and the kernel searches nothing. All RAM
 * begins as reserved (R). Later memblock_free_all() gives the free frames to the page allocator
 * (mm/handover.c).
 *
 * Price: 16 bytes per frame, and a loop over all frames at boot. For 62 GiB that is 256 MiB and
 * 16 million frames, so the loop works by ranges, with four stores per frame and hardly more. The
 * table comes from lowmem, in one piece. If that is more than half of lowmem it comes from
 * highmem, and is mapped in the vmalloc range. If neither has room, the highest RAM is left out.
 */

struct zone zones[MAX_NR_ZONES] = {
	{ .name = "DMA", .type = ZONE_DMA },
	{ .name = "Normal", .type = ZONE_NORMAL },
	{ .name = "DMA32", .type = ZONE_DMA32 },
	{ .name = "HighMem", .type = ZONE_HIGHMEM },
};

struct zonelist zonelists[GFP_ZONEMASK + 1];
u8 first_zone[GFP_ZONEMASK + 1];

/* --- a table in highmem ----------------------------------------------------------------------- */

/*
 * A machine may have most of its RAM above the direct map. Example: 8 MiB below and 2 GiB above 4
 * GiB need a table of 24 MiB. Such a table is not one allocation. Its pages are mapped one by
 * one:
 *
 *	frames    RAM  │      hole       │ RAM                 │
 *	table     page │ zero zero zero  │ page page page page │   in the vmalloc range
 *
 * A page of the table that describes RAM is a page of highmem. All pages that describe nothing but
 * holes are one shared, read-only page of zeroes, since PAGE_HOLE is 0. So a hole costs page-table
 * entries only, and pfn_valid() may read the descriptor of any frame.
 */

_Static_assert(PAGE_HOLE == 0, "a page of zeroes describes holes");

#define FRAMES_PER_PAGE (PAGE_SIZE / sizeof(struct page))

static bool __init describes_ram(unsigned long table_page)
{
	phys_addr_t base = PFN_PHYS(table_page * FRAMES_PER_PAGE);

	return memblock_overlaps_region(&memblock.memory, base,
					(phys_addr_t)FRAMES_PER_PAGE << PAGE_SHIFT);
}

/* Maps one page of the table. Returns false if there is no memory for it. */
static bool __init map_table_page(unsigned long vaddr, phys_addr_t zeroes, bool ram)
{
	phys_addr_t phys = zeroes;
	pte_t *pte = pte_alloc_kernel(vaddr);

	if (ram)
		phys = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, PFN_PHYS(max_low_pfn),
						 PFN_PHYS(max_pfn));
	if (!pte || !phys)
		return false;
	set_pte(pte, mk_pte(PFN_DOWN(phys), ram ? PAGE_KERNEL : PAGE_KERNEL_RO));
	if (ram)
		clear_page((void *)vaddr);
	return true;
}

/* The table may take 1/2 of the vmalloc range; the rest is for vmalloc(). */
#define VMALLOC_SHARE 2

/*
 * Makes the table from highmem, at the start of the vmalloc range, and moves that start behind it.
 * Returns NULL if the table is too large for the range, or there is no memory.
 */
static struct page *__init alloc_high(u64 size)
{
	unsigned long start = vmalloc_start;
	phys_addr_t zeroes;
	void *zero_page;

	if (size > (VMALLOC_END - vmalloc_start) / VMALLOC_SHARE || max_low_pfn == max_pfn)
		return NULL;
	zero_page = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!zero_page)
		return NULL;
	zeroes = __pa(zero_page);
	for (unsigned long page = 0; page < PFN_UP(size); page++)
		if (!map_table_page(start + (page << PAGE_SHIFT), zeroes, describes_ram(page)))
			return NULL;
	/* One page after the table stays unmapped, as a guard. */
	layout_take_vmalloc((unsigned long)size);
	return (struct page *)start;
}

/* --- the table -------------------------------------------------------------------------------- */

static u64 __init largest_free_lowmem(void)
{
	phys_addr_t start, end, limit = memblock_get_current_limit();
	u64 largest = 0, i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		end = min(end, limit);
		if (start < end)
			largest = max(largest, end - start);
	}
	return largest;
}

/* A table in lowmem leaves 1/8 of lowmem to the rest of the kernel. */
#define KERNEL_SHARE 8

/* A table that needs more than 1/2 of lowmem goes to highmem, if that is possible. */
#define LOWMEM_SHARE 2

static u64 __init frames_that_fit(u64 lowmem)
{
	return (lowmem - lowmem / KERNEL_SHARE) / sizeof(struct page);
}

/* RAM without a descriptor cannot be used. Leaves out the highest RAM, so that the table fits. */
static void __init leave_out_ram(u64 frames, u64 lowmem)
{
	phys_addr_t all = memblock_phys_mem_size(), limit = PFN_PHYS(frames);

	if (frames <= max_low_pfn)
		panic("mem_map: %lu frames need %llu kB of lowmem in one piece, the largest is "
		      "%llu kB: mem=%lluM would boot",
		      max_pfn, (u64)max_pfn * sizeof(struct page) >> 10, lowmem >> 10, limit >> 20);
	memblock_remove(limit, PHYS_ADDR_MAX - limit);
	layout_set_end_of_ram(PFN_DOWN(memblock_end_of_DRAM()));
	pr_warn("mem_map: %llu MiB of RAM above %llu MiB are left out: a frame needs %zu bytes of "
		"lowmem, which has room for %llu frames; build with VMSPLIT=2G or 1G for more\n",
		(all - memblock_phys_mem_size()) >> 20, limit >> 20, sizeof(struct page), frames);
}

/* Lowmem is the better place: the direct map has large pages, and needs no more page tables. */
static bool __init alloc_mem_map(void)
{
	u64 size = (u64)max_pfn * sizeof(struct page), lowmem = largest_free_lowmem();
	struct page *low = NULL, *high = NULL;

	if (size > lowmem / LOWMEM_SHARE)
		high = alloc_high(size);
	if (!high) {
		if (max_pfn > frames_that_fit(lowmem))
			leave_out_ram(frames_that_fit(lowmem), lowmem);
		size = (u64)max_pfn * sizeof(struct page);
		low = memblock_alloc_raw((size_t)size, PAGE_SIZE);
	}
	mem_map = high ? high : low;
	if (!mem_map)
		panic("mem_map: expected %llu kB of lowmem in one piece, found none", size >> 10);
	pr_info("mem_map: %lu frames, %llu kB%s\n", max_pfn, size >> 10,
		high ? ", in highmem" : "");
	return high != NULL;
}

/* --- the zones -------------------------------------------------------------------------------- */

static void __init zone_set_range(enum zone_type type, unsigned long start, unsigned long end)
{
	struct zone *zone = &zones[type];

	zone->start_pfn = start;
	zone->spanned_pages = end > start ? end - start : 0;
	zone->present_pages = 0;
	zone->managed_pages = 0;
	zone->free_pages = 0;
	zone->pcp_batch = 1;
	memset(zone->watermark, 0, sizeof(zone->watermark));
	memset(zone->lowmem_reserve, 0, sizeof(zone->lowmem_reserve));
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		zone->free_area[order] = (struct free_area){ .head = PFN_NONE };
}

static void __init set_zone_ranges(void)
{
	unsigned long dma_end = min(DMA_END_PFN, max_low_pfn), dma32_end = max_low_pfn;

	if (max_pfn > DMA32_END_PFN)
		dma32_end = DMA32_END_PFN;

	zone_set_range(ZONE_DMA, 0, dma_end);
	zone_set_range(ZONE_NORMAL, dma_end, max_low_pfn);
	zone_set_range(ZONE_DMA32, max_low_pfn, dma32_end);
	zone_set_range(ZONE_HIGHMEM, dma32_end, max_pfn);
}

static void __init build_zonelist(gfp_t gfp)
{
	struct zonelist *list = &zonelists[gfp];
	unsigned int nr = 0;

	for (int type = gfp_zone(gfp); type >= 0; type--)
		if (zones[type].present_pages)
			list->zone[nr++] = &zones[type];
	if (nr == 0)
		list->zone[nr++] = &zones[ZONE_DMA];
	list->zone[nr] = NULL;
	first_zone[gfp] = (u8)list->zone[0]->type;
}

static void __init build_zonelists(void)
{
	for (gfp_t gfp = 0; gfp <= GFP_ZONEMASK; gfp++)
		build_zonelist(gfp);
	/* Without RAM above 4 GiB all of highmem is good enough for DMA32. */
	for (gfp_t gfp = 0; max_pfn <= DMA32_END_PFN && gfp <= GFP_ZONEMASK; gfp++)
		if (gfp_zone(gfp) == ZONE_DMA32) {
			zonelists[gfp] = zonelists[__GFP_HIGHMEM];
			first_zone[gfp] = first_zone[__GFP_HIGHMEM];
		}
}

/* --- the frames ------------------------------------------------------------------------------- */

/* Unrolled: this loop touches each descriptor once. */
static void __init fill(unsigned long start_pfn, unsigned long end_pfn, u32 flags)
{
	const struct page blank = { .flags = flags };
	struct page *page = pfn_to_page(start_pfn), *end = pfn_to_page(end_pfn);

	for (; end - page >= 4; page += 4) {
		page[0] = blank;
		page[1] = blank;
		page[2] = blank;
		page[3] = blank;
	}
	for (; page < end; page++)
		*page = blank;
}

/* Fills the descriptors of frames that are all RAM or all hole, zone by zone. */
static void __init enter_frames(unsigned long start_pfn, unsigned long end_pfn,
				enum page_state state)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
		unsigned long from = max(start_pfn, zone->start_pfn);
		unsigned long to = min(end_pfn, zone_end_pfn(zone));

		if (from >= to)
			continue;
		fill(from, to, PAGE_FLAGS(state, 0, zone->type));
		if (state != PAGE_HOLE)
			zone->present_pages += to - from;
	}
}

void __init mem_map_init(void)
{
	unsigned long start, end, done = 0;
	bool holes_are_entered = alloc_mem_map();
	int i;

	set_zone_ranges();
	for_each_mem_pfn_range(i, MAX_NUMNODES, &start, &end, NULL) {
		if (!holes_are_entered)
			enter_frames(done, start, PAGE_HOLE);
		enter_frames(start, end, PAGE_RESERVED);
		done = end;
	}
	if (!holes_are_entered)
		enter_frames(done, max_pfn, PAGE_HOLE);
	build_zonelists();
}

/* --- sums ------------------------------------------------------------------------------------- */

unsigned long nr_managed_pages(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		sum += zones[i].managed_pages;
	return sum;
}

/* --- blocks ----------------------------------------------------------------------------------- */

const struct page *page_block(const struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (page_state(page) != PAGE_TAIL)
		return page;
	for (unsigned int order = 1; order <= MAX_ORDER; order++) {
		const struct page *head = pfn_to_page(ALIGN_DOWN(pfn, 1ul << order));

		if (page_state(head) >= PAGE_FREE && page_order(head) >= order)
			return head;
	}
	return NULL;
}
