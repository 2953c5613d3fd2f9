/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

/*
 * Rule 4 of "The interface" in docs/memblock.md: flags, nodes and trimming. A comment in quotation
 * marks is the sentence that the checks after it test.
 */

#define KIB ((phys_addr_t)0x400)

/* "Regions are split at both ends of the range, changed inside, and merged with equals." */
static void check_mark(int (*mark)(phys_addr_t base, phys_addr_t size), unsigned int flag)
{
	memblock_reset();
	mirrored_kernelcore = true;
	memblock_add(16 * KIB, 64 * KIB);
	memblock_add_node(128 * KIB, 64 * KIB, 1, MEMBLOCK_NONE);
	CHECK_EQ(mark(32 * KIB, 16 * KIB), 0); /* inside */
	MEMORY_IS(R(16 * KIB, 16 * KIB), RN(32 * KIB, 16 * KIB, MAX_NUMNODES, flag),
		  R(48 * KIB, 32 * KIB), RN(128 * KIB, 64 * KIB, 1, 0));
	CHECK_EQ(mark(48 * KIB, 100 * KIB),
		 0); /* the end of one region, a hole, and half of the next */
	MEMORY_IS(R(16 * KIB, 16 * KIB), RN(32 * KIB, 48 * KIB, MAX_NUMNODES, flag),
		  RN(128 * KIB, 20 * KIB, 1, flag), RN(148 * KIB, 44 * KIB, 1, 0));
	CHECK_EQ(mark(0, 1024 * KIB), 0);
	MEMORY_IS(RN(16 * KIB, 64 * KIB, MAX_NUMNODES, flag), RN(128 * KIB, 64 * KIB, 1, flag));
	CHECK_EQ(mark(0, 16 * KIB), 0); /* nothing there */
	CHECK_EQ(mark(32 * KIB, 0), 0);
	CHECK_EQ(memblock.memory.cnt, 2);
	memblock_remove(0, PHYS_ADDR_MAX);
	CHECK_EQ(mark(0, 1024 * KIB), 0);
	LIST_EMPTY(&memblock.memory);
}

static void check_clear(int (*mark)(phys_addr_t base, phys_addr_t size),
			int (*clear)(phys_addr_t base, phys_addr_t size), unsigned int flag)
{
	memblock_reset();
	memblock_add_node(16 * KIB, 64 * KIB, 2, MEMBLOCK_DRIVER_MANAGED);
	CHECK_EQ(mark(16 * KIB, 64 * KIB), 0); /* other flags stay */
	MEMORY_IS(RN(16 * KIB, 64 * KIB, 2, MEMBLOCK_DRIVER_MANAGED | flag));
	CHECK_EQ(clear(20 * KIB, 4 * KIB), 0);
	MEMORY_IS(RN(16 * KIB, 4 * KIB, 2, MEMBLOCK_DRIVER_MANAGED | flag),
		  RN(20 * KIB, 4 * KIB, 2, MEMBLOCK_DRIVER_MANAGED),
		  RN(24 * KIB, 56 * KIB, 2, MEMBLOCK_DRIVER_MANAGED | flag));
	CHECK_EQ(clear(0, PHYS_ADDR_MAX), 0);
	CHECK_EQ(clear(0, PHYS_ADDR_MAX), 0);
	MEMORY_IS(RN(16 * KIB, 64 * KIB, 2, MEMBLOCK_DRIVER_MANAGED));
}

static void marks(void)
{
	check_mark(memblock_mark_hotplug, MEMBLOCK_HOTPLUG);
	check_mark(memblock_mark_nomap, MEMBLOCK_NOMAP);
	check_mark(memblock_mark_mirror, MEMBLOCK_MIRROR);
	check_clear(memblock_mark_hotplug, memblock_clear_hotplug, MEMBLOCK_HOTPLUG);
	check_clear(memblock_mark_nomap, memblock_clear_nomap, MEMBLOCK_NOMAP);
}

/* "memblock_mark_mirror() does nothing unless mirrored_kernelcore is set." */
static void mirror_must_be_asked_for(void)
{
	memblock_reset();
	memblock_add(16 * KIB, 64 * KIB);
	CHECK_EQ(memblock_mark_mirror(32 * KIB, 16 * KIB), 0);
	MEMORY_IS(R(16 * KIB, 64 * KIB));
}

static void nodes(void)
{
	struct memblock_region *r;

	memblock_reset();
	memblock_add(16 * KIB, 64 * KIB);
	memblock_reserve(16 * KIB, 64 * KIB);
	CHECK_EQ(memblock_set_node(24 * KIB, 8 * KIB, &memblock.memory, 1), 0);
	MEMORY_IS(R(16 * KIB, 8 * KIB), RN(24 * KIB, 8 * KIB, 1, 0), R(32 * KIB, 48 * KIB));
	RESERVED_IS(R(16 * KIB, 64 * KIB));
	CHECK_EQ(memblock_set_node(0, 24 * KIB, &memblock.reserved, 3), 0);
	RESERVED_IS(RN(16 * KIB, 8 * KIB, 3, 0), R(24 * KIB, 56 * KIB));
	CHECK_EQ(memblock_set_node(32 * KIB, 48 * KIB, &memblock.memory, 1), 0);
	MEMORY_IS(R(16 * KIB, 8 * KIB), RN(24 * KIB, 56 * KIB, 1, 0));
	CHECK_EQ(memblock_set_node(0, PHYS_ADDR_MAX, &memblock.memory, NUMA_NO_NODE), 0);
	MEMORY_IS(RN(16 * KIB, 64 * KIB, -1, 0));
	CHECK_EQ(memblock_set_node(0, 0, &memblock.memory, 7), 0);
	MEMORY_IS(RN(16 * KIB, 64 * KIB, -1, 0));

	r = &memblock.memory.regions[0];
	memblock_set_region_node(r, 4);
	CHECK_EQ(memblock_get_region_node(r), 4);
	MEMORY_IS(RN(16 * KIB, 64 * KIB, 4, 0));
}

static void flags_can_be_read(void)
{
	static const enum memblock_flags all[] = { MEMBLOCK_NONE, MEMBLOCK_HOTPLUG, MEMBLOCK_MIRROR,
						   MEMBLOCK_NOMAP, MEMBLOCK_DRIVER_MANAGED };

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct memblock_region r = { .flags = all[i] };

		CHECK_EQ(memblock_is_hotpluggable(&r), i == 1);
		CHECK_EQ(memblock_is_mirror(&r), i == 2);
		CHECK_EQ(memblock_is_nomap(&r), i == 3);
		CHECK_EQ(memblock_is_driver_managed(&r), i == 4);
	}
}

/* "Bases are rounded up and ends down; a region with nothing left goes." */
static void trimming(void)
{
	memblock_reset();
	memblock_add(0x1001, 0x2fff); /* loses its beginning */
	memblock_add(0x5000, 0x1fff); /* its end */
	memblock_add(0x8800, 0x1000); /* all of it: it has no whole block */
	memblock_add(0xb000, 0x1000); /* nothing */
	memblock_add(0xd123, 0x3000); /* both ends */
	memblock_reserve(0x5001, 1);
	memblock_trim_memory(0x1000);
	/* LIST_IS() has checked total_size too. */
	MEMORY_IS(R(0x2000, 0x2000), R(0x5000, 0x1000), R(0xb000, 0x1000), R(0xe000, 0x2000));
	RESERVED_IS(R(0x5001, 1));
	memblock_trim_memory(0x1000);
	memblock_trim_memory(1);
	CHECK_EQ(memblock.memory.cnt, 4);
	memblock_trim_memory(0x100000);
	LIST_EMPTY(&memblock.memory);
	CHECK_EQ(memblock.memory.regions[0].nid, MAX_NUMNODES);
	memblock_trim_memory(0x1000);
	LIST_EMPTY(&memblock.memory);

	/* "Neighbours are not merged." */
	memblock_add_node(0x1000, 0x1800, 1, MEMBLOCK_NONE);
	memblock_add_node(0x2800, 0x1800, 2, MEMBLOCK_NONE);
	memblock_trim_memory(0x1000);
	MEMORY_IS(RN(0x1000, 0x1000, 1, 0), RN(0x3000, 0x1000, 2, 0));

	/* Rounding up at the end of the address space. */
	memblock_add(PHYS_ADDR_MAX - 0x1800, 0x100);
	memblock_add(PHYS_ADDR_MAX - 0x800, 0x800);
	memblock_trim_memory(0x1000);
	CHECK_EQ(memblock.memory.cnt, 2);
}

int main(void)
{
	host_run("4: marks are set and cleared", marks);
	host_run("4: mirror must be asked for", mirror_must_be_asked_for);
	host_run("4: nodes", nodes);
	host_run("4: flags can be read", flags_can_be_read);
	host_run("4: trimming", trimming);
	return host_done();
}
