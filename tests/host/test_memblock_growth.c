/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_unit.h"

#include <lib/errno.h>

/*
 * The end of rule 3 of "The interface" in docs/memblock.md: lists that grow. Memory is the arena,
 * so that the new arrays are real. An array of 256 regions has 6144 bytes, which is two pages.
 */

#define PAGE ((phys_addr_t)PAGE_SIZE)
#define A    ((phys_addr_t)ARENA)
#define END  (A + ARENA_BYTES)
#define FAR  0x100000000ull /* base of the regions that fill a list; they need not be RAM */

static const phys_addr_t two_pages = 2 * PAGE_SIZE;

static void set_up(void)
{
	memblock_map_arena();
	memset((void *)ARENA, 0x77, ARENA_BYTES);
	memblock_reset();
	memblock_add(A, ARENA_BYTES);
	memblock_allow_resize();
}

/* Reserves nr single bytes at FAR, which do not touch. */
static void fill_reserved(unsigned long nr)
{
	for (unsigned long i = 0; i < nr; i++)
		CHECK_EQ(memblock_reserve(FAR + 2 * i, 1), 0);
}

static bool grown_to(const struct memblock_type *type, unsigned long max, phys_addr_t at)
{
	phys_addr_t size = 0;

	return type->max == max && type->regions == (void *)(uintptr_t)at &&
	       memblock_grown_array(type, &size) == at &&
	       size == (max * sizeof(struct memblock_region) + PAGE - 1) / PAGE * PAGE;
}

/* The new array is twice as large, aligned to a page, reserved, and zero after the old entries. */
static void reserved_grows(void)
{
	phys_addr_t size;

	set_up();
	fill_reserved(128);
	CHECK(memblock.reserved.regions == memblock_initial_reserved);
	CHECK_EQ(memblock_grown_array(&memblock.reserved, &size), 0);
	fill_reserved(129);
	CHECK(grown_to(&memblock.reserved, 256, END - two_pages));
	/* the new array is reserved; the initial one is static and is not freed */
	CHECK_EQ(memblock.reserved.cnt, 130);
	CHECK_EQ(memblock.reserved.regions[0].base, END - two_pages);
	CHECK_EQ(memblock.reserved.regions[0].size, two_pages);
	CHECK_EQ(memblock.reserved.regions[1].base, FAR);
	CHECK_EQ(memblock.reserved.regions[129].base, FAR + 256);
	CHECK_EQ(memblock.reserved.regions[200].size, 0);
	CHECK_EQ(memblock.reserved.total_size, 129 + two_pages);

	/* once more: the array that memblock allocated before is freed */
	fill_reserved(257);
	CHECK(grown_to(&memblock.reserved, 512, END - two_pages - 3 * PAGE));
	CHECK_EQ(memblock.reserved.cnt, 258);
	CHECK_EQ(memblock.reserved.regions[0].base, END - two_pages - 3 * PAGE);
	CHECK_EQ(memblock.reserved.regions[0].size, 3 * PAGE);
	CHECK_EQ(memblock.reserved.total_size, 257 + 3 * PAGE);
}

/* "It must not overlap the range: look above it first, then below." */
static void clear_of_the_range(void)
{
	set_up(); /* room above */
	fill_reserved(128);
	CHECK_EQ(memblock_reserve(A, ARENA_BYTES - 3 * PAGE), 0);
	CHECK(grown_to(&memblock.reserved, 256, END - two_pages));

	set_up(); /* below only */
	fill_reserved(128);
	CHECK_EQ(memblock_reserve(A + 3 * PAGE, ARENA_BYTES), 0);
	CHECK(grown_to(&memblock.reserved, 256, A + PAGE));

	set_up(); /* nowhere */
	fill_reserved(128);
	CHECK_EQ(memblock_reserve(A + PAGE, ARENA_BYTES), -ENOMEM);
	CHECK_EQ(memblock_reserve(0, A + ARENA_BYTES), -ENOMEM);
	CHECK_EQ(memblock_phys_free(0, PHYS_ADDR_MAX), -ENOMEM);
	CHECK_EQ(memblock.reserved.cnt, 128);
	CHECK_EQ(memblock.reserved.max, 128);

	set_up(); /* an allocation is such a range */
	fill_reserved(128);
	CHECK_EQ(memblock_phys_alloc_range(PAGE, PAGE, 0, A + ARENA_BYTES), END - PAGE);
	CHECK(grown_to(&memblock.reserved, 256, END - PAGE - two_pages));

	set_up(); /* with bottom_up, the lowest place above the range */
	memblock_set_bottom_up(true);
	fill_reserved(128);
	CHECK_EQ(memblock_reserve(A + 4 * PAGE, PAGE), 0);
	CHECK(grown_to(&memblock.reserved, 256, A + 5 * PAGE));

	set_up(); /* a range that is being freed counts too: part of it may be free already */
	fill_reserved(127);
	CHECK_EQ(memblock_phys_free(A + 3 * PAGE, PHYS_ADDR_MAX), 0);
	CHECK(grown_to(&memblock.reserved, 256, A + PAGE));
	RESERVED_IS(R(A + PAGE, two_pages));
}

/* "The new array is below current_limit." */
static void below_the_limit(void)
{
	set_up();
	memblock_set_current_limit(A + 16 * PAGE + 5);
	fill_reserved(129);
	CHECK(grown_to(&memblock.reserved, 256, A + 14 * PAGE));
	set_up();
	fill_reserved(128);
	memblock_set_current_limit(A + PAGE);
	CHECK_EQ(memblock_reserve(FAR + 0x1000, 1), -ENOMEM);
	CHECK_EQ(memblock.reserved.cnt, 128);
}

/* Arrays prefer mirrored memory, as allocations do. */
static void in_mirrored_memory(void)
{
	set_up();
	mirrored_kernelcore = true;
	memblock_mark_mirror(A + 8 * PAGE, 4 * PAGE);
	fill_reserved(129);
	CHECK(grown_to(&memblock.reserved, 256, A + 10 * PAGE));
	fill_reserved(257); /* three pages: there are two */
	CHECK(grown_to(&memblock.reserved, 512, END - 3 * PAGE));
}

static void memory_grows(void)
{
	set_up();
	for (unsigned long i = 0; i < 128; i++)
		CHECK_EQ(memblock_add_node(FAR + PAGE * i, 1, (int)i, MEMBLOCK_NOMAP), 0);
	CHECK(grown_to(&memblock.memory, 256, END - two_pages));
	CHECK_EQ(memblock.memory.cnt, 129);
	CHECK_EQ(memblock.memory.regions[128].nid, 127);
	CHECK_EQ(memblock.memory.regions[128].flags, MEMBLOCK_NOMAP);
	CHECK_EQ(memblock.memory.regions[200].size, 0);
	RESERVED_IS(R(END - two_pages, two_pages));
	for (unsigned long i = 128; i < 256; i++)
		CHECK_EQ(memblock_add_node(FAR + PAGE * i, 1, (int)i, MEMBLOCK_NOMAP), 0);
	CHECK(grown_to(&memblock.memory, 512, END - 5 * PAGE));
	RESERVED_IS(R(END - 5 * PAGE, 3 * PAGE)); /* the old array is free again */
}

/* Removing, marking and setting a node grow a list as well. */
static void other_calls_grow(void)
{
	for (int what = 0; what < 3; what++) {
		set_up();
		for (unsigned long i = 0; i < 126; i++)
			memblock_add_node(FAR + PAGE * i, 1, 1, MEMBLOCK_NONE);
		CHECK_EQ(memblock.memory.cnt, 127);
		CHECK_EQ(memblock.memory.max, 128);
		if (what == 0)
			CHECK_EQ(memblock_remove(FAR, 1), 0);
		else if (what == 1)
			CHECK_EQ(memblock_mark_nomap(FAR, 1), 0);
		else
			CHECK_EQ(memblock_set_node(FAR, 1, &memblock.memory, 2), 0);
		CHECK(grown_to(&memblock.memory, 256, END - two_pages));
		CHECK_EQ(memblock.memory.cnt, what ? 127 : 126);
	}
}

/* The array of `memory` needs an entry in `reserved`, which may be full itself. */
static void both_grow(void)
{
	set_up();
	for (unsigned long i = 0; i < 127; i++)
		memblock_add_node(FAR + PAGE * i, 1, 1, MEMBLOCK_NONE);
	fill_reserved(128);
	CHECK_EQ(memblock_add(2 * FAR, 1), 0);
	CHECK(grown_to(&memblock.memory, 256, END - two_pages));
	CHECK(grown_to(&memblock.reserved, 256, END - 2 * two_pages));
	CHECK_EQ(memblock.reserved.cnt, 129); /* they touch, so they are one entry */
	CHECK_EQ(memblock.reserved.regions[0].size, 2 * two_pages);

	set_up(); /* room for one of them only: nothing is changed */
	for (unsigned long i = 0; i < 127; i++)
		memblock_add_node(FAR + PAGE * i, 1, 1, MEMBLOCK_NONE);
	fill_reserved(127);
	memblock_reserve(A + 3 * PAGE, ARENA_BYTES - 3 * PAGE);
	CHECK_EQ(memblock_add(2 * FAR, 1), -ENOMEM);
	CHECK_EQ(memblock.memory.max, 128);
	CHECK_EQ(memblock.memory.cnt, 128);
	CHECK_EQ(memblock.reserved.max, 128);
	CHECK_EQ(memblock.reserved.cnt, 128);
}

/* A range that fills the gaps around 128 regions needs more room than one doubling gives. */
static void doubles_twice(void)
{
	set_up();
	fill_reserved(128);
	CHECK_EQ(memblock_reserve(FAR - 1, 300), 0);
	CHECK_EQ(memblock.reserved.max, 512);
	CHECK_EQ(memblock.reserved.cnt, 2);
	CHECK_EQ(memblock.reserved.regions[1].base, FAR - 1);
	CHECK_EQ(memblock.reserved.regions[1].size, 300);
	CHECK_EQ(memblock.reserved.regions[0].size, 3 * PAGE);
}

static void physmem_grows(void)
{
	set_up();
	for (unsigned long i = 0; i < 9; i++)
		CHECK_EQ(memblock_physmem_add(FAR + PAGE * i, 1), 0);
	CHECK(grown_to(&physmem, 16, END - PAGE));
	CHECK_EQ(physmem.cnt, 9);
	RESERVED_IS(R(END - PAGE, PAGE));
}

/* memblock does not free an array that the caller has set, nor the one it replaced. */
static void arrays_of_the_caller(void)
{
	static struct memblock_region own[2];
	phys_addr_t size;

	set_up();
	fill_reserved(129);
	memblock.reserved.regions = own;
	memblock.reserved.max = 2;
	memblock.reserved.cnt = 1;
	memblock.reserved.total_size = 0;
	CHECK_EQ(memblock_grown_array(&memblock.reserved, &size), 0);
	memblock_reserve(A, 1);
	memblock_reserve(A + 2, 1);
	CHECK_EQ(memblock_reserve(A + 4, 1), 0);
	CHECK(grown_to(&memblock.reserved, 4, END - PAGE));
	RESERVED_IS(R(A, 1), R(A + 2, 1), R(A + 4, 1), R(END - PAGE, PAGE));
	CHECK_EQ(own[1].base, A + 2);

	/* A list that is not one of the three grows too. */
	struct memblock_type other = {
		.cnt = 1, .max = 2, .regions = own, .name = (char *)"other"
	};
	own[0] = (struct memblock_region){ FAR, 0x100, MEMBLOCK_NONE, 0 };
	other.total_size = 0x100;
	CHECK_EQ(memblock_set_node(FAR + 0x10, 0x10, &other, 1), 0);
	CHECK_EQ(other.max, 4);
	CHECK_EQ(other.cnt, 3);
	CHECK(other.regions != own);
	CHECK_EQ(memblock_grown_array(&other, &size), 0);
	CHECK(memblock_is_reserved((uintptr_t)other.regions));
}

static u8 slab_memory[4][32768] __aligned(16);
static unsigned int slab_given, slab_freed;
static bool slab_empty;

static void *zalloc(size_t size)
{
	if (slab_empty || slab_given == ARRAY_SIZE(slab_memory) || size > sizeof(slab_memory[0]))
		return NULL;
	return memset(slab_memory[slab_given++], 0, size);
}

static void slab_free_one(const void *ptr)
{
	CHECK(ptr == slab_memory[0]);
	slab_freed++;
}

/* "After memblock_use_slab() the array comes from slab." */
static void from_slab(void)
{
	phys_addr_t size;

	set_up();
	memblock_use_slab(zalloc, slab_free_one);
	fill_reserved(129);
	CHECK(memblock.reserved.regions == (void *)slab_memory[0]);
	CHECK_EQ(memblock_grown_array(&memblock.reserved, &size), 0);
	CHECK_EQ(memblock.reserved.max, 256);
	CHECK_EQ(memblock.reserved.cnt, 129); /* no entry for the array */
	CHECK_EQ(slab_freed, 0);
	fill_reserved(257);
	CHECK(memblock.reserved.regions == (void *)slab_memory[1]);
	CHECK_EQ(memblock.reserved.cnt, 257);
	CHECK_EQ(slab_freed, 1);
	slab_empty = true;
	fill_reserved(512);
	CHECK_EQ(memblock_reserve(2 * FAR, 1), -ENOMEM);
	CHECK_EQ(memblock.reserved.cnt, 512);

	/* An array from before slab goes back to memblock. */
	slab_empty = false;
	slab_given = 2;
	set_up();
	fill_reserved(129);
	memblock_use_slab(zalloc, slab_free_one);
	fill_reserved(256);
	CHECK(memblock.reserved.regions == (void *)slab_memory[2]);
	CHECK_EQ(memblock.reserved.max, 512);
	CHECK_EQ(memblock.reserved.cnt, 256);
	CHECK_EQ(memblock_is_reserved(END - PAGE), false);
}

/* "Before it, adding to a full list returns -ENOMEM and changes nothing." */
static void not_before_it_is_allowed(void)
{
	memblock_map_arena();
	memblock_reset();
	memblock_add(A, ARENA_BYTES);
	fill_reserved(128);
	host_log_clear();
	CHECK_EQ(memblock_reserve(2 * FAR, 1), -ENOMEM);
	CHECK(strstr(host_log, "reserved is full: 128 regions"));
	CHECK_EQ(memblock.reserved.cnt, 128);
	memblock_allow_resize();
	CHECK_EQ(memblock_reserve(2 * FAR, 1), 0);
	CHECK_EQ(memblock.reserved.max, 256);
}

int main(void)
{
	host_run("3: not before it is allowed", not_before_it_is_allowed);
	host_run("3: reserved grows", reserved_grows);
	host_run("3: arrays are clear of the range", clear_of_the_range);
	host_run("3: below the limit", below_the_limit);
	host_run("3: in mirrored memory", in_mirrored_memory);
	host_run("3: memory grows", memory_grows);
	host_run("3: other calls grow", other_calls_grow);
	host_run("3: both grow", both_grow);
	host_run("3: doubles twice", doubles_twice);
	host_run("3: physmem grows", physmem_grows);
	host_run("3: arrays of the caller", arrays_of_the_caller);
	host_run("3: from slab", from_slab);
	return host_done();
}
