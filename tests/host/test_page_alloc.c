/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "page_alloc_model.h"

#include <kernel/fault_inject.h>
#include <lib/errno.h>
#include <lib/vsnprintf.h>
#include <mm/handover.h>
#include <mm/kmap_local.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/watermark.h>
#include <mm/zone_report.h>

#include <sys/mman.h>

/*
 * memblock, the frame table, the hand-over and the buddy system, as the kernel links them, on random
 * machines (page_alloc_model.c) and under random operations. Of all the RAM that these machines have only a
 * window is real memory, for mem_map; pages are not touched by the allocator but through kmap_local_page(), and
 * that is one page here, for all of them.
 */

#define WINDOW_START 0x10000000ul
#define WINDOW_END   0x12000000ul

#define NR_MACHINES     50
#define OPS_PER_MACHINE 110000

/* --- mappings, counted -------------------------------------------------------------------------- */

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

/* --- a machine ---------------------------------------------------------------------------------- */

static bool map_window(void)
{
	void *wanted = (void *)WINDOW_START;

	return mmap(wanted, WINDOW_END - WINDOW_START, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

/* What requests have to leave differs from machine to machine; on some it is nothing. */
static void random_limits(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%u",
		 (unsigned int)(host_random() % 8000 >> host_random() % 12));
	CHECK_EQ(min_free_kbytes_set(text), 0);
	snprintf(text, sizeof(text), "%u,%u", (unsigned int)host_random_below(300),
		 (unsigned int)host_random_below(40));
	CHECK_EQ(lowmem_reserve_ratio_set(text), 0);
}

static void new_machine(void)
{
	model_build(WINDOW_START, WINDOW_END);
	memset(&pcp_lists, 0, sizeof(pcp_lists));
}

/* The frame table's memory is junk before, as it is after a boot. */
static void boot_machine(void)
{
	new_machine();
	memset((void *)WINDOW_START, 0xa5, WINDOW_END - WINDOW_START);
	mem_map_init();
	model_reserve(__pa(mem_map), (phys_addr_t)max_pfn * sizeof(struct page));
	model_handover();
	memblock_free_all();
	random_limits();
}

/* The books of the zones alone are compared: what the CPU keeps goes back first. */
static void check_model(const char *when)
{
	const char *wrong = page_alloc_check();

	if (wrong)
		host_fail(__FILE__, __LINE__, "%s: %s", when, wrong);
	drain_all_pages();
	wrong = model_matches();
	if (wrong)
		host_fail(__FILE__, __LINE__, "%s: %s", when, wrong);
}

/* --- operations --------------------------------------------------------------------------------- */

#define NR_BLOCKS 4096

static struct block {
	struct page *page;
	unsigned int order;
} blocks[NR_BLOCKS];

static unsigned int nr_blocks;

static gfp_t random_gfp(void)
{
	static const gfp_t some[] = { GFP_DMA,      GFP_KERNEL,    GFP_ATOMIC,
				      GFP_HIGHUSER, __GFP_HIGHMEM, __GFP_DMA | __GFP_HIGHMEM };
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

/* Free pages that the request has to leave, by the words of the documentation. */
static unsigned long has_to_stay(enum zone_type type, gfp_t gfp)
{
	unsigned long above = 0, highest = gfp_zone(gfp);
	u32 ratio = type < ZONE_HIGHMEM ? lowmem_reserve_ratio(type) : 0;

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

		if (list->nr_hot || (first && list->nr_cold))
			return first || zones[type].free_pages >= mark;
		if (list->nr_cold)
			return true;
	}
	return zones[type].free_pages >= mark + (1ul << order) && zone_has(&zones[type], order);
}

/* The highest zone that may serve a request and can; -1 if none. The lists agree with the model. */
static int zone_expected(gfp_t gfp, unsigned int order)
{
	bool first = true;

	for (int type = gfp_zone(gfp); type >= 0; type--) {
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

/* Each frame leads to the first, and references are those of the first. */
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
		/* What it does itself before it gives up. */
		drain_all_pages();
		zone = zone_expected(gfp, order);
	}
	page = alloc_pages(gfp, order);
	if (!page) {
		CHECK_EQ(zone, -1);
		return;
	}
	check_block(page, order, zone);
	CHECK_EQ(nr_mapped - mappings, gfp & __GFP_ZERO ? 1ul << order : 0);
	CHECK_EQ(nr_mapped, nr_cleared);
	model_set(page_to_pfn(page), 1ul << order, MODEL_USED);
	if (gfp & __GFP_COMP)
		check_compound(page, order);
	page->a = page->b = (u32)host_random(); /* the owner's words */
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

/* Single pages into the empty places of an array. */
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

/* As many pages as the size needs, not the next power of two. */
static void op_exact(void)
{
	size_t size = (size_t)host_random_below(100 * PAGE_SIZE);
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
		check_model("with exact pages");
	model_set(page_to_pfn(virt_to_page(addr)), nr, MODEL_FREE);
	free_pages_exact(addr, size);
}

/* A free of a random frame with a random order, unless it happens to be right. */
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

static void free_everything(void)
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
	else if (dice < 97)
		op_bulk();
	else if (dice < 98)
		op_exact();
	else
		op_bad_free();
}

/* --- the tests ---------------------------------------------------------------------------------- */

static void random_machines_and_operations(void)
{
	for (unsigned int machine = 0; machine < NR_MACHINES; machine++) {
		boot_machine();
		check_model("after the hand-over");
		CHECK_EQ(host_warnings, 0);
		for (unsigned int op = 0; op < OPS_PER_MACHINE; op++) {
			random_op();
			if (op % (OPS_PER_MACHINE / 8) == 0)
				check_model("between operations");
		}
		free_everything();
		check_model("after everything was freed");
	}
}

static unsigned long take_all(gfp_t gfp, unsigned int order)
{
	unsigned long nr = 0;
	struct page *page;

	while ((page = alloc_pages(gfp | __GFP_NOWARN, order))) {
		model_set(page_to_pfn(page), 1ul << order, MODEL_USED);
		nr += 1ul << order;
	}
	return nr;
}

static void give_all_back(void)
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		if (page_state(pfn_to_page(pfn)) != PAGE_USED)
			continue;
		model_set(pfn, 1ul << page_order(pfn_to_page(pfn)), MODEL_FREE);
		put_page(pfn_to_page(pfn));
	}
}

static void exhaustion_takes_every_page(void)
{
	static const gfp_t gfps[] = { GFP_DMA,    GFP_KERNEL, GFP_HIGHUSER,
				      GFP_ATOMIC, GFP_NOWAIT, GFP_ATOMIC | __GFP_HIGHMEM };

	boot_machine();
	for (unsigned int i = 0; i < ARRAY_SIZE(gfps); i++) {
		unsigned long expected = 0;

		drain_all_pages();
		for (int zone = gfp_zone(gfps[i]); zone >= 0; zone--) {
			unsigned long stay = has_to_stay(zone, gfps[i]);

			if (zones[zone].free_pages > stay)
				expected += zones[zone].free_pages - stay;
		}
		CHECK_EQ(take_all(gfps[i], 0), expected);
		check_model("exhausted");
		give_all_back();
		check_model("given back");
	}
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		take_all(GFP_HIGHUSER, order);
		check_model("no block of an order left");
		give_all_back();
	}
	check_model("given back");
}

static void late_memory_must_be_reserved(void)
{
	unsigned long before;

	boot_machine();
	before = nr_managed_pages();
	CHECK(model_range_is(PFN_DOWN(WINDOW_START), 1, MODEL_FREE));
	CHECK_PANICS("is free, expected reserved", memblock_free_late(WINDOW_START, PAGE_SIZE));
	CHECK_PANICS("is beyond all RAM", memblock_free_late(PFN_PHYS(max_pfn), PAGE_SIZE));
	memblock_free_late(WINDOW_START + 1, PAGE_SIZE); /* no page is wholly inside */
	memblock_free_late(__pa(mem_map) + 1, PAGE_SIZE);
	CHECK_EQ(nr_managed_pages(), before);
	check_model("nothing was given");
}

/* One reserved range in the middle of RAM, given back in two pieces. */
static void late_memory_is_counted(void)
{
	const unsigned long pfn = PFN_DOWN(WINDOW_START) + 0x123;
	const phys_addr_t base = PFN_PHYS(pfn);
	unsigned long before;

	new_machine();
	memblock_reserve(base, 64 * PAGE_SIZE);
	model_reserve(base, 64 * PAGE_SIZE);
	mem_map_init();
	model_reserve(__pa(mem_map), (phys_addr_t)max_pfn * sizeof(struct page));
	model_handover();
	memblock_free_all();
	before = nr_managed_pages();
	CHECK(model_range_is(pfn, 64, MODEL_RESERVED));
	memblock_free_late(base + 7, 20 * PAGE_SIZE);
	model_set(pfn + 1, 19, MODEL_FREE);
	CHECK_EQ(nr_managed_pages(), before + 19);
	check_model("one piece");
	memblock_free_late(base + 20 * PAGE_SIZE, 44 * PAGE_SIZE);
	memblock_free_late(base, PAGE_SIZE);
	model_set(pfn, 64, MODEL_FREE);
	check_model("all of it");
}

/* The list of reservations grows, its array is given back; the list is not to be used again. */
static void grown_arrays_are_given_back(void)
{
	const struct memblock_type before = memblock.reserved;
	unsigned long managed, pages;
	phys_addr_t base, size = 0;

	new_machine();
	memblock_allow_resize();
	for (unsigned long i = 0; i <= before.max; i++)
		memblock_reserve(WINDOW_END + 0x10000000 + 2 * i, 1); /* no RAM, no matter */
	base = memblock_grown_array(&memblock.reserved, &size);
	REQUIRE(base != 0);
	model_reserve(base, size);
	mem_map_init();
	model_reserve(__pa(mem_map), (phys_addr_t)max_pfn * sizeof(struct page));
	model_handover();
	memblock_free_all();

	managed = nr_managed_pages();
	pages = size / PAGE_SIZE;
	CHECK(model_range_is(PFN_DOWN(base), pages, MODEL_RESERVED));
	memblock_discard();
	model_set(PFN_DOWN(base), pages, MODEL_FREE);
	CHECK_EQ(nr_managed_pages(), managed + pages);
	CHECK_EQ(memblock.reserved.max, 0);
	CHECK(memblock.memory.max != 0); /* has not grown: stays as it is */
	check_model("discarded");
	memblock.reserved = before;
}

static void a_table_that_does_not_fit_says_so(void)
{
	model_build(WINDOW_START, WINDOW_END);
	memblock_reserve(0, WINDOW_END - 0x10000);
	memblock_set_current_limit(WINDOW_END);
	CHECK_PANICS("the largest is 64 kB: mem=14M would boot", mem_map_init());
}

static void ram_whose_descriptors_do_not_fit_is_left_out(void)
{
	unsigned long pfn;

	new_machine();
	pfn = max_pfn;
	memblock_add(0x1000000000ull, 0x40000000); /* 1 GiB at 64 GiB: 272 MiB of table, for 32 */
	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	host_log_clear();
	mem_map_init();
	CHECK(strstr(host_log, "1024 MiB of RAM above "));
	CHECK_EQ(max_pfn, pfn);
	model_reserve(__pa(mem_map), (phys_addr_t)max_pfn * sizeof(struct page));
	model_handover();
	memblock_free_all();
	check_model("the rest is as ever");
}

static int text_out(const char *fmt, ...)
{
	va_list args;
	char line[256];
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	strncat(host_log, line, sizeof(host_log) - strlen(host_log) - 1);
	return len;
}

static void reports_have_linux_formats(void)
{
	boot_machine();
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		zones[i].managed_pages = 1000 * (i + 1);
		zones[i].free_pages = 10 * (i + 1);
		zones[i].watermark[WMARK_LOW] = 5;
	}
	host_log_clear();
	meminfo_show(text_out);
	CHECK_STREQ(host_log, "MemTotal:          24000 kB\n"
			      "MemFree:             240 kB\n"
			      "MemAvailable:        180 kB\n"
			      "HighTotal:         12000 kB\n"
			      "HighFree:            120 kB\n"
			      "LowTotal:          12000 kB\n"
			      "LowFree:             120 kB\n");
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		zones[ZONE_DMA].free_area[order].nr_free = order;
	zones[ZONE_NORMAL].present_pages = zones[ZONE_HIGHMEM].present_pages = 0;
	zones[ZONE_DMA].present_pages = 1;
	host_log_clear();
	buddyinfo_show(text_out);
	CHECK_STREQ(host_log,
		    "Node 0, zone      DMA      0      1      2      3      4      5      6 "
		    "     7      8      9     10 \n");
}

static void flags_are_shown_in_words(void)
{
	char buf[GFP_TEXT];

	CHECK_STREQ(gfp_format(GFP_KERNEL | __GFP_ZERO, buf, sizeof(buf)), "GFP_KERNEL|__GFP_ZERO");
	CHECK_STREQ(gfp_format(GFP_HIGHUSER, buf, sizeof(buf)), "GFP_HIGHUSER");
	CHECK_STREQ(gfp_format(GFP_ATOMIC | GFP_DMA, buf, sizeof(buf)), "GFP_ATOMIC|GFP_DMA");
	CHECK_STREQ(gfp_format(0, buf, sizeof(buf)), "0");
	CHECK_STREQ(gfp_format(__GFP_HIGHMEM | 0x8000, buf, sizeof(buf)), "__GFP_HIGHMEM|0x8000");
}

static void a_failure_is_reported_once(void)
{
	boot_machine();
	take_all(GFP_ATOMIC, 0);
	host_log_clear();
	CHECK(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3));
	CHECK_STREQ(host_log, "");
	CHECK(!alloc_pages(GFP_KERNEL, 3));
	CHECK(strstr(host_log,
		     "page allocation failure: order:3, mode:0x20(GFP_KERNEL), by caller"));
	CHECK(strstr(host_log, "Normal free:"));
	CHECK(strstr(host_log, "this request leaves "));
	CHECK(strstr(host_log, "Node 0, zone"));
	host_log_clear();
	CHECK(!alloc_pages(GFP_KERNEL, 3));
	CHECK_STREQ(host_log, "");
	CHECK(!alloc_pages(GFP_KERNEL, MAX_ORDER + 1));
	CHECK(strstr(host_log, "expected an order of at most 10"));
	CHECK_PANICS("__GFP_HIGHMEM", __get_free_pages(GFP_HIGHUSER, 0));
	CHECK_PANICS("__GFP_HIGHMEM", alloc_pages_exact(5000, GFP_HIGHUSER));
	CHECK_PANICS("out of memory: order 3 for caller",
		     alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 3));
	give_all_back();
}

/* By the words of fault-injection.rst. */
static void failures_can_be_injected(void)
{
	struct fault_attr attr = { .name = "test" };
	unsigned int failures = 0;

	boot_machine();
	for (u32 n = 1; n <= 3; n++) {
		fault_inject_nth(n);
		for (u32 i = 1; i < n; i++)
			free_pages(__get_free_pages(GFP_KERNEL, 0), 0);
		CHECK(fault_inject_pending());
		CHECK(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0));
		CHECK(!fault_inject_pending());
	}
	CHECK(!fault_injection_is_on());
	CHECK_EQ(fault_attr_set(&attr, "3,100,40,2"), 0);
	for (unsigned int i = 1; i <= 20; i++) {
		bool fail = should_fail(&attr, 10);

		/* 40 bytes go free, then every third fails, twice. */
		CHECK_EQ(fail, i == 7 || i == 10);
		failures += fail;
	}
	CHECK_EQ(failures, 2);
	CHECK(strstr(host_log, "FAULT_INJECTION: test, 10 bytes, seed="));
	CHECK_EQ(fault_attr_set(&attr, "1,50,0,-1"), 0);
	failures = 0;
	for (unsigned int i = 0; i < 10000; i++)
		failures += should_fail(&attr, 1);
	CHECK(failures > 4500 && failures < 5500);
	CHECK_EQ(fault_attr_set(&attr, "1,0,0,0"), 0);
	CHECK(!fault_injection_is_on());
	CHECK_EQ(fault_attr_set(&attr, "0,1,0,0"), -EINVAL);
	CHECK_EQ(fault_attr_set(&attr, "1,101,0,0"), -EINVAL);
	CHECK_EQ(fault_attr_set(&attr, "1,1,0"), -EINVAL);
	CHECK_EQ(fault_attr_set(&attr, "1,1,0,-2"), -EINVAL);
	CHECK_EQ(fault_attr_set(&attr, "1,1,0,1,"), -EINVAL);
}

int main(void)
{
	if (!map_window()) {
		printf("not ok 1 memory for mem_map at %#lx\n1..1\n", WINDOW_START);
		return 1;
	}
	host_run("random machines and operations agree with the model",
		 random_machines_and_operations);
	host_run("exhaustion takes every page, and all come back", exhaustion_takes_every_page);
	host_run("failures can be injected", failures_can_be_injected);
	host_run("late memory must be reserved and whole pages", late_memory_must_be_reserved);
	host_run("late memory is counted and merged", late_memory_is_counted);
	host_run("arrays that have grown are given back", grown_arrays_are_given_back);
	host_run("a frame table that does not fit says what would",
		 a_table_that_does_not_fit_says_so);
	host_run("RAM whose descriptors do not fit is left out",
		 ram_whose_descriptors_do_not_fit_is_left_out);
	host_run("reports have the formats of Linux", reports_have_linux_formats);
	host_run("gfp flags are shown in words", flags_are_shown_in_words);
	host_run("an allocation failure is reported once", a_failure_is_reported_once);
	return host_done();
}
