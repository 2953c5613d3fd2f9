/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

/*
 * Rule 7 of "The interface" in docs/memblock.md: loops. Each loop is written into a string that
 * has "start-end" in hexadecimal for each step, with ":nid" if the loop reports nodes. A comment
 * in quotation marks is the sentence that the checks after it test.
 */

static char seen[1024];

static void begin(void)
{
	seen[0] = '\0';
}

static void turn(u64 start, u64 end)
{
	size_t n = strlen(seen);

	snprintf(seen + n, sizeof(seen) - n, "%s%llx-%llx", n ? " " : "", start, end);
}

static void turn_on(u64 start, u64 end, int nid)
{
	size_t n;

	turn(start, end);
	n = strlen(seen);
	snprintf(seen + n, sizeof(seen) - n, ":%d", nid);
}

/* "After its end i is ULLONG_MAX." "Each pointer may be NULL." */
static void free_upwards(int nid, enum memblock_flags flags, const char *want)
{
	phys_addr_t start, end;
	unsigned int turns = 0, silent = 0;
	int node;
	u64 i;

	begin();
	for_each_free_mem_range(i, nid, flags, &start, &end, &node) {
		turn_on(start, end, node);
		turns++;
	}
	CHECK_EQ(i, ULLONG_MAX);
	CHECK_STREQ(seen, want);
	for_each_free_mem_range(i, nid, flags, NULL, NULL, NULL)
		silent++;
	CHECK_EQ(silent, turns);
}

static void free_downwards(int nid, enum memblock_flags flags, const char *want)
{
	phys_addr_t start, end;
	unsigned int turns = 0, silent = 0;
	int node;
	u64 i;

	begin();
	for_each_free_mem_range_reverse(i, nid, flags, &start, &end, &node) {
		turn_on(start, end, node);
		turns++;
	}
	CHECK_EQ(i, ULLONG_MAX);
	CHECK_STREQ(seen, want);
	for_each_free_mem_range_reverse(i, nid, flags, NULL, NULL, NULL)
		silent++;
	CHECK_EQ(silent, turns);
}

static void memory_ranges(void)
{
	phys_addr_t start, end;
	u64 i;

	memblock_reset();
	memblock_add(0x1000, 0x1000);
	memblock_add_node(0x2000, 0x1000, 1, MEMBLOCK_HOTPLUG);
	memblock_add_node(0x3000, 0x1000, 1, MEMBLOCK_NOMAP);
	memblock_add_node(0x5000, 0x1000, 2, MEMBLOCK_DRIVER_MANAGED);
	memblock_add_node(0x7000, 0x1000, 3, MEMBLOCK_MIRROR);
	memblock_reserve(0x1000, 0x10000);
	movable_node_enabled = true;
	/* "except NOMAP"; reservations and other flags do not matter */
	begin();
	for_each_mem_range(i, &start, &end)
		turn(start, end);
	CHECK_STREQ(seen, "1000-2000 2000-3000 5000-6000 7000-8000");
	CHECK_EQ(i, ULLONG_MAX);
	begin();
	for_each_mem_range_rev(i, &start, &end)
		turn(start, end);
	CHECK_STREQ(seen, "7000-8000 5000-6000 2000-3000 1000-2000");
	CHECK_EQ(i, ULLONG_MAX);

	begin();
	for_each_mem_range(i, &start, NULL)
		turn(start, 0);
	CHECK_STREQ(seen, "1000-0 2000-0 5000-0 7000-0");
	begin();
	for_each_mem_range_rev(i, NULL, &end)
		turn(0, end);
	CHECK_STREQ(seen, "0-8000 0-6000 0-3000 0-2000");
	/* A break leaves the loop variable as it is. */
	for_each_mem_range(i, NULL, NULL)
		break;
	CHECK(i != ULLONG_MAX);
}

static void other_lists(void)
{
	phys_addr_t start, end;
	u64 i;

	memblock_reset();
	memblock_reserve(0x2000, 0x1000);
	memblock_reserve(0x4001, 2);
	memblock_physmem_add(0x1000, 0x9000);
	memblock_physmem_add(0x100000000ull, 0x1000);
	begin();
	for_each_reserved_mem_range(i, &start, &end)
		turn(start, end);
	CHECK_STREQ(seen, "2000-3000 4001-4003");
	CHECK_EQ(i, ULLONG_MAX);
	begin();
	for_each_physmem_range(i, &start, &end)
		turn(start, end);
	CHECK_STREQ(seen, "1000-a000 100000000-100001000");
	CHECK_EQ(i, ULLONG_MAX);
}

static void free_ranges(void)
{
	memblock_reset();
	memblock_add_node(0x1000, 0x2000, 0, MEMBLOCK_NONE);
	memblock_add_node(0x3000, 0x2000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x8000, 0x4000, 0, MEMBLOCK_NONE);
	free_upwards(NUMA_NO_NODE, 0, "1000-3000:0 3000-5000:1 8000-c000:0");
	free_downwards(NUMA_NO_NODE, 0, "8000-c000:0 3000-5000:1 1000-3000:0");
	memblock_reserve(0x2800, 0x1000); /* over a border */
	memblock_reserve(0x4800, 0x3000); /* over an end, into a hole */
	memblock_reserve(0x8000, 0x100);  /* from the beginning */
	memblock_reserve(0x9000, 0x100);  /* inside */
	memblock_reserve(0xb000, 0x1000); /* to the end */
	free_upwards(NUMA_NO_NODE, 0, "1000-2800:0 3800-4800:1 8100-9000:0 9100-b000:0");
	free_downwards(NUMA_NO_NODE, 0, "9100-b000:0 8100-9000:0 3800-4800:1 1000-2800:0");
	free_upwards(0, 0, "1000-2800:0 8100-9000:0 9100-b000:0");
	free_downwards(1, 0, "3800-4800:1");
	free_upwards(2, 0, "");
	memblock_reserve(0, 0x100000); /* "Empty pieces are not reported." */
	free_upwards(NUMA_NO_NODE, 0, "");
	free_downwards(NUMA_NO_NODE, 0, "");
	memblock_remove(0, PHYS_ADDR_MAX);
	free_upwards(NUMA_NO_NODE, 0, "");
	memblock_reset();
	free_upwards(NUMA_NO_NODE, 0, "");
	free_downwards(NUMA_NO_NODE, 0, "");
	memblock_add(0, PHYS_ADDR_MAX); /* from the first byte to the last */
	memblock_reserve(0x1000, PHYS_ADDR_MAX - 0x2000);
	free_upwards(NUMA_NO_NODE, 0, "0-1000:16 ffffffffffffefff-ffffffffffffffff:16");
}

static void free_ranges_by_flags(void)
{
	memblock_reset();
	memblock_add_node(0x1000, 0x1000, 0, MEMBLOCK_NONE);
	memblock_add_node(0x2000, 0x1000, 0, MEMBLOCK_HOTPLUG);
	memblock_add_node(0x3000, 0x1000, 0, MEMBLOCK_MIRROR);
	memblock_add_node(0x4000, 0x1000, 0, MEMBLOCK_NOMAP);
	memblock_add_node(0x5000, 0x1000, 0, MEMBLOCK_DRIVER_MANAGED);
	/* Without movable_node, HOTPLUG memory is ordinary memory. */
	free_upwards(NUMA_NO_NODE, MEMBLOCK_NONE, "1000-2000:0 2000-3000:0 3000-4000:0");
	free_upwards(NUMA_NO_NODE, MEMBLOCK_NOMAP,
		     "1000-2000:0 2000-3000:0 3000-4000:0 4000-5000:0");
	free_upwards(NUMA_NO_NODE, MEMBLOCK_DRIVER_MANAGED,
		     "1000-2000:0 2000-3000:0 3000-4000:0 5000-6000:0");
	free_downwards(NUMA_NO_NODE, MEMBLOCK_MIRROR, "3000-4000:0"); /* "MIRROR narrows it" */
	movable_node_enabled = true;
	free_upwards(NUMA_NO_NODE, MEMBLOCK_NONE, "1000-2000:0 3000-4000:0");
	free_downwards(NUMA_NO_NODE, MEMBLOCK_HOTPLUG, "3000-4000:0 2000-3000:0 1000-2000:0");
	free_upwards(NUMA_NO_NODE, MEMBLOCK_NOMAP | MEMBLOCK_HOTPLUG | MEMBLOCK_DRIVER_MANAGED,
		     "1000-2000:0 2000-3000:0 3000-4000:0 4000-5000:0 5000-6000:0");
}

static void frame_ranges(int nid, const char *want)
{
	unsigned long start, end;
	unsigned int turns = 0, silent = 0;
	int i, node;

	begin();
	for_each_mem_pfn_range(i, nid, &start, &end, &node) {
		turn_on(start, end, node);
		turns++;
	}
	CHECK(i == -1);
	CHECK_STREQ(seen, want);
	for_each_mem_pfn_range(i, nid, NULL, NULL, NULL)
		silent++;
	CHECK_EQ(silent, turns);
}

/* "Reports whole pages only. A region without one has no step." */
static void frames(void)
{
	memblock_reset();
	frame_ranges(MAX_NUMNODES, "");
	memblock_add(0x1000, 0x1000);
	memblock_add_node(0x2001, 0x2fff, 1, MEMBLOCK_NOMAP);
	memblock_add_node(0x6800, 0x1000, 1, MEMBLOCK_NONE);
	memblock_add_node(0x8000, 0xfff, 2, MEMBLOCK_NONE);
	memblock_add_node(0x9fff, 0x2002, 2, MEMBLOCK_NONE);
	frame_ranges(MAX_NUMNODES, "1-2:16 3-5:1 a-c:2");
	frame_ranges(1, "3-5:1");
	frame_ranges(2, "a-c:2");
	frame_ranges(3, "");
	frame_ranges(NUMA_NO_NODE, "");
}

/* "An empty list has one step, with its dummy." */
static void arrays_and_dummies(void)
{
	struct memblock_region *r;
	phys_addr_t start, end;
	u64 i;

	memblock_reset();
	begin();
	for_each_mem_region(r)
		turn(r->base, r->size);
	CHECK_STREQ(seen, "0-0");
	begin();
	for_each_reserved_mem_region(r)
		turn(r->base, r->size);
	CHECK_STREQ(seen, "0-0");
	begin();
	for_each_mem_range(i, &start, &end)
		turn(start, end);
	CHECK_STREQ(seen, "0-0");

	memblock_add_node(0x1000, 0x1000, 1, MEMBLOCK_NOMAP);
	memblock_add(0x3000, 0x10);
	memblock_reserve(0x5000, 0x20);
	begin();
	for_each_mem_region(r)
		turn(r->base, r->size);
	CHECK_STREQ(seen, "1000-1000 3000-10");
	begin();
	for_each_reserved_mem_region(r)
		turn(r->base, r->size);
	CHECK_STREQ(seen, "5000-20");
}

int main(void)
{
	host_run("7: for_each_mem_range and _rev", memory_ranges);
	host_run("7: reserved and physmem", other_lists);
	host_run("7: free ranges", free_ranges);
	host_run("7: free ranges by flags", free_ranges_by_flags);
	host_run("7: frames", frames);
	host_run("7: arrays and dummies", arrays_and_dummies);
	return host_done();
}
