/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "page_alloc_model.h"
#include "page_alloc_ops.h"

#include <kernel/fault_inject.h>
#include <lib/errno.h>
#include <lib/vsnprintf.h>
#include <mm/buddy.h>
#include <mm/handover.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/watermark.h>
#include <mm/zone_report.h>

/*
 * The page allocator: many random operations (page_alloc_ops.c), and cases that they do not
 * reach.
 */

#define NR_MACHINES     50
#define OPS_PER_MACHINE 110000

/* --- the tests -------------------------------------------------------------------------------- */

static void random_machines_and_operations(void)
{
	for (unsigned int machine = 0; machine < NR_MACHINES; machine++) {
		page_alloc_ops_boot();
		page_alloc_ops_check("after the hand-over");
		CHECK_EQ(host_warnings, 0);
		for (unsigned int part = 0; part < 8; part++) {
			page_alloc_ops_run(OPS_PER_MACHINE / 8);
			page_alloc_ops_check("between operations");
		}
		page_alloc_ops_finish();
		page_alloc_ops_check("after everything was freed");
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

	page_alloc_ops_boot();
	for (unsigned int i = 0; i < ARRAY_SIZE(gfps); i++) {
		unsigned long expected = 0;

		drain_all_pages();
		for (int zone = gfp_zone(gfps[i]); zone >= 0; zone--) {
			unsigned long stay = has_to_stay(zone, gfps[i]);

			if (zones[zone].free_pages > stay)
				expected += zones[zone].free_pages - stay;
		}
		CHECK_EQ(take_all(gfps[i], 0), expected);
		page_alloc_ops_check("exhausted");
		give_all_back();
		page_alloc_ops_check("given back");
	}
	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		take_all(GFP_HIGHUSER, order);
		page_alloc_ops_check("no block of an order left");
		give_all_back();
	}
	page_alloc_ops_check("given back");
}

static enum reclaim_result reclaim_says;

static enum reclaim_result fake_reclaim(gfp_t gfp, unsigned int order)
{
	return reclaim_says;
}

/* The pages below the mark are for a thread that makes memory free, and for no other. */
static void the_last_pages_are_for_reclaim(void)
{
	u32 nr_reserves = 0;

	for (u32 machine = 0; machine < 10; machine++) {
		unsigned long nr;
		struct page *page;

		page_alloc_ops_boot();
		min_free_kbytes_set("256");
		page_alloc_use_reclaim(fake_reclaim);
		reclaim_says = RECLAIM_NOTHING;
		take_all(GFP_KERNEL, 0);
		nr = zones[ZONE_DMA].free_pages + zones[ZONE_NORMAL].free_pages;
		nr_reserves += nr > 0;
		reclaim_says = RECLAIM_SOME;
		CHECK(!alloc_page(GFP_KERNEL | __GFP_NOWARN));
		reclaim_says = RECLAIM_RESERVE;
		page = alloc_page(GFP_KERNEL | __GFP_NOWARN);
		CHECK_EQ(!!page, nr > 0);
		if (page)
			model_set(page_to_pfn(page), 1, MODEL_USED);
		page_alloc_use_reclaim(NULL);
		give_all_back();
		page_alloc_ops_check("given back");
	}
	CHECK(nr_reserves > 0);
}

/* Damages the first block of the largest order of some zone. Returns false if there is none. */
static bool damage_large_block(enum zone_type *where)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
		if (!zone->free_area[MAX_ORDER].nr_free)
			continue;
		pfn_to_page(zone->free_area[MAX_ORDER].head)->flags ^= PAGE_FLAGS(PAGE_USED, 0, 0);
		*where = zone->type;
		return true;
	}
	return false;
}

static void damaged_lists_are_found(void)
{
	/* Requests for that zone: a request for a higher one would have to leave its reserve. */
	static const gfp_t own[] = { [ZONE_DMA] = __GFP_DMA,
				     [ZONE_NORMAL] = 0,
				     [ZONE_DMA32] = __GFP_DMA32,
				     [ZONE_HIGHMEM] = __GFP_HIGHMEM };
	enum zone_type where;
	struct page *page;

	page_alloc_ops_boot();
	page = alloc_page(GFP_ATOMIC);
	__free_page(page);
	page->flags ^= PAGE_FLAGS(PAGE_USED, 0, 0);
	CHECK_PANICS("a list of free blocks of CPU 0", drain_all_pages());
	CHECK_PANICS("a list of free blocks of CPU 0", (void)alloc_page(GFP_ATOMIC));
	page_alloc_ops_boot();
	if (damage_large_block(&where))
		CHECK_PANICS("free list of zone",
			     (void)alloc_pages(GFP_ATOMIC | own[where], MAX_ORDER));
}

static void settings_have_limits(void)
{
	page_alloc_ops_boot();
	CHECK_EQ(min_free_kbytes_set("262145"), -ERANGE);
	CHECK_EQ(min_free_kbytes_set("1K"), -EINVAL);
	CHECK_EQ(lowmem_reserve_ratio_set("1"), -EINVAL);
	CHECK_EQ(lowmem_reserve_ratio_set("1,"), -EINVAL);
	CHECK_EQ(lowmem_reserve_ratio_set("1,2x"), -EINVAL);
	CHECK_EQ(lowmem_reserve_ratio_set("1,2,3,4"), -EINVAL);
	CHECK_EQ(lowmem_reserve_ratio_set("1,4294967296"), -EINVAL);
	CHECK_EQ(lowmem_reserve_ratio_set("1,2,3"), 0);
	CHECK_EQ(lowmem_reserve_ratio(ZONE_DMA32), 3);
	CHECK_EQ(lowmem_reserve_ratio_set("5,6"), 0);
	CHECK_EQ(lowmem_reserve_ratio(ZONE_NORMAL), 6);
	CHECK_EQ(lowmem_reserve_ratio(ZONE_DMA32), 3);
	CHECK_EQ(min_free_kbytes_set("0"), 0);
}

/* From mark to mark it is a thousandth of the zone or a quarter of min, says Linux's sysctl/vm. */
static void watermarks_are_a_step_apart(void)
{
	page_alloc_ops_boot();
	for (unsigned int kb = 0; kb <= 8192; kb += 8192) {
		char text[16];

		snprintf(text, sizeof(text), "%u", kb);
		CHECK_EQ(min_free_kbytes_set(text), 0);
		for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++) {
			const unsigned long *mark = zone->watermark;
			unsigned long step = max(mark[WMARK_MIN] / 4, zone->managed_pages / 1000);

			CHECK_EQ(mark[WMARK_LOW] - mark[WMARK_MIN], step);
			CHECK_EQ(mark[WMARK_HIGH] - mark[WMARK_LOW], step);
		}
	}
}

/* A request that may use the reserve takes one block of it, not a batch for its CPU. */
static void the_reserve_is_taken_page_by_page(void)
{
	struct zone *zone = &zones[ZONE_NORMAL];

	page_alloc_ops_boot();
	CHECK_EQ(min_free_kbytes_set("4096"), 0);
	take_all(GFP_KERNEL, 0);
	drain_all_pages();
	for (unsigned int i = 1; i <= 10; i++) {
		unsigned long before = zone->free_pages;
		struct page *page;

		if (!before)
			break;
		page = alloc_page(GFP_ATOMIC);
		REQUIRE(page);
		model_set(page_to_pfn(page), 1, MODEL_USED);
		CHECK_EQ(zone->free_pages, before - 1);
	}
	give_all_back();
}

/*
 * A zone that is a second choice gives nothing below its mark, not even a block of the cold list.
 */
static void a_second_choice_respects_its_mark(void)
{
	struct zone *normal = &zones[ZONE_NORMAL];
	u32 head = PFN_NONE;
	unsigned int most;

	page_alloc_ops_boot();
	CHECK_EQ(lowmem_reserve_ratio_set("0,0"), 0);
	CHECK_EQ(min_free_kbytes_set("4096"), 0);
	if (!zones[ZONE_HIGHMEM].present_pages && !zones[ZONE_DMA32].present_pages)
		return;
	most = 2 * normal->pcp_batch;
	CHECK_EQ(alloc_page_chain(GFP_KERNEL, most, &head), most);
	take_all(GFP_HIGHUSER, 0);
	free_page_chain(head); /* fills hot and cold */
	while (pcp_list(ZONE_NORMAL, 0)->nr_hot) {
		struct page *page = alloc_page(GFP_ATOMIC);

		model_set(page_to_pfn(page), 1, MODEL_USED);
	}
	REQUIRE(pcp_list(ZONE_NORMAL, 0)->nr_cold);
	/* Both zones are below their marks, also after cached blocks have returned. */
	zones[ZONE_DMA].watermark[WMARK_MIN] = zones[ZONE_DMA].managed_pages + 1;
	normal->watermark[WMARK_MIN] = normal->managed_pages + 1;
	CHECK(!alloc_page(GFP_HIGHUSER | __GFP_NOWARN));
	give_all_back();
}

static void what_must_not_fail_is_not_made_to(void)
{
	struct page *page;

	page_alloc_ops_boot();
	fault_inject_nth(1);
	page = alloc_page(GFP_KERNEL | __GFP_NOFAIL);
	CHECK(page != NULL);
	CHECK(fault_inject_pending());
	fault_inject_nth(0);
	__free_page(page);
}

/* Memory behind the end of the frame table may look like the descriptor of a free block. */
static void nothing_is_merged_with_what_is_behind_the_end(void)
{
	unsigned long last;

	page_alloc_ops_new_machine();
	memblock_add(PFN_PHYS(max_pfn), (max_pfn % 2 ? 2 : 1) * PAGE_SIZE);
	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	last = max_pfn - 1;
	CHECK_EQ(last % 2, 0);
	/* A random reservation may reach beyond the end of its RAM. */
	memblock_phys_free(PFN_PHYS(last), PAGE_SIZE);
	mem_map_init();
	/* The last page of the table has room after an odd number of descriptors. */
	mem_map[max_pfn] =
		(struct page){ .flags = PAGE_FLAGS(PAGE_FREE, 0, page_zone(pfn_to_page(last))),
			       .a = PFN_NONE,
			       .b = (u32)last };
	memblock_free_all();
	drain_all_pages();
	CHECK_EQ(page_state(pfn_to_page(last)), PAGE_FREE);
	CHECK_EQ(page_order(pfn_to_page(last)), 0);
	CHECK_EQ(page_state(&mem_map[max_pfn]), PAGE_FREE);
	CHECK(!page_alloc_check());
}

static void frees_of_what_is_nothing(void)
{
	struct page *page;

	page_alloc_ops_boot();
	page = alloc_pages(GFP_ATOMIC, 2);
	page->refcount = 0;
	CHECK_PANICS("0 references", __free_pages(page, 2));
	page->refcount = 1;
	CHECK(!test_and_set_page_flag(page, PG_OWNER_2));
	CHECK(test_and_set_page_flag(page, PG_OWNER_2));
	set_page_flag(page, PG_OWNER_5);
	CHECK_EQ(page->flags & PAGE_PG_MASK, 1u << PG_OWNER_2 | 1u << PG_OWNER_5);
	CHECK_PANICS("flags PG_* are 0x9000, expected 0", __free_pages(page, 2));
	clear_page_flag(page, PG_OWNER_5);
	CHECK(test_page_flag(page, PG_OWNER_2) && !test_page_flag(page, PG_OWNER_5));
	clear_page_flag(page, PG_OWNER_2);
	__free_pages(page, 2);
	CHECK_PANICS("given to the allocator: states",
		     free_boot_range(page_to_pfn(page), page_to_pfn(page) + 1));
}

static void late_memory_must_be_reserved(void)
{
	unsigned long before;

	page_alloc_ops_boot();
	before = nr_managed_pages();
	CHECK(model_range_is(PFN_DOWN(WINDOW_START), 1, MODEL_FREE));
	CHECK_PANICS("is free, expected reserved", memblock_free_late(WINDOW_START, PAGE_SIZE));
	CHECK_PANICS("is beyond all RAM", memblock_free_late(PFN_PHYS(max_pfn), PAGE_SIZE));
	memblock_free_late(WINDOW_START + 1, PAGE_SIZE); /* no page is wholly inside */
	memblock_free_late(__pa(mem_map) + 1, PAGE_SIZE);
	CHECK_EQ(nr_managed_pages(), before);
	page_alloc_ops_check("nothing was given");
}

/* A reserved range in the middle of RAM is freed in pieces. */
static void late_memory_is_counted(void)
{
	const unsigned long pfn = PFN_DOWN(WINDOW_START) + 0x123;
	const phys_addr_t base = PFN_PHYS(pfn);
	unsigned long before;

	page_alloc_ops_new_machine();
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
	page_alloc_ops_check("one piece");
	memblock_free_late(base + 20 * PAGE_SIZE, 44 * PAGE_SIZE);
	memblock_free_late(base, PAGE_SIZE);
	model_set(pfn, 64, MODEL_FREE);
	page_alloc_ops_check("all of it");
}

/* Marks and reserves are computed from all managed pages, late ones included. */
static void limits_follow_late_memory(void)
{
	const phys_addr_t base = WINDOW_START, size = 4 << 20;
	struct zone before[MAX_NR_ZONES];

	page_alloc_ops_new_machine();
	memblock_reserve(base, size);
	mem_map_init();
	memblock_free_all();
	CHECK_EQ(min_free_kbytes_set("4096"), 0);
	CHECK_EQ(lowmem_reserve_ratio_set("3,2"), 0);
	memblock_free_late(base, size);
	memcpy(before, zones, sizeof(zones));
	zone_limits_update();
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		CHECK(memcmp(before[i].watermark, zones[i].watermark, sizeof(zones[i].watermark)) ==
		      0);
		CHECK(memcmp(before[i].lowmem_reserve, zones[i].lowmem_reserve,
			     sizeof(zones[i].lowmem_reserve)) == 0);
	}
}

/* The list of reservations grows, and its array is freed. Nobody may use the list afterwards. */
static void grown_arrays_are_given_back(void)
{
	const struct memblock_type before = memblock.reserved;
	unsigned long managed, pages;
	phys_addr_t base, size = 0;

	page_alloc_ops_new_machine();
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
	page_alloc_ops_check("discarded");
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

	page_alloc_ops_new_machine();
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
	page_alloc_ops_check("the rest is as ever");
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
	page_alloc_ops_boot();
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		zones[i].managed_pages = 1000 * (i + 1);
		zones[i].free_pages = 10 * (i + 1);
		zones[i].watermark[WMARK_LOW] = 5;
	}
	host_log_clear();
	meminfo_show(text_out);
	CHECK_STREQ(host_log, "MemTotal:          40000 kB\n"
			      "MemFree:             400 kB\n"
			      "HighTotal:         28000 kB\n"
			      "HighFree:            280 kB\n"
			      "LowTotal:          12000 kB\n"
			      "LowFree:             120 kB\n");
	for (unsigned int order = 0; order <= MAX_ORDER; order++)
		zones[ZONE_DMA].free_area[order].nr_free = order;
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		zones[i].present_pages = 0;
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
	CHECK_STREQ(gfp_format(GFP_USER | __GFP_DMA32, buf, sizeof(buf)), "GFP_KERNEL|__GFP_DMA32");
	CHECK_STREQ(gfp_format(__GFP_HIGHMEM | 0x8000, buf, sizeof(buf)), "__GFP_HIGHMEM|0x8000");
}

static void a_failure_is_reported_once(void)
{
	page_alloc_ops_boot();
	take_all(GFP_ATOMIC, 0);
	host_log_clear();
	CHECK(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 3));
	CHECK_STREQ(host_log, "");
	CHECK(!alloc_pages(GFP_KERNEL, 3));
	CHECK(strstr(host_log,
		     "page allocation failure: order:3, mode:0xa40(GFP_KERNEL), by caller"));
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

/* The rules are those of Linux's fault-injection.rst. */
static void failures_can_be_injected(void)
{
	struct fault_attr attr = { .name = "test" };
	unsigned int failures = 0;

	page_alloc_ops_boot();
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

static void an_order_has_room_for_a_size(void)
{
	CHECK_EQ(get_order(1), 0);
	CHECK_EQ(get_order(PAGE_SIZE), 0);
	CHECK_EQ(get_order(PAGE_SIZE + 1), 1);
	for (unsigned int order = 1; order <= MAX_ORDER; order++) {
		CHECK_EQ(get_order(PAGE_SIZE << order), order);
		CHECK_EQ(get_order((PAGE_SIZE << order) - 1), order);
		CHECK_EQ(get_order((PAGE_SIZE << order) + 1), order + 1);
	}
	CHECK_EQ(get_order(~0ul), sizeof(long) * CHAR_BIT - PAGE_SHIFT);
}

int main(void)
{
	if (!page_alloc_ops_map()) {
		printf("not ok 1 memory for mem_map at %#lx\n1..1\n", WINDOW_START);
		return 1;
	}
	host_run("an order has room for a size", an_order_has_room_for_a_size);
	host_run("random machines and operations agree with the model",
		 random_machines_and_operations);
	host_run("the last pages are for reclaim", the_last_pages_are_for_reclaim);
	host_run("exhaustion takes every page, and all come back", exhaustion_takes_every_page);
	host_run("damaged lists are found", damaged_lists_are_found);
	host_run("settings have limits", settings_have_limits);
	host_run("watermarks are a step apart", watermarks_are_a_step_apart);
	host_run("the reserve is taken page by page", the_reserve_is_taken_page_by_page);
	host_run("a second choice respects its mark", a_second_choice_respects_its_mark);
	host_run("what must not fail is not made to fail", what_must_not_fail_is_not_made_to);
	host_run("nothing is merged with what is behind the end",
		 nothing_is_merged_with_what_is_behind_the_end);
	host_run("limits follow late memory", limits_follow_late_memory);
	host_run("frees of what is nothing", frees_of_what_is_nothing);
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
