/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

#include <lib/errno.h>

/*
 * Rules 1 to 3 of "The interface" in docs/memblock.md: ranges, data, adding and removing. A
 * comment in quotation marks is the sentence that the checks after it test.
 */

/* Compiles only if names, types and members are those of rule 2. */
static void data_is_public(void)
{
	struct memblock_region region = {
		.base = (phys_addr_t)0, .size = 0, .flags = MEMBLOCK_NONE, .nid = 0
	};
	struct memblock_type type = {
		.cnt = 1ul, .max = 1ul, .total_size = 0, .regions = &region, .name = (char *)"type"
	};
	struct memblock all = {
		.bottom_up = false, .current_limit = 0, .memory = type, .reserved = type
	};

	CHECK_EQ(sizeof(phys_addr_t), 8);
	CHECK_EQ(PHYS_ADDR_MAX, ~0ull);
	CHECK_EQ(all.memory.regions == &region, true);
	CHECK_EQ(MEMBLOCK_NONE, 0);
	CHECK_EQ(MEMBLOCK_HOTPLUG, 1);
	CHECK_EQ(MEMBLOCK_MIRROR, 2);
	CHECK_EQ(MEMBLOCK_NOMAP, 4);
	CHECK_EQ(MEMBLOCK_DRIVER_MANAGED, 8);
	CHECK_EQ(INIT_MEMBLOCK_REGIONS, 128);
	CHECK(NUMA_NO_NODE == -1);
	CHECK_EQ(MAX_NUMNODES, 16);
	CHECK_EQ(MEMBLOCK_ALLOC_ANYWHERE, ~0ull);
	CHECK_EQ(MEMBLOCK_ALLOC_ACCESSIBLE, 0);
	CHECK_EQ(MEMBLOCK_ALLOC_NOLEAKTRACE, 1);
	CHECK_EQ(MEMBLOCK_LOW_LIMIT, 0);
	CHECK_EQ(ARCH_LOW_ADDRESS_LIMIT, 0xffffffff);
	CHECK_EQ(SMP_CACHE_BYTES, 64);
}

/* This test is the first, before any memblock_reset(). */
static void initial_state(void)
{
	CHECK_EQ(memblock.bottom_up, false);
	CHECK_EQ(memblock.current_limit, MEMBLOCK_ALLOC_ANYWHERE);
	CHECK_STREQ(memblock.memory.name, "memory");
	CHECK_STREQ(memblock.reserved.name, "reserved");
	CHECK_STREQ(physmem.name, "physmem");
	CHECK_EQ(memblock.memory.max, 128);
	CHECK_EQ(memblock.reserved.max, 128);
	CHECK_EQ(physmem.max, 8);
	CHECK(memblock.memory.regions != memblock.reserved.regions);
	LIST_EMPTY(&memblock.memory);
	LIST_EMPTY(&memblock.reserved);
	LIST_EMPTY(&physmem);
}

static void each_function_has_its_list(void)
{
	memblock_reset();
	CHECK_EQ(memblock_add(0x1000, 0x1000), 0);
	CHECK_EQ(memblock_add_node(0x3000, 0x1000, 3, MEMBLOCK_HOTPLUG), 0);
	CHECK_EQ(memblock_reserve(0x5000, 0x1000), 0);
	CHECK_EQ(memblock_physmem_add(0x7000, 0x1000), 0);
	MEMORY_IS(R(0x1000, 0x1000), RN(0x3000, 0x1000, 3, MEMBLOCK_HOTPLUG));
	RESERVED_IS(R(0x5000, 0x1000));
	LIST_IS(&physmem, R(0x7000, 0x1000));

	CHECK_EQ(memblock_remove(0x1000, 0x1000), 0);
	MEMORY_IS(RN(0x3000, 0x1000, 3, MEMBLOCK_HOTPLUG));
	CHECK_EQ(memblock_phys_free(0x5000, 0x800), 0);
	RESERVED_IS(R(0x5800, 0x800));
	memblock_free((void *)0x5800, 0x400);
	RESERVED_IS(R(0x5c00, 0x400));
	/* NULL: nothing */
	memblock_reserve(0, 0x100);
	memblock_free(NULL, 0x100);
	RESERVED_IS(R(0, 0x100), R(0x5c00, 0x400));
	/* "Node numbers are not checked." */
	CHECK_EQ(memblock_add_node(0x10000, 1, 12345, MEMBLOCK_NONE), 0);
	CHECK_EQ(memblock_add_node(0x11000, 1, -7, MEMBLOCK_NONE), 0);
	MEMORY_IS(RN(0x3000, 0x1000, 3, MEMBLOCK_HOTPLUG), RN(0x10000, 1, 12345, 0),
		  RN(0x11000, 1, -7, 0));
}

/* "to the byte: nothing is rounded"; sorted; touching and equal ones merge. */
static void additions_sort_and_merge(void)
{
	memblock_reset();
	memblock_add(0x5001, 3);
	memblock_add(0x1003, 1);
	memblock_add(0x3002, 2);
	MEMORY_IS(R(0x1003, 1), R(0x3002, 2), R(0x5001, 3));
	memblock_add(0x5004, 1); /* from above */
	memblock_add(0x5000, 1); /* from below */
	MEMORY_IS(R(0x1003, 1), R(0x3002, 2), R(0x5000, 5));
	memblock_add(0x3004, 0x5000 - 0x3004); /* both sides */
	MEMORY_IS(R(0x1003, 1), R(0x3002, 0x5005 - 0x3002));
	memblock_add(0x1000, 0x6000); /* around all of them */
	MEMORY_IS(R(0x1000, 0x6000));
	memblock_add(0x2000, 0x1000); /* inside */
	memblock_add(0x1000, 0x6000); /* again: ranges added twice are 0 */
	MEMORY_IS(R(0x1000, 0x6000));
	CHECK_EQ(memblock_add(0x2000, 0), 0); /* empty ranges are 0 */
	CHECK_EQ(memblock_add(0x9000, 0), 0);
	MEMORY_IS(R(0x1000, 0x6000));
	memblock_add(0x7001, 1); /* one byte short of touching */
	MEMORY_IS(R(0x1000, 0x6000), R(0x7001, 1));
}

/* "Parts that are in the list keep flags and node; only the others are added." */
static void additions_keep_what_is_there(void)
{
	memblock_reset();
	memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_NOMAP);
	memblock_add_node(0x4000, 0x1000, 2, MEMBLOCK_NONE);
	memblock_add_node(0x1000, 0x5000, 3, MEMBLOCK_HOTPLUG);
	MEMORY_IS(RN(0x1000, 0x1000, 3, MEMBLOCK_HOTPLUG), RN(0x2000, 0x1000, 1, MEMBLOCK_NOMAP),
		  RN(0x3000, 0x1000, 3, MEMBLOCK_HOTPLUG), RN(0x4000, 0x1000, 2, MEMBLOCK_NONE),
		  RN(0x5000, 0x1000, 3, MEMBLOCK_HOTPLUG));
	/* Neighbours merge only if nid and flags are both equal. */
	memblock_reset();
	memblock_add_node(0x1000, 0x1000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x2000, 0x1000, 2, MEMBLOCK_NONE);
	memblock_add_node(0x3000, 0x1000, 2, MEMBLOCK_NOMAP);
	memblock_add_node(0x4000, 0x1000, 2, MEMBLOCK_NOMAP);
	MEMORY_IS(RN(0x1000, 0x1000, 1, 0), RN(0x2000, 0x1000, 2, 0),
		  RN(0x3000, 0x2000, 2, MEMBLOCK_NOMAP));
}

/* "Removing takes out exactly the common part." */
static void removals_take_the_intersection(void)
{
	memblock_reset();
	memblock_add_node(0x1000, 0x1000, 1, MEMBLOCK_HOTPLUG);
	memblock_add(0x3000, 0x1000);
	memblock_add(0x5000, 0x1000);
	memblock_remove(0x1400, 0x400); /* split: both halves keep flags and nid */
	MEMORY_IS(RN(0x1000, 0x400, 1, MEMBLOCK_HOTPLUG), RN(0x1800, 0x800, 1, MEMBLOCK_HOTPLUG),
		  R(0x3000, 0x1000), R(0x5000, 0x1000));
	memblock_remove(0x1c00, 0x3c00); /* an end, a whole region, a beginning */
	MEMORY_IS(RN(0x1000, 0x400, 1, MEMBLOCK_HOTPLUG), RN(0x1800, 0x400, 1, MEMBLOCK_HOTPLUG),
		  R(0x5800, 0x800));
	CHECK_EQ(memblock_remove(0x2000, 0x3800),
		 0); /* never added, touches a region on either side */
	CHECK_EQ(memblock_remove(0x5a00, 0), 0);
	CHECK_EQ(memblock.memory.cnt, 3);
	memblock_remove(0x5800, 0x800); /* exactly one */
	memblock_remove(0x17ff, 0x402); /* one, and a byte on each side */
	MEMORY_IS(RN(0x1000, 0x400, 1, MEMBLOCK_HOTPLUG));
}

/* "An empty list has cnt 1, total_size 0 and a dummy: base 0, size 0, flags 0, nid MAX_NUMNODES" */
static void empty_lists_have_a_dummy(void)
{
	memblock_reset();
	memblock_add_node(0x1000, 0x1000, 1, MEMBLOCK_HOTPLUG);
	memblock_add_node(0x8000, 0x1000, 2, MEMBLOCK_NOMAP);
	CHECK_EQ(memblock_remove(0, 0x10000), 0);
	LIST_EMPTY(&memblock.memory);
	CHECK_EQ(memblock.memory.regions[0].nid, MAX_NUMNODES);
	CHECK_EQ(memblock_remove(0, 0x10000), 0);
	LIST_EMPTY(&memblock.memory);
	/* "The first range added takes the dummy's place." */
	memblock_add_node(0x3000, 0x1000, 5, MEMBLOCK_MIRROR);
	MEMORY_IS(RN(0x3000, 0x1000, 5, MEMBLOCK_MIRROR));

	memblock_reserve(0x10, 1);
	memblock_phys_free(0, 0x1000);
	LIST_EMPTY(&memblock.reserved);
	CHECK_EQ(memblock_phys_free(0x4000, 0x1000), 0); /* never added */
	CHECK_EQ(memblock_reserve(0x20, 0), 0);
	LIST_EMPTY(&memblock.reserved);
}

/* "cuts size to at most PHYS_ADDR_MAX - base"; the last byte of all cannot be described. */
static void sizes_are_cut(void)
{
	const phys_addr_t top = PHYS_ADDR_MAX;

	memblock_reset();
	memblock_add(0x1000, PHYS_ADDR_MAX);
	MEMORY_IS(R(0x1000, top - 0x1000));
	CHECK_EQ(memblock_end_of_DRAM(), top);
	memblock_remove(top - 0x1000, PHYS_ADDR_MAX);
	MEMORY_IS(R(0x1000, top - 0x2000));
	CHECK_EQ(memblock_reserve(top, 1), 0); /* no byte is left after the cut */
	LIST_EMPTY(&memblock.reserved);
	CHECK_EQ(memblock_reserve(top - 1, 0x1000), 0);
	RESERVED_IS(R(top - 1, 1));
	CHECK_EQ(memblock_phys_free(top - 2, PHYS_ADDR_MAX), 0);
	LIST_EMPTY(&memblock.reserved);
	memblock_physmem_add(0, PHYS_ADDR_MAX);
	LIST_IS(&physmem, R(0, top));
	memblock_reserve(top - 0x1000, 0x1000); /* ends at the top, so nothing is cut */
	RESERVED_IS(R(top - 0x1000, 0x1000));
	memblock_add(top - 0x1000, 0xfff); /* touches the region below, ends a byte below the top */
	MEMORY_IS(R(0x1000, top - 0x2001 + 0x1000));
}

/* "A reserved range need not be RAM." */
static void the_lists_are_independent(void)
{
	memblock_reset();
	CHECK_EQ(memblock_reserve(0x8000, 0x1000), 0); /* not RAM */
	memblock_add(0x1000, 0x1000);
	CHECK_EQ(memblock_reserve(0x1800, 0x1000), 0); /* half of it */
	CHECK_EQ(memblock_reserve(0x1800, 0x1000), 0); /* not free */
	RESERVED_IS(R(0x1800, 0x1000), R(0x8000, 0x1000));
	MEMORY_IS(R(0x1000, 0x1000));
	memblock_remove(0x1000, 0x1000);
	RESERVED_IS(R(0x1800, 0x1000), R(0x8000, 0x1000));
	/* "It need not match an earlier call." */
	CHECK_EQ(memblock_phys_free(0x2000, 0x6800), 0);
	RESERVED_IS(R(0x1800, 0x800), R(0x8800, 0x800));
}

/* Adds nr regions of one byte, 0x1000 apart from 0x1000 on. */
static void fill(int (*add)(phys_addr_t base, phys_addr_t size), unsigned long nr)
{
	for (unsigned long i = 1; i <= nr; i++)
		CHECK_EQ(add(i * 0x1000, 1), 0);
}

/* "An addition needs cnt + number of uncovered pieces <= max, counted before merging." */
static void a_full_list_returns_an_error(void)
{
	struct memblock_region before[128];

	memblock_reset();
	fill(memblock_reserve, 128);
	memcpy(before, memblock.reserved.regions, sizeof(before));
	CHECK_EQ(memblock_reserve(0x1800, 1), -ENOMEM);
	CHECK_EQ(memblock_reserve(0x1001, 1),
		 -ENOMEM); /* would merge, but the count is made before */
	CHECK_EQ(memblock_reserve(0x1001, 0xfff), -ENOMEM);
	CHECK_EQ(memblock_reserve(0x1000, 1), 0); /* no uncovered piece */
	CHECK_EQ(memblock_reserve(0x1800, 0), 0);
	CHECK_EQ(memblock_phys_free(0x1000, 1), -ENOMEM);
	CHECK_EQ(memblock_phys_free(0x1800, 1), -ENOMEM); /* "split or not" */
	CHECK_EQ(memblock_phys_free(0x1800, 0), 0);
	CHECK_EQ(memcmp(before, memblock.reserved.regions, sizeof(before)), 0);
	CHECK_EQ(memblock.reserved.cnt, 128);
	CHECK_EQ(memblock.reserved.total_size, 128);
	CHECK_EQ(memblock.reserved.max, 128);

	memblock_reset();
	fill(memblock_add, 126);
	CHECK_EQ(memblock_add(0x1000, 0x2002), -ENOMEM); /* 3 pieces */
	CHECK_EQ(memblock.memory.cnt, 126);
	CHECK_EQ(memblock_add(0x1000, 0x2001), 0); /* 2 */
	CHECK_EQ(memblock.memory.cnt, 124);
	memblock_add(0x90000, 1);
	memblock_add(0x91000, 1);
	CHECK_EQ(memblock.memory.cnt, 126);
	CHECK_EQ(memblock_remove(0x1800, 1), 0);
	CHECK_EQ(memblock.memory.cnt, 127);
	CHECK_EQ(memblock_remove(0x4000, 1), -ENOMEM);
	CHECK_EQ(memblock_mark_nomap(0x4000, 1), -ENOMEM);
	CHECK_EQ(memblock_set_node(0x4000, 1, &memblock.memory, 1), -ENOMEM);
	CHECK_EQ(memblock.memory.cnt, 127);

	memblock_reset();
	fill(memblock_physmem_add, 8);
	CHECK_EQ(memblock_physmem_add(0x100, 1), -ENOMEM);
}

/* "Callers may write to it between calls, and the next call works with what it finds." */
static void the_structure_may_be_written(void)
{
	struct memblock_region own[4] = { { 0 } };

	memblock_reset();
	memblock_add(0x1000, 0x10000);
	memblock_reserve(0x2000, 0x1000);
	memblock.memory.cnt = 1;
	memblock.memory.total_size = 0;
	memblock.memory.regions[0] = (struct memblock_region){ 0 };
	CHECK_EQ(memblock_is_memory(0x1000), false);
	CHECK_EQ(memblock_phys_alloc(0x10, 0), 0);
	memblock_add_node(0x100000, 0x1000, 1, MEMBLOCK_NONE);
	MEMORY_IS(RN(0x100000, 0x1000, 1, 0));
	CHECK_EQ(memblock_phys_alloc(0x1000, 0), 0x100000);

	/* "Test regions[0].size, not cnt, for an empty list." */
	memblock.reserved.regions[0].size = 0;
	memblock.reserved.total_size = 0;
	CHECK_EQ(memblock_phys_alloc(0x1000, 0), 0x100000);

	/* The same for a list that had several entries. */
	memblock_reset();
	fill(memblock_add, 3);
	memblock.memory.regions[0].size = 0;
	memblock_add(0x8000, 0x1000);
	MEMORY_IS(R(0x8000, 0x1000));

	/* The caller's own array. */
	memblock_reset();
	memblock.memory.regions = own;
	memblock.memory.max = ARRAY_SIZE(own);
	fill(memblock_add, 4);
	CHECK_EQ(memblock_add(0x10000, 1), -ENOMEM);
	CHECK_EQ(own[3].base, 0x4000);
}

/* memblock_reset() fills the entries after cnt with junk. */
static void entries_after_the_last_are_not_read(void)
{
	memblock_reset();
	memblock_add(0x3000, 0x1000);
	memblock_add(0x1000, 0x1000);
	memblock_add(0x5000, 0x1000);
	memblock_remove(0x3000, 0x1000);
	memblock.memory.regions[2] = (struct memblock_region){ 0x7000, 0x1000, 0, MAX_NUMNODES };
	CHECK_EQ(memblock_is_memory(0x7000), false);
	CHECK_EQ(memblock_end_of_DRAM(), 0x6000);
	memblock_add(0x6000, 0x1000);
	MEMORY_IS(R(0x1000, 0x1000), R(0x5000, 0x2000));
}

int main(void)
{
	host_run("2: initial state", initial_state);
	host_run("2: data is public", data_is_public);
	host_run("2: empty lists have a dummy", empty_lists_have_a_dummy);
	host_run("2: the structure may be written", the_structure_may_be_written);
	host_run("2: entries after the last are not read", entries_after_the_last_are_not_read);
	host_run("1: sizes are cut", sizes_are_cut);
	host_run("3: each function has its list", each_function_has_its_list);
	host_run("3: additions sort and merge", additions_sort_and_merge);
	host_run("3: additions keep what is there", additions_keep_what_is_there);
	host_run("3: removals take the intersection", removals_take_the_intersection);
	host_run("3: the lists are independent", the_lists_are_independent);
	host_run("3: a full list returns -ENOMEM", a_full_list_returns_an_error);
	return host_done();
}
