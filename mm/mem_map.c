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
 * The frame table and the zones, made from memblock's memory list.
 *
 *	memory list      ├── RAM ──┤      ├─────────── RAM ───────────┤
 *	mem_map       0  RRRRRRRRRRR HHHH RRRRRRRRRRRRRRRRRRRRRRRRRRRRR   max_pfn
 *	zones            ├── DMA ──────────┼── NORMAL ──┼── HIGHMEM ──┤
 *
 * Every frame up to the last of RAM has a descriptor, those of holes too: then descriptor and frame
 * number are an addition apart, and nothing has to be looked up. All RAM begins as reserved; what
 * is free is told to the allocator afterwards (mm/handover.c).
 *
 * The price is 16 bytes of lowmem a frame, in one piece (or of high memory where lowmem is too small
 * for it), and a walk over all of it at boot. That walk is by ranges: four stores a
 * frame and next to nothing else, for 62 GiB are 16 million frames. RAM whose descriptors have no room
 * is left out from the top.
 */

struct zone zones[MAX_NR_ZONES] = {
	{ .name = "DMA", .type = ZONE_DMA },
	{ .name = "Normal", .type = ZONE_NORMAL },
	{ .name = "HighMem", .type = ZONE_HIGHMEM },
};

struct zonelist zonelists[GFP_ZONEMASK + 1];
u8 first_zone[GFP_ZONEMASK + 1];

/* --- a table in high memory --------------------------------------------------------------------- */

/*
 * A machine may have more RAM above the direct map than the direct map has room for
 * descriptors: 8 MiB below and 2 GiB above 4 GiB, say, where the table is 24 MiB long. It is mapped, not
 * allocated in one piece:
 *
 *	frames    RAM  │      hole       │ RAM                 │
 *	table     page │ zero zero zero  │ page page page page │   in the vmalloc range
 *
 * A page of the table that describes RAM is a page of high memory. One that describes nothing but holes
 * is the same page of zeroes for all of them, read-only: PAGE_HOLE is 0. So holes cost an entry in a page
 * table, and pfn_valid() may ask about any frame.
 */

_Static_assert(PAGE_HOLE == 0, "a page of zeroes describes holes");

#define FRAMES_PER_PAGE (PAGE_SIZE / sizeof(struct page))

static bool __init describes_ram(unsigned long table_page)
{
	phys_addr_t base = PFN_PHYS(table_page * FRAMES_PER_PAGE);

	return memblock_overlaps_region(&memblock.memory, base,
					(phys_addr_t)FRAMES_PER_PAGE << PAGE_SHIFT);
}

/* Maps one page of the table; false if there is no memory for it. */
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

/*
 * The table out of high memory; the vmalloc range begins behind it afterwards. NULL if it would take more than half
 * of that range, or there is no memory.
 */
static struct page *__init alloc_high(u64 size)
{
	unsigned long start = vmalloc_start;
	phys_addr_t zeroes;
	void *zero_page;

	if (size > (VMALLOC_END - vmalloc_start) / 2 || max_low_pfn == max_pfn)
		return NULL;
	zero_page = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!zero_page)
		return NULL;
	zeroes = __pa(zero_page);
	for (unsigned long page = 0; page < PFN_UP(size); page++)
		if (!map_table_page(start + (page << PAGE_SHIFT), zeroes, describes_ram(page)))
			return NULL;
	/* A page behind it stays unmapped. */
	vmalloc_start = ALIGN_UP(start + (unsigned long)size + PAGE_SIZE, PDE_SIZE);
	return (struct page *)start;
}

/* --- the table ---------------------------------------------------------------------------------- */

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

/* The kernel lives in lowmem too: the table leaves it an eighth. */
static u64 __init frames_that_fit(u64 lowmem)
{
	return (lowmem - lowmem / 8) / sizeof(struct page);
}

/* RAM without a descriptor cannot be used: the highest is given up, and the rest has a table. */
static void __init leave_out_ram(u64 frames, u64 lowmem)
{
	phys_addr_t all = memblock_phys_mem_size(), limit = PFN_PHYS(frames);

	if (frames <= max_low_pfn)
		panic("mem_map: %lu frames need %llu kB of lowmem in one piece, the largest is %llu kB: "
		      "mem=%lluM would boot",
		      max_pfn, (u64)max_pfn * sizeof(struct page) >> 10, lowmem >> 10, limit >> 20);
	memblock_remove(limit, PHYS_ADDR_MAX - limit);
	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	pr_warn("mem_map: %llu MiB of RAM above %llu MiB are left out: a frame costs %zu bytes of "
		"lowmem, and there is room for %llu frames; VMSPLIT=2G or 1G has more\n",
		(all - memblock_phys_mem_size()) >> 20, limit >> 20, sizeof(struct page), frames);
}

/* The direct map is the better place, large pages and no page tables; but it may be too small. */
static bool __init alloc_mem_map(void)
{
	u64 size = (u64)max_pfn * sizeof(struct page), lowmem = largest_free_lowmem();
	struct page *low = NULL, *high = NULL;

	if (size > lowmem / 2)
		high = alloc_high(size);
	if (!high) {
		if (max_pfn > frames_that_fit(lowmem))
			leave_out_ram(frames_that_fit(lowmem), lowmem);
		size = (u64)max_pfn * sizeof(struct page);
		low = memblock_alloc_raw((size_t)size, PAGE_SIZE);
	}
	mem_map = high ? high : low;
	if (!mem_map)
		panic("mem_map: no %llu kB in one piece", size >> 10);
	pr_info("mem_map: %lu frames, %llu kB%s\n", max_pfn, size >> 10,
		high ? ", in high memory" : "");
	return high != NULL;
}

/* --- the zones ----------------------------------------------------------------------------------
 */

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
	unsigned long dma_end = min(DMA_END_PFN, max_low_pfn);

	zone_set_range(ZONE_DMA, 0, dma_end);
	zone_set_range(ZONE_NORMAL, dma_end, max_low_pfn);
	zone_set_range(ZONE_HIGHMEM, max_low_pfn, max_pfn);
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

/* --- the frames ---------------------------------------------------------------------------------
 */

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

/* Enters frames which are all RAM, or all not, zone by zone. */
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
	for (gfp_t gfp = 0; gfp <= GFP_ZONEMASK; gfp++)
		build_zonelist(gfp);
}

/* --- sums ---------------------------------------------------------------------------------------
 */

unsigned long nr_managed_pages(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		sum += zones[i].managed_pages;
	return sum;
}
