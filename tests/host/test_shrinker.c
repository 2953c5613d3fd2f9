/* SPDX-License-Identifier: MIT */

/*
 * The shrinkers, which are included unchanged, with caches of a model: objects are in slabs of
 * four, and a page is free only when its whole slab is empty and the slab allocator gives it back.
 */
#include "host.h"

#include "../../mm/shrinker.c"

#define SLABS      100u
#define PER_SLAB   4u
#define NR_OBJECTS (SLABS * PER_SLAB)

struct zone zones[MAX_NR_ZONES];
static bool objects[NR_OBJECTS];
static u32 nr_empty, stacks, calls, nr_asked, order[4];
static bool others_take;

static u32 low_pages;

unsigned long zone_free_pages(const struct zone *zone)
{
	CHECK(zone == &zones[ZONE_DMA] || zone == &zones[ZONE_NORMAL]);
	return zone == &zones[ZONE_NORMAL] ? low_pages : 3;
}

/* --- caches ----------------------------------------------------------------------------------- */

static unsigned long count_names(void)
{
	unsigned long nr = 0;

	for (u32 i = 0; i < NR_OBJECTS; i++)
		nr += objects[i];
	return nr;
}

static void scan_names(unsigned long nr)
{
	order[calls++ % 4] = 200;
	nr_asked = (u32)nr;
	for (u32 i = 0; i < NR_OBJECTS && nr; i++) {
		nr -= objects[i];
		objects[i] = false;
	}
	nr_empty = 0;
	for (u32 i = 0; i < SLABS; i++)
		nr_empty += !objects[i * PER_SLAB] && !objects[i * PER_SLAB + 1] &&
			    !objects[i * PER_SLAB + 2] && !objects[i * PER_SLAB + 3];
}

static unsigned long count_stacks(void)
{
	return stacks;
}

static void scan_kept_stacks(unsigned long nr)
{
	order[calls++ % 4] = 400;
	low_pages += stacks;
	stacks = 0;
}
SHRINKER(400, "stacks", count_stacks, scan_kept_stacks);
SHRINKER(200, "names", count_names, scan_names);

unsigned long vm_lazy_pages(void)
{
	return 0;
}

void vm_unmap_aliases(void)
{
	CHECK(false);
}

static u32 given_back;

void kmem_cache_shrink_all(void)
{
	order[calls++ % 4] = 900;
	low_pages += nr_empty - given_back;
	given_back = nr_empty;
	if (others_take)
		low_pages = 0;
}

static void begin(void)
{
	for (u32 i = 0; i < NR_OBJECTS; i++)
		objects[i] = true;
	nr_empty = given_back = calls = stacks = nr_asked = 0;
	low_pages = 50;
	others_take = false;
	freed_pages = 0;
}

/* --- the tests -------------------------------------------------------------------------------- */

static void caches_come_first_and_slabs_last(void)
{
	begin();
	stacks = 4;
	/* 64 objects of the names, and the stacks. */
	CHECK_EQ(shrink_caches(4, GFP_KERNEL), 4 * OBJECTS_A_PAGE / PER_SLAB + 4);
	CHECK_EQ(calls, 3);
	CHECK_EQ(order[0], 200);
	CHECK_EQ(order[1], 400);
	CHECK_EQ(order[2], 900);
	CHECK_EQ(nr_asked, 4 * OBJECTS_A_PAGE);
	CHECK_EQ(pages_shrunk(), 20);
}

static void empty_caches_are_not_asked(void)
{
	begin();
	memset(objects, 0, sizeof(objects));
	CHECK_EQ(shrink_caches(4, GFP_KERNEL), 0);
	/* Only the slabs, which cannot be counted. */
	CHECK_EQ(calls, 1);
	CHECK_EQ(order[0], 900);
}

static void a_request_that_may_not_wait_frees_nothing(void)
{
	begin();
	CHECK_EQ(shrink_caches(4, GFP_ATOMIC), 0);
	CHECK_EQ(calls, 0);
	CHECK_EQ(shrink_caches(4, GFP_NOIO), 16);
}

static void what_others_take_is_no_gain(void)
{
	begin();
	others_take = true;
	CHECK_EQ(shrink_caches(4, GFP_KERNEL), 0);
	CHECK_EQ(pages_shrunk(), 0);
}

/* Calls of random sizes empty all caches in the end, and the sum of what they say is right. */
static void all_can_be_had(void)
{
	begin();
	for (u32 sum = 0, before = low_pages; count_names() || stacks;) {
		if (!host_random_below(8))
			stacks += (u32)host_random_below(4);
		sum += (u32)shrink_caches(1 + host_random_below(3), GFP_KERNEL);
		CHECK_EQ(low_pages - before, sum);
		CHECK_EQ(pages_shrunk(), sum);
	}
	CHECK_EQ(given_back, SLABS);
}

int main(void)
{
	host_run("caches come first, and slabs last", caches_come_first_and_slabs_last);
	host_run("empty caches are not asked", empty_caches_are_not_asked);
	host_run("a request that may not wait frees nothing",
		 a_request_that_may_not_wait_frees_nothing);
	host_run("what others take is no gain", what_others_take_is_no_gain);
	host_run("all can be had", all_can_be_had);
	return host_done();
}
