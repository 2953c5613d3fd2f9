/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

#include <mm/memblock_lists.h>

#include <time.h>

/*
 * memblock_find_above() by itself: the lists are written by hand, so no other function is needed.
 */

#define LONG 262144

static struct memblock_region regions[LONG];

/* Entry i is [16 * i + 8, 16 * i + 16). */
static struct memblock_type list_of(unsigned long nr)
{
	struct memblock_type type = {
		.cnt = nr ? nr : 1, .max = LONG, .regions = regions, .name = (char *)"by hand"
	};

	regions[0] = (struct memblock_region){ .nid = MAX_NUMNODES };
	for (unsigned long i = 0; i < nr; i++)
		regions[i] = (struct memblock_region){ .base = 16 * i + 8, .size = 8, .nid = 1 };
	type.total_size = 8 * nr;
	return type;
}

static void finds_the_entry(void)
{
	for (unsigned long nr = 0; nr < 20; nr++) {
		struct memblock_type type = list_of(nr);

		for (u64 addr = 0; addr < 16 * nr + 40; addr++)
			CHECK_EQ(memblock_find_above(&type, addr), min(addr / 16, (u64)nr));
		CHECK_EQ(memblock_find_above(&type, PHYS_ADDR_MAX), nr);
	}
}

/* Processor time of many searches, in clock ticks. */
static clock_t time_of(unsigned long nr)
{
	struct memblock_type type = list_of(nr);
	clock_t start = clock();

	for (unsigned int i = 0; i < 2000; i++) {
		u64 addr = i * 2654435761u % (16 * nr);

		CHECK_EQ(memblock_find_above(&type, addr), addr / 16);
	}
	return clock() - start;
}

/* A binary search takes 18 steps instead of 7, which caches make some ten times as long. */
static void long_lists_cost_little(void)
{
	clock_t few = time_of(128), many = time_of(LONG);

	if (many > 100 * few + CLOCKS_PER_SEC / 100)
		host_fail(__FILE__, __LINE__, "searches of %u entries take %ld us, of 128 %ld us",
			  LONG, (long)many, (long)few);
}

int main(void)
{
	host_run("finds the entry above an address", finds_the_entry);
	host_run("long lists cost little", long_lists_cost_little);
	return host_done();
}
