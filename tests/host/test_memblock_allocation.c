/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

/*
 * Rule 5 of "The interface" in docs/memblock.md: allocation. Numbers such as 5.4 are its steps. A
 * comment in quotation marks is the sentence that the checks after it test. Where a test writes to
 * memory, memory is the arena, which is real; elsewhere addresses are invented.
 */

#define PAGE ((phys_addr_t)PAGE_SIZE)
#define A    ((phys_addr_t)ARENA)
#define MIB  ((phys_addr_t)SZ_1M)

/* Memory is the first MiB of the arena, on node 1, and the second MiB, on node 2. */
static void set_up(void)
{
	memblock_map_arena();
	memblock_reset();
	memblock_add_node(A, MIB, 1, MEMBLOCK_NONE);
	memblock_add_node(A + MIB, MIB, 2, MEMBLOCK_NONE);
}

static void single_region(void)
{
	memblock_reset();
	memblock_add(MIB, MIB);
}

static phys_addr_t alloc(phys_addr_t size, phys_addr_t align, phys_addr_t start, phys_addr_t end)
{
	return memblock_phys_alloc_range(size, align, start, end);
}

static void alignment(void)
{
	single_region();
	CHECK_EQ(memblock_phys_alloc(1, 0), 2 * MIB - 64); /* 1. 0 means SMP_CACHE_BYTES */
	CHECK_EQ(memblock_phys_alloc(1, 1), 2 * MIB - 1);
	CHECK_EQ(memblock_phys_alloc(1, PAGE), 2 * MIB - PAGE);
	/* 4. "round_down(piece_end - size, align)": bytes may stay free above. */
	RESERVED_IS(R(2 * MIB - PAGE, 1), R(2 * MIB - 64, 1), R(2 * MIB - 1, 1));
	CHECK_EQ(memblock_phys_alloc(2 * PAGE, 4 * PAGE), 2 * MIB - 4 * PAGE);
	CHECK_EQ(memblock_phys_alloc(MIB / 2, MIB), MIB);
	CHECK_EQ(memblock_phys_alloc(1, MIB), 0);
	CHECK_EQ(memblock_phys_alloc(1, 2 * MIB), 0);
}

/* 4. First fit from the top, or from the bottom; never best fit. */
static void first_fit(void)
{
	single_region();
	memblock_reserve(MIB + 4 * PAGE, PAGE);
	memblock_reserve(2 * MIB - 8 * PAGE, PAGE); /* free pieces of 4, many, and 7 pages */
	CHECK_EQ(memblock_phys_alloc(4 * PAGE, PAGE), 2 * MIB - 4 * PAGE);
	CHECK_EQ(memblock_phys_alloc(4 * PAGE, PAGE), 2 * MIB - 12 * PAGE);
	CHECK_EQ(memblock_phys_alloc(3 * PAGE, PAGE), 2 * MIB - 7 * PAGE);

	single_region();
	memblock_set_bottom_up(true);
	CHECK_EQ(memblock_bottom_up(), true);
	memblock_reserve(MIB, 100);
	memblock_reserve(MIB + 4 * PAGE, PAGE);
	CHECK_EQ(memblock_phys_alloc(1, 0), MIB + 128); /* "round_up(piece_start, align)" */
	CHECK_EQ(memblock_phys_alloc(1, PAGE), MIB + PAGE);
	CHECK_EQ(memblock_phys_alloc(4 * PAGE, PAGE), MIB + 5 * PAGE);
	CHECK_EQ(memblock_phys_alloc(2 * PAGE, PAGE),
		 MIB + 2 * PAGE); /* ends where the piece does */
	memblock_set_bottom_up(false);
	CHECK_EQ(memblock.bottom_up, false);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), 2 * MIB - PAGE);
}

/* 1. Bounds. */
static void bounds(void)
{
	single_region();
	CHECK_EQ(alloc(PAGE, PAGE, MIB, MIB + 8 * PAGE), MIB + 7 * PAGE);
	CHECK_EQ(alloc(PAGE, PAGE, MIB + 7 * PAGE, MIB + 8 * PAGE), 0); /* the bound is hard */
	CHECK_EQ(alloc(PAGE, PAGE, MIB + 6 * PAGE + 1, MIB + 7 * PAGE), 0);
	CHECK_EQ(alloc(PAGE, PAGE, MIB + 6 * PAGE, MIB + 7 * PAGE - 1), 0);
	CHECK_EQ(alloc(PAGE, PAGE, MIB + 6 * PAGE, MIB + 7 * PAGE), MIB + 6 * PAGE);
	CHECK_EQ(alloc(1, 1, 2 * MIB, MIB), 0); /* "start > end: an empty range" */
	CHECK_EQ(alloc(1, 1, PHYS_ADDR_MAX, 2), 0);
	CHECK_EQ(alloc(MIB + 1, 1, 0, MEMBLOCK_ALLOC_ANYWHERE), 0);
	CHECK_EQ(alloc(PHYS_ADDR_MAX, 1, 0, MEMBLOCK_ALLOC_ANYWHERE), 0);
	RESERVED_IS(R(MIB + 6 * PAGE, 2 * PAGE));

	/* end 0 or 1 means current_limit; any other is taken literally, even above current_limit */
	memblock_set_current_limit(MIB + 32 * PAGE);
	CHECK_EQ(memblock_get_current_limit(), MIB + 32 * PAGE);
	CHECK_EQ(memblock.current_limit, MIB + 32 * PAGE);
	CHECK_EQ(alloc(PAGE, PAGE, 0, MEMBLOCK_ALLOC_ACCESSIBLE), MIB + 31 * PAGE);
	CHECK_EQ(alloc(PAGE, PAGE, 0, MEMBLOCK_ALLOC_NOLEAKTRACE), MIB + 30 * PAGE);
	CHECK_EQ(alloc(PAGE, PAGE, 0, MEMBLOCK_ALLOC_ANYWHERE), 2 * MIB - PAGE);
	CHECK_EQ(alloc(PAGE, PAGE, 0, MIB + 64 * PAGE), MIB + 63 * PAGE);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), MIB + 29 * PAGE);
	CHECK_EQ(memblock_phys_alloc_try_nid(PAGE, PAGE, NUMA_NO_NODE), MIB + 28 * PAGE);
}

/* 1. "The first page is never allocated, so 0 can mean failure." */
static void first_page(void)
{
	memblock_reset();
	memblock_add(0, 2 * PAGE);
	CHECK_EQ(memblock_phys_alloc(2 * PAGE, 1), 0);
	CHECK_EQ(memblock_phys_alloc(PAGE, 1), PAGE);
	CHECK_EQ(memblock_phys_alloc(1, 1), 0);
	memblock_phys_free(0, PHYS_ADDR_MAX);
	memblock_set_bottom_up(true);
	CHECK_EQ(memblock_phys_alloc(16, 16), PAGE);
	CHECK_EQ(alloc(16, 16, 0, PAGE), 0);
}

/* 2. "A block never crosses from one region into the next, even where they touch" */
static void regions_are_not_crossed(void)
{
	memblock_reset();
	memblock_add_node(MIB, MIB, 1, MEMBLOCK_NONE);
	memblock_add_node(2 * MIB, MIB, 2, MEMBLOCK_NONE);
	memblock_add_node(3 * MIB, MIB, 2, MEMBLOCK_HOTPLUG);
	CHECK_EQ(memblock_phys_alloc(MIB + 1, 1), 0);
	CHECK_EQ(memblock_phys_alloc(MIB, 1), 3 * MIB);
	CHECK_EQ(alloc(MIB, 1, MIB + 1, 3 * MIB - 1), 0);
	CHECK_EQ(memblock_phys_alloc(MIB, 1), 2 * MIB);
	memblock_reset();
	CHECK_EQ(memblock_phys_alloc(1, 1), 0); /* no memory */
}

/* 3. Regions that are left out. */
static void left_out(void)
{
	memblock_reset();
	memblock_add_node(MIB, MIB, 0, MEMBLOCK_NONE);
	memblock_add_node(3 * MIB, MIB, 0, MEMBLOCK_NOMAP);
	memblock_add_node(5 * MIB, MIB, 0, MEMBLOCK_DRIVER_MANAGED);
	memblock_add_node(7 * MIB, MIB, 0, MEMBLOCK_HOTPLUG);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), 8 * MIB - PAGE);
	movable_node_enabled = true;
	CHECK_EQ(movable_node_is_enabled(), true);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), 2 * MIB - PAGE);
	CHECK_EQ(alloc(PAGE, PAGE, 3 * MIB, MEMBLOCK_ALLOC_ANYWHERE), 0);
	memblock_set_bottom_up(true);
	CHECK_EQ(alloc(PAGE, PAGE, 3 * MIB, MEMBLOCK_ALLOC_ANYWHERE), 0);
	movable_node_enabled = false;
	CHECK_EQ(alloc(PAGE, PAGE, 3 * MIB, MEMBLOCK_ALLOC_ANYWHERE), 7 * MIB);
}

/* 3 and 6. Mirrored memory, if there is any, is preferred but not required. */
static void mirrored(void)
{
	memblock_reset();
	memblock_add_node(MIB, 4 * MIB, 1, MEMBLOCK_NONE);
	memblock_add_node(8 * MIB, MIB, 2, MEMBLOCK_NONE);
	mirrored_kernelcore = true;
	memblock_mark_mirror(2 * MIB, 2 * PAGE);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), 2 * MIB + PAGE);
	/* first the node, then any node, and only then memory that is not mirrored */
	CHECK_EQ(memblock_phys_alloc_try_nid(PAGE, PAGE, 2), 2 * MIB);
	CHECK_EQ(memblock_phys_alloc_try_nid(PAGE, PAGE, 1), 5 * MIB - PAGE);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), 9 * MIB - PAGE);
	memblock_phys_free(2 * MIB, PAGE);
	CHECK_EQ(memblock_alloc_range_nid(PAGE, PAGE, 0, 0, 2, true), 9 * MIB - 2 * PAGE);
	CHECK_EQ(memblock_alloc_range_nid(PAGE, PAGE, 0, 0, 1, true), 2 * MIB);
}

/* 5. "exactly size bytes ... nid MAX_NUMNODES, flags NONE ... merges with whatever it touches" */
static void the_reservation(void)
{
	memblock_reset();
	memblock_add_node(MIB, MIB, 3, MEMBLOCK_HOTPLUG);
	CHECK_EQ(memblock_phys_alloc(100, 64), 2 * MIB - 128);
	RESERVED_IS(R(2 * MIB - 128, 100));
	memblock_reserve(2 * MIB - 256, 64);
	CHECK_EQ(memblock_phys_alloc(64, 64), 2 * MIB - 192); /* touches both */
	RESERVED_IS(R(2 * MIB - 256, 64 + 64 + 100));
	/* "If that fails, the search counts as failed." */
	memblock.reserved.max = 1;
	CHECK_EQ(memblock_phys_alloc(1, PAGE), 0);
	CHECK_EQ(memblock_alloc_range_nid(1, PAGE, 0, 0, 1, false), 0);
	CHECK(memblock_alloc(1, PAGE) == NULL);
	RESERVED_IS(R(2 * MIB - 256, 64 + 64 + 100));
	memblock.reserved.max = 2;
	CHECK_EQ(memblock_phys_alloc(64, PAGE), 2 * MIB - PAGE);
	CHECK_EQ(memblock.reserved.cnt, 2);
}

/* 1 and 6. Nodes. */
static void nodes(void)
{
	set_up();
	CHECK_EQ(memblock_phys_alloc_try_nid(PAGE, PAGE, 1), A + MIB - PAGE);
	CHECK_EQ(memblock_phys_alloc_try_nid(PAGE, PAGE, 2), A + 2 * MIB - PAGE);
	CHECK_EQ(memblock_phys_alloc_try_nid(PAGE, PAGE, 3), A + 2 * MIB - 2 * PAGE);
	CHECK_EQ(memblock_phys_alloc_try_nid(MIB, PAGE, 1), 0);
	CHECK_EQ(memblock_alloc_range_nid(PAGE, PAGE, 0, 0, 3, true), 0);
	CHECK_EQ(memblock_alloc_range_nid(PAGE, PAGE, A + MIB, 0, 1, true), 0);
	CHECK_EQ(memblock_alloc_range_nid(PAGE, PAGE, A + MIB, 0, 1, false),
		 A + 2 * MIB - 3 * PAGE);
	/* nid MAX_NUMNODES means NUMA_NO_NODE, and a warning */
	host_log_clear();
	CHECK_EQ(memblock_alloc_range_nid(PAGE, PAGE, 0, 0, MAX_NUMNODES, true),
		 A + 2 * MIB - 4 * PAGE);
	CHECK(strstr(host_log, "NUMA_NO_NODE"));
	host_log_clear();
	memblock_alloc_range_nid(PAGE, PAGE, 0, 0, MAX_NUMNODES, true);
	CHECK_STREQ(host_log, "");
}

static void *pa(phys_addr_t addr)
{
	return (void *)(uintptr_t)addr;
}

/* "max_addr and current_limit are never exceeded; min_addr is a preference." */
static void order_of_preference(void)
{
	phys_addr_t last = A + 2 * MIB;

	set_up();
	/* right node above min_addr */
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, A + MIB / 2, 0, 1) == pa(A + MIB - PAGE));
	/* any node above min_addr */
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, A + MIB, 0, 1) == pa(last - PAGE));
	/* right node below */
	memblock_reserve(A + MIB, MIB);
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, A + MIB, 0, 1) == pa(A + MIB - 2 * PAGE));
	/* any node */
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, A + MIB, 0, 2) == pa(A + MIB - 3 * PAGE));
	CHECK(memblock_alloc_from(PAGE, PAGE, A + MIB) == pa(A + MIB - 4 * PAGE));

	/* exact: right node above; right node below */
	set_up();
	CHECK(memblock_alloc_exact_nid_raw(PAGE, PAGE, A + MIB / 2, 0, 1) == pa(A + MIB - PAGE));
	CHECK(memblock_alloc_exact_nid_raw(PAGE, PAGE, A + MIB, 0, 1) == pa(A + MIB - 2 * PAGE));
	CHECK(memblock_alloc_exact_nid_raw(PAGE, PAGE, 0, 0, 3) == NULL);
	CHECK(memblock_alloc_exact_nid_raw(PAGE, PAGE, 0, A + MIB, 2) == NULL);

	set_up();
	memblock_set_current_limit(A + MIB + 4 * PAGE);
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, 0, MEMBLOCK_ALLOC_ANYWHERE, 2) ==
	      pa(A + MIB + 3 * PAGE));
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, 0, A + 4 * PAGE, 2) == pa(A + 3 * PAGE));
	CHECK(memblock_alloc_try_nid(PAGE, PAGE, 0, A, 2) == NULL);
	CHECK(memblock_alloc_try_nid_raw(PAGE, PAGE, A + 2 * MIB, 0, 1) == pa(A + MIB - PAGE));
}

/* "On failure nothing is changed." */
static void failures(void)
{
	set_up();
	CHECK(memblock_alloc(2 * MIB, 0) == NULL);
	CHECK(memblock_alloc_raw(2 * MIB, 0) == NULL);
	CHECK(memblock_alloc_low(2 * MIB, 0) == NULL);
	CHECK(memblock_alloc_from(2 * MIB, 0, A) == NULL);
	CHECK(memblock_alloc_node(2 * MIB, 0, 1) == NULL);
	CHECK(memblock_alloc_exact_nid_raw(2 * MIB, 0, 0, 0, 1) == NULL);
	CHECK_EQ(memblock_phys_alloc(2 * MIB, 0), 0);
	LIST_EMPTY(&memblock.reserved);
	CHECK_EQ(memblock.memory.cnt, 2);
}

/* "Exactly the requested bytes are zeroed; _raw leaves the contents as they are." */
static void check_contents(u8 *p, bool zeroed)
{
	REQUIRE(p);
	CHECK_EQ(p[-1], 0x77);
	CHECK_EQ(p[0], zeroed ? 0 : 0x77);
	CHECK_EQ(p[98], zeroed ? 0 : 0x77);
	CHECK_EQ(p[99], 0x77);
}

static void contents(void)
{
	set_up();
	memset(pa(A), 0x77, 2 * MIB);
	check_contents(memblock_alloc(99, 64), true);
	check_contents(memblock_alloc_raw(99, 64), false);
	check_contents(memblock_alloc_from(99, 64, A + MIB), true);
	check_contents(memblock_alloc_low(99, 64), true);
	check_contents(memblock_alloc_node(99, 64, 1), true);
	check_contents(memblock_alloc_try_nid(99, 64, 0, 0, 1), true);
	check_contents(memblock_alloc_try_nid_raw(99, 64, 0, 0, 1), false);
	check_contents(memblock_alloc_exact_nid_raw(99, 64, 0, 0, 1), false);
}

/* The bounds that each short form implies. */
static void short_forms(void)
{
	set_up();
	CHECK(memblock_alloc(PAGE, PAGE) == pa(A + 2 * MIB - PAGE));
	CHECK(memblock_alloc_raw(PAGE, PAGE) == pa(A + 2 * MIB - 2 * PAGE));
	CHECK(memblock_alloc_node(PAGE, PAGE, 1) == pa(A + MIB - PAGE));
	memblock_add(0x200000000ull, 16 * MIB); /* out of reach of the next */
	CHECK(memblock_alloc_low(PAGE, PAGE) == pa(A + 2 * MIB - 3 * PAGE));
	/* a freed block can be allocated again */
	memblock_free(pa(A + 2 * MIB - 3 * PAGE), PAGE_SIZE);
	CHECK(memblock_alloc_low(PAGE, PAGE) == pa(A + 2 * MIB - 3 * PAGE));
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), 0x200000000ull + 16 * MIB - PAGE);
}

/* The highest addresses, where arithmetic could wrap. */
static void ends_of_the_address_space(void)
{
	memblock_reset();
	memblock_add(PHYS_ADDR_MAX - PAGE, PAGE);
	CHECK_EQ(memblock_phys_alloc(16, 16), PHYS_ADDR_MAX - 31);
	memblock_set_bottom_up(true);
	CHECK_EQ(memblock_phys_alloc(16, PAGE), PHYS_ADDR_MAX - PAGE + 1);
	CHECK_EQ(memblock_phys_alloc(1, 2 * MIB), 0); /* rounding up would wrap */
}

static unsigned int slab_calls;
static u8 slab_memory[256];

static void *zalloc(size_t size)
{
	slab_calls++;
	memset(slab_memory, 0, sizeof(slab_memory));
	return size <= sizeof(slab_memory) ? slab_memory : NULL;
}

static void no_free(const void *ptr)
{
	CHECK_STREQ("freed", "not called");
}

/* "After memblock_use_slab() these warn once, and return zeroed memory of slab." */
static void after_slab(void)
{
	set_up();
	memblock_use_slab(zalloc, no_free);
	memset(slab_memory, 0x55, sizeof(slab_memory));
	host_log_clear();
	CHECK(memblock_alloc(100, 0) == slab_memory);
	CHECK_EQ(slab_memory[99], 0);
	CHECK(strstr(host_log, "slab"));
	host_log_clear();
	CHECK(memblock_alloc_raw(100, 0) == slab_memory);
	CHECK(memblock_alloc_exact_nid_raw(100, 0, 0, 0, 7) == slab_memory);
	CHECK(memblock_alloc_try_nid(1000, 0, 0, 0, 7) == NULL);
	CHECK(memblock_alloc(0x100000010ull, 0) == NULL); /* more than size_t holds in 32 bits */
	CHECK_STREQ(host_log, "");
	CHECK_EQ(slab_calls, sizeof(size_t) == 4 ? 4 : 5);
	LIST_EMPTY(&memblock.reserved);
	CHECK_EQ(memblock_phys_alloc(PAGE, PAGE), A + 2 * MIB - PAGE); /* as before */
}

int main(void)
{
	host_run("5.1: alignment", alignment);
	host_run("5.1: bounds", bounds);
	host_run("5.1: the first page", first_page);
	host_run("5.2: regions are not crossed", regions_are_not_crossed);
	host_run("5.3: regions left out", left_out);
	host_run("5.3: mirrored memory", mirrored);
	host_run("5.4: first fit", first_fit);
	host_run("5.4: ends of the address space", ends_of_the_address_space);
	host_run("5.5: the reservation", the_reservation);
	host_run("5.6: nodes", nodes);
	host_run("5: order of preference", order_of_preference);
	host_run("5: failures", failures);
	host_run("5: contents", contents);
	host_run("5: short forms", short_forms);
	host_run("5: after slab", after_slab);
	return host_done();
}
