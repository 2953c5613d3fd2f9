/* SPDX-License-Identifier: MIT */
#include <asm/sections.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <tests/kernel/ktest.h>

/*
 * memblock in the kernel. Host tests check each rule of memblock. Two questions are left for this
 * suite: are the lists of this machine consistent after the boot, and does the code work when it is
 * compiled for this CPU? For the second question the tests replace memblock's structure with one of
 * their own, with their own arrays and fictitious memory, and restore it afterwards.
 */

/* --- the lists of this machine ---------------------------------------------------------------- */

static void expect_sound(const struct memblock_type *type)
{
	phys_addr_t total = 0, end = 0;

	KTEST_REQUIRE(type->cnt >= 1 && type->cnt <= type->max);
	if (!type->regions[0].size) {
		EXPECT_EQ(type->cnt, 1);
		EXPECT_EQ(type->total_size, 0);
		return;
	}
	for (unsigned long i = 0; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i], *below = r - 1;

		EXPECT(r->size != 0);
		EXPECT(r->size <= PHYS_ADDR_MAX - r->base);
		EXPECT(r->base >= end);
		EXPECT(!i || r->base > end || r->nid != below->nid || r->flags != below->flags);
		end = r->base + r->size;
		total += r->size;
	}
	EXPECT_EQ(type->total_size, total);
}

KTEST(memblock, lists_are_sorted_apart_and_add_up)
{
	expect_sound(&memblock.memory);
	expect_sound(&memblock.reserved);
	expect_sound(&physmem);
}

static void expect_reserved(const char *first, const char *end)
{
	for (const char *p = first; p < end; p += PAGE_SIZE)
		EXPECT(memblock_is_reserved(__pa(p)));
}

KTEST(memblock, kernel_image_is_reserved)
{
	expect_reserved(text_start, text_end);
	expect_reserved(rodata_start, rodata_end);
	expect_reserved(data_start, data_end);
	expect_reserved(bss_start, bss_end);
}

KTEST(memblock, memory_is_part_of_physmem)
{
	struct memblock_region *r;

	for_each_mem_region(r) {
		phys_addr_t start, end, covered = 0;
		u64 i;

		for_each_physmem_range(i, &start, &end) {
			start = max(start, r->base);
			end = min(end, r->base + r->size);
			covered += start < end ? end - start : 0;
		}
		EXPECT_EQ(covered, r->size);
	}
	EXPECT(memblock_phys_mem_size() != 0);
	EXPECT(memblock_phys_mem_size() <= physmem.total_size);
}

KTEST(memblock, free_ranges_are_memory_less_reserved)
{
	const enum memblock_flags all = MEMBLOCK_HOTPLUG | MEMBLOCK_DRIVER_MANAGED;
	phys_addr_t start, end, memory = 0, free = 0, taken = 0;
	u64 i, j;

	for_each_mem_range(i, &start, &end)
		memory += end - start;
	for_each_free_mem_range(i, NUMA_NO_NODE, all, &start, &end, NULL) {
		EXPECT(memblock_is_region_memory(start, end - start));
		EXPECT(!memblock_is_region_reserved(start, end - start));
		free += end - start;
	}
	for_each_reserved_mem_range(i, &start, &end) {
		phys_addr_t low, high;

		for_each_mem_range(j, &low, &high) {
			low = max(low, start);
			high = min(high, end);
			taken += low < high ? high - low : 0;
		}
	}
	EXPECT_EQ(free + taken, memory);
	ktest_info("%llu KiB memory, %llu KiB of it reserved at boot, %lu + %lu regions",
		   memory / SZ_1K, taken / SZ_1K, memblock.memory.cnt, memblock.reserved.cnt);
}

/*
 * --- a structure of the tests -------------------------------------------------------------------
 */

#define OURS 64

static struct memblock_region our_memory[OURS], our_reserved[OURS];
static struct memblock theirs;
static bool their_debug, their_movable;

static void swap_in(void)
{
	theirs = memblock;
	their_debug = memblock_debug;
	their_movable = movable_node_enabled;
	memblock_debug = movable_node_enabled = false;
	memset(our_memory, 0, sizeof(our_memory));
	memset(our_reserved, 0, sizeof(our_reserved));
	memblock.bottom_up = false;
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	memblock.memory.regions = our_memory;
	memblock.reserved.regions = our_reserved;
	memblock.memory.cnt = memblock.reserved.cnt = 1;
	memblock.memory.max = memblock.reserved.max = OURS;
	memblock.memory.total_size = memblock.reserved.total_size = 0;
}

static void swap_out(void)
{
	memblock = theirs;
	memblock_debug = their_debug;
	movable_node_enabled = their_movable;
}

static void add_and_remove(void)
{
	EXPECT_EQ(memblock_add_node(0x1000, 0x1000, 1, MEMBLOCK_NONE), 0);
	EXPECT_EQ(memblock_add(0, 0x4000), 0);
	EXPECT_EQ(memblock.memory.cnt, 3);
	EXPECT_EQ(our_memory[1].nid, 1);
	EXPECT_EQ(memblock_set_node(0, 0x10000, &memblock.memory, 2), 0);
	EXPECT_EQ(memblock.memory.cnt, 1);
	EXPECT_EQ(memblock_add(0xfffffff000ull, PHYS_ADDR_MAX), 0); /* above 4 GiB, and truncated */
	EXPECT_EQ(memblock_end_of_DRAM(), PHYS_ADDR_MAX);
	EXPECT_EQ(memblock_remove(0x10000000000ull, PHYS_ADDR_MAX), 0);
	EXPECT_EQ(memblock.memory.total_size, 0x5000);
	EXPECT_EQ(memblock_remove(0x1800, 0x800), 0);
	EXPECT_EQ(memblock.memory.cnt, 3);
	EXPECT(memblock_is_memory(0x17ff) && !memblock_is_memory(0x1800));
	expect_sound(&memblock.memory);
	EXPECT_EQ(memblock_remove(0, PHYS_ADDR_MAX), 0);
	EXPECT_EQ(memblock.memory.cnt, 1);
	EXPECT_EQ(memblock.memory.total_size, 0);
}

KTEST(memblock, add_and_remove)
{
	swap_in();
	add_and_remove();
	swap_out();
}

static void allocate(void)
{
	memblock_add(0x100000, 0x100000);
	memblock_add(0x3fffff000ull, 0x2000); /* 16 GiB minus one page */
	EXPECT_EQ(memblock_phys_alloc(0x1000, 0x1000), 0x400000000ull);
	EXPECT_EQ(memblock_phys_alloc_range(100, 64, 0, SZ_4G), 0x1fff80);
	EXPECT_EQ(memblock_phys_alloc_range(0x2000, 0x10000, 0, SZ_4G), 0x1f0000);
	memblock_set_current_limit(0x180000);
	EXPECT_EQ(memblock_phys_alloc(0x1000, 0), 0x17f000);
	memblock_set_bottom_up(true);
	EXPECT_EQ(memblock_phys_alloc(0x1000, 0), 0x100000);
	EXPECT_EQ(memblock_phys_alloc(0x100000, 0), 0);
	EXPECT_EQ(memblock_phys_free(0x100000, 0x1000), 0);
	EXPECT_EQ(memblock_phys_alloc(0x1000, 0x1000), 0x100000);
	expect_sound(&memblock.reserved);
}

KTEST(memblock, allocate)
{
	swap_in();
	allocate();
	swap_out();
}

/* Reserves random ranges of 64 pages, and compares with an array of one byte per page. */
static void random_reservations(void)
{
	static u8 taken[64];
	u32 random = 2463534242u;

	memset(taken, 0, sizeof(taken));
	memblock_add(SZ_4G - 32 * PAGE_SIZE, 64 * PAGE_SIZE); /* half of them are above 4 GiB */
	for (int n = 0; n < 2000; n++) {
		unsigned int first, nr, pages = 0;
		phys_addr_t base;

		random ^= random << 13;
		random ^= random >> 17;
		random ^= random << 5;
		first = random >> 8 & 63;
		nr = min(random >> 16 & 15, 64 - first);
		base = SZ_4G - 32 * PAGE_SIZE + first * PAGE_SIZE;
		if (random & 0x80000000)
			EXPECT_EQ(memblock_reserve(base, nr * PAGE_SIZE), 0);
		else
			EXPECT_EQ(memblock_phys_free(base, nr * PAGE_SIZE), 0);
		memset(taken + first, (random & 0x80000000) != 0, nr);

		for (unsigned int page = 0; page < 64; page++) {
			base = SZ_4G - 32 * PAGE_SIZE + page * PAGE_SIZE;
			KTEST_REQUIRE(memblock_is_reserved(base + 0xfff) == taken[page]);
			pages += taken[page];
		}
		KTEST_REQUIRE(memblock_reserved_size() == pages * PAGE_SIZE);
	}
	expect_sound(&memblock.reserved);
}

KTEST(memblock, random_reservations)
{
	swap_in();
	random_reservations();
	swap_out();
}
