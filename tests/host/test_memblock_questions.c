/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

/*
 * Rule 6 of "The interface" in docs/memblock.md: questions, and the calls that cut the lists down
 * to a limit. A comment in quotation marks is the sentence that the checks after it test.
 */

/* Memory [0x10000, 0x20000), NOMAP [0x20000, 0x24000), node 5 [0x40000, 0x50000). */
static void set_up(void)
{
	memblock_reset();
	memblock_add(0x10000, 0x14000);
	memblock_mark_nomap(0x20000, 0x4000);
	memblock_add_node(0x40000, 0x10000, 5, MEMBLOCK_NONE);
	memblock_reserve(0x8000, 0x10000);
	memblock_reserve(0x48000, 0x1000);
}

static void sizes_and_ends(void)
{
	set_up();
	CHECK_EQ(memblock_phys_mem_size(), 0x24000);
	CHECK_EQ(memblock_reserved_size(), 0x11000);
	CHECK_EQ(memblock_start_of_DRAM(), 0x10000);
	CHECK_EQ(memblock_end_of_DRAM(), 0x50000);
	memblock_reset(); /* "Empty: 0 and 0." */
	CHECK_EQ(memblock_start_of_DRAM(), 0);
	CHECK_EQ(memblock_end_of_DRAM(), 0);
	CHECK_EQ(memblock_phys_mem_size(), 0);
	CHECK_EQ(memblock_reserved_size(), 0);
}

static void single_addresses(void)
{
	set_up();
	CHECK_EQ(memblock_is_memory(0xffff), false);
	CHECK_EQ(memblock_is_memory(0x10000), true);
	CHECK_EQ(memblock_is_memory(0x23fff), true);
	CHECK_EQ(memblock_is_memory(0x24000), false);
	CHECK_EQ(memblock_is_memory(0x4ffff), true);
	CHECK_EQ(memblock_is_memory(0x50000), false);
	CHECK_EQ(memblock_is_memory(PHYS_ADDR_MAX), false);
	CHECK_EQ(memblock_is_map_memory(0x1ffff), true);
	CHECK_EQ(memblock_is_map_memory(0x20000), false);
	CHECK_EQ(memblock_is_map_memory(0x30000), false);
	CHECK_EQ(memblock_is_reserved(0x7fff), false);
	CHECK_EQ(memblock_is_reserved(0x8000), true);
	CHECK_EQ(memblock_is_reserved(0x17fff), true);
	CHECK_EQ(memblock_is_reserved(0x18000), false);
	memblock_reset();
	CHECK_EQ(memblock_is_memory(0), false);
	CHECK_EQ(memblock_is_reserved(0), false);
}

static void ranges(void)
{
	set_up();
	/* "inside a single region of memory" */
	CHECK_EQ(memblock_is_region_memory(0x10000, 0x10000), true);
	CHECK_EQ(memblock_is_region_memory(0x10000, 0x10001), false); /* two that touch */
	CHECK_EQ(memblock_is_region_memory(0xffff, 2), false);
	CHECK_EQ(memblock_is_region_memory(0x4ffff, 1), true);
	CHECK_EQ(memblock_is_region_memory(0x4ffff, PHYS_ADDR_MAX), false);
	CHECK_EQ(memblock_is_region_memory(0x30000, 1), false);
	/* "at least one byte is reserved" */
	CHECK_EQ(memblock_is_region_reserved(0, 0x8000), false);
	CHECK_EQ(memblock_is_region_reserved(0, 0x8001), true);
	CHECK_EQ(memblock_is_region_reserved(0x18000, 0x30000), false);
	CHECK_EQ(memblock_is_region_reserved(0x17fff, 1), true);
	CHECK_EQ(memblock_is_region_reserved(0x18000, PHYS_ADDR_MAX), true);
	CHECK_EQ(memblock_is_region_reserved(0x8800, 0), false);
	/* "at least one byte is in the list; ranges that only touch share no byte" */
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0x24000, 0x1c000), false);
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0x24000, 0x1c001), true);
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0x23fff, 1), true);
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0, PHYS_ADDR_MAX), true);
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0x50000, PHYS_ADDR_MAX), false);
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0x11000, 0), false);
	CHECK_EQ(memblock_overlaps_region(&memblock.reserved, 0x48fff, 0x1000), true);
	CHECK_EQ(memblock_overlaps_region(&physmem, 0, PHYS_ADDR_MAX), false);
	memblock_reset();
	CHECK_EQ(memblock_overlaps_region(&memblock.memory, 0, PHYS_ADDR_MAX), false);
	CHECK_EQ(memblock_is_region_memory(0, 0), false);
	CHECK_EQ(memblock_is_region_reserved(0, 1), false);

	CHECK_EQ(memblock_addrs_overlap(0x1000, 0x1000, 0x2000, 0x1000), false);
	CHECK_EQ(memblock_addrs_overlap(0x2000, 0x1000, 0x1000, 0x1000), false);
	CHECK_EQ(memblock_addrs_overlap(0x1000, 0x1001, 0x2000, 0x1000), true);
	CHECK_EQ(memblock_addrs_overlap(0x1000, 0x4000, 0x2000, 1), true);
	CHECK_EQ(memblock_addrs_overlap(0x1000, PHYS_ADDR_MAX, PHYS_ADDR_MAX - 1, 1), true);
	CHECK_EQ(memblock_addrs_overlap(0, 0x1000, PHYS_ADDR_MAX - 1, 0x1000), false); /* no wrap */
}

static void frames(void)
{
	unsigned long start = 111, end = 222;

	set_up();
	memblock_add_node(0x60800, 0x2000, 7, MEMBLOCK_NONE);
	CHECK_EQ(memblock_search_pfn_nid(0x4f, &start, &end), 5);
	CHECK_EQ(start, 0x40);
	CHECK_EQ(end, 0x50);
	CHECK_EQ(memblock_search_pfn_nid(0x20, &start, &end), MAX_NUMNODES);
	CHECK_EQ(start, 0x20);
	CHECK_EQ(end, 0x24);
	CHECK_EQ(memblock_search_pfn_nid(0x61, &start, &end), 7);
	CHECK_EQ(start, 0x60);
	CHECK_EQ(end, 0x62);
	start = end = 99;
	CHECK(memblock_search_pfn_nid(0x60, &start, &end) ==
	      -1); /* the region begins in the middle of the frame */
	CHECK(memblock_search_pfn_nid(0x50, &start, &end) == -1);
	CHECK(memblock_search_pfn_nid(0, &start, &end) == -1);
	CHECK_EQ(start, 99);
	CHECK_EQ(end, 99);
}

/* "Keep the first limit bytes of memory; both lists lose everything above." */
static void enforce_limit(void)
{
	set_up();
	memblock_enforce_memory_limit(0);       /* nothing */
	memblock_enforce_memory_limit(0x24001); /* more than there is: nothing */
	memblock_enforce_memory_limit(PHYS_ADDR_MAX);
	CHECK_EQ(memblock_phys_mem_size(), 0x24000);
	CHECK_EQ(memblock_reserved_size(), 0x11000);

	memblock_enforce_memory_limit(0x1c800);
	MEMORY_IS(R(0x10000, 0x10000), RN(0x20000, 0x4000, MAX_NUMNODES, MEMBLOCK_NOMAP),
		  RN(0x40000, 0x8800, 5, 0));
	RESERVED_IS(R(0x8000, 0x10000), R(0x48000, 0x800));
	memblock_enforce_memory_limit(0x14000); /* exactly at a hole */
	MEMORY_IS(R(0x10000, 0x10000), RN(0x20000, 0x4000, MAX_NUMNODES, MEMBLOCK_NOMAP));
	RESERVED_IS(R(0x8000, 0x10000));

	memblock_reserve(0x80000, 0x1000);
	memblock_enforce_memory_limit(0x14000); /* exactly all memory: reservations above it go */
	RESERVED_IS(R(0x8000, 0x10000));
	memblock_enforce_memory_limit(1);
	MEMORY_IS(R(0x10000, 1));
	RESERVED_IS(R(0x8000, 0x8001));
	memblock_reset();
	memblock_enforce_memory_limit(0x1000);
	LIST_EMPTY(&memblock.memory);
}

/* "keep only that range in both, but keep NOMAP memory anywhere" */
static void cap_range(void)
{
	set_up();
	memblock_cap_memory_range(0x18000, 0); /* nothing */
	CHECK_EQ(memblock_phys_mem_size(), 0x24000);
	memblock_cap_memory_range(0x14000, 0x2000);
	MEMORY_IS(R(0x14000, 0x2000), RN(0x20000, 0x4000, MAX_NUMNODES, MEMBLOCK_NOMAP));
	RESERVED_IS(R(0x14000, 0x2000));

	set_up(); /* an end inside of NOMAP memory leaves it in one piece */
	memblock_cap_memory_range(0x22000, 0x26800);
	MEMORY_IS(RN(0x20000, 0x4000, MAX_NUMNODES, MEMBLOCK_NOMAP), RN(0x40000, 0x8800, 5, 0));
	RESERVED_IS(R(0x48000, 0x800));

	set_up(); /* nothing but NOMAP is left */
	memblock_cap_memory_range(0x100000, PHYS_ADDR_MAX);
	MEMORY_IS(RN(0x20000, 0x4000, MAX_NUMNODES, MEMBLOCK_NOMAP));
	LIST_EMPTY(&memblock.reserved);

	set_up(); /* nothing at all */
	memblock_clear_nomap(0, PHYS_ADDR_MAX);
	memblock_cap_memory_range(0, 0x1000);
	LIST_EMPTY(&memblock.memory);
	LIST_EMPTY(&memblock.reserved);

	set_up(); /* no room: nothing */
	memblock.memory.max = 4;
	memblock_cap_memory_range(0, 0x1000);
	CHECK_EQ(memblock_phys_mem_size(), 0x24000);
	CHECK_EQ(memblock_reserved_size(), 0x11000);
}

/* enforce_memory_limit() that keeps NOMAP memory */
static void limit_that_keeps_nomap(void)
{
	set_up();
	memblock_mem_limit_remove_map(0);
	memblock_mem_limit_remove_map(0x24001);
	CHECK_EQ(memblock_phys_mem_size(), 0x24000);
	CHECK_EQ(memblock_reserved_size(), 0x11000);
	memblock_mem_limit_remove_map(0x4000);
	MEMORY_IS(R(0x10000, 0x4000), RN(0x20000, 0x4000, MAX_NUMNODES, MEMBLOCK_NOMAP));
	RESERVED_IS(R(0x8000, 0xc000));
}

/* "Prints the lists if memblock=debug was given." */
static void dump(void)
{
	set_up();
	memblock_physmem_add(0x10000, 0x123000);
	host_log_clear();
	memblock_dump_all();
	CHECK_STREQ(host_log, "");
	memblock_debug = true;
	memblock_dump_all();
	CHECK_STREQ(
		host_log,
		"MEMBLOCK configuration:\n"
		" memory size = 0x24000 reserved size = 0x11000\n"
		" memory.cnt  = 0x3\n"
		" memory[0x0]\t[0x0000000000010000-0x000000000001ffff], 0x0000000000010000 bytes"
		" flags: 0x0\n"
		" memory[0x1]\t[0x0000000000020000-0x0000000000023fff], 0x0000000000004000 bytes"
		" flags: 0x4\n"
		" memory[0x2]\t[0x0000000000040000-0x000000000004ffff], 0x0000000000010000 bytes"
		" on node 5 flags: 0x0\n"
		" reserved.cnt  = 0x2\n"
		" reserved[0x0]\t[0x0000000000008000-0x0000000000017fff], 0x0000000000010000 bytes"
		" flags: 0x0\n"
		" reserved[0x1]\t[0x0000000000048000-0x0000000000048fff], 0x0000000000001000"
		" bytes flags: 0x0\n"
		" physmem.cnt  = 0x1\n"
		" physmem[0x0]\t[0x0000000000010000-0x0000000000132fff], 0x0000000000123000 bytes"
		" flags: 0x0\n");
	host_log_clear();
	memblock_reserve(0x60000, 0x1000);
	memblock_remove(0x60000, 0);
	CHECK_STREQ(host_log,
		    "memblock: add to reserved [0x0000000000060000-0x0000000000060fff]\n");
}

int main(void)
{
	host_run("6: sizes and ends", sizes_and_ends);
	host_run("6: single addresses", single_addresses);
	host_run("6: ranges", ranges);
	host_run("6: frames", frames);
	host_run("6: enforce_memory_limit", enforce_limit);
	host_run("6: cap_memory_range", cap_range);
	host_run("6: mem_limit_remove_map", limit_that_keeps_nomap);
	host_run("6: dump_all", dump);
	return host_done();
}
