/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <asm/boot_modules.h>
#include <asm/e820.h>
#include <mm/memblock.h>

/*
 * Boot modules as a loader may report them, including wrong ones. A module that is kept must be in
 * free RAM, must be reserved, and must begin where the loader said. A module that is dropped must
 * be named.
 */

#define KERNEL      0x100000
#define KERNEL_SIZE 0x180000

static struct boot_record record;

static struct {
	phys_addr_t base, size;
} reserved[BOOT_MAX_MODULES];
static u32 nr_reserved;

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	CHECK(size != 0 && nr_reserved < BOOT_MAX_MODULES);
	reserved[nr_reserved].base = base;
	reserved[nr_reserved++].size = size;
	return 0;
}

/* 640 KiB, 1-16 MiB with 64 KiB reserved at 8 MiB, and 32-64 MiB. */
static void make_map(void)
{
	e820_clear();
	e820_add(0, 0xa0000, E820_RAM);
	e820_add(0x100000, 0xf00000, E820_RAM);
	e820_add(0x800000, 0x10000, E820_RESERVED);
	e820_add(0x2000000, 0x2000000, E820_RAM);
	record.nr_modules = nr_reserved = 0;
	host_log_clear();
}

static void add(u32 start, u32 end, const char *name)
{
	struct boot_module *module = &record.modules[record.nr_modules++];

	module->start = start;
	module->end = end;
	snprintf(module->name, sizeof(module->name), "%s", name);
}

static void run(void)
{
	boot_modules_reserve(&record, KERNEL, KERNEL_SIZE);
}

static void expect(u32 i, u32 start, u32 end, const char *name)
{
	REQUIRE(i < record.nr_modules);
	CHECK_EQ(record.modules[i].start, start);
	CHECK_EQ(record.modules[i].end, end);
	CHECK_STREQ(record.modules[i].name, name);
}

static void good_ones(void)
{
	make_map();
	add(0x9000, 0x9123, "low");
	add(0x280000, 0x7fffff, "behind-the-kernel");
	add(0x3fff000, 0x4000000, "last-page");
	run();
	CHECK_EQ(record.nr_modules, 3);
	CHECK_EQ(nr_reserved, 3);
	expect(0, 0x9000, 0x9123, "low");
	expect(1, 0x280000, 0x7fffff, "behind-the-kernel");
	expect(2, 0x3fff000, 0x4000000, "last-page");
	CHECK_EQ(reserved[1].size, 0x57ffff);
	CHECK(strstr(host_log, "ignored") == NULL);
}

static void no_room(void)
{
	make_map();
	add(0x5000000, 0x5100000, "beyond-ram");
	add(0x1000000, 0x1000001, "in-the-hole");
	add(0x1800000, 0x2100000, "ends-in-ram");
	add(0x800000, 0x801000, "reserved");
	add(0xb8000, 0xb9000, "screen");
	add(KERNEL, KERNEL + 1, "kernel");
	add(KERNEL + KERNEL_SIZE - 1, 0x400000, "kernel-end");
	add(0x300000, 0x2fffff, "backwards");
	add(0xfffff000, 0x1000, "wraps");
	add(0x400000, 0x401000, "good");
	run();
	CHECK_EQ(record.nr_modules, 1);
	CHECK_EQ(nr_reserved, 1);
	expect(0, 0x400000, 0x401000, "good");
	for (const char *const *name =
		     (const char *const[]){ "beyond-ram", "in-the-hole", "ends-in-ram", "reserved",
					    "screen", "kernel", "kernel-end", "backwards", "wraps",
					    NULL };
	     *name; name++) {
		char text[64];

		snprintf(text, sizeof(text), "ignored (%s)", *name);
		CHECK(strstr(host_log, text) != NULL);
	}
	CHECK(strstr(host_log, "Module 9: [mem 0x00400000-0x00400fff] good") != NULL);
}

static void cut_ones(void)
{
	make_map();
	add(0x300000, 0x900000, "into-reserved");
	add(0xc00000, 0x2100000, "into-the-hole");
	add(0x9f000, 0x180000, "into-the-kernel");
	add(0x3000000, 0xffffffff, "to-the-end");
	run();
	CHECK_EQ(record.nr_modules, 4);
	expect(0, 0x300000, 0x800000, "into-reserved");
	expect(1, 0xc00000, 0x1000000, "into-the-hole");
	expect(2, 0x9f000, 0xa0000, "into-the-kernel");
	expect(3, 0x3000000, 0x4000000, "to-the-end");
	CHECK(strstr(host_log, "only the first 5242880 of 6291456 bytes") != NULL);

	/* RAM up to the kernel, whose image ends the module. */
	make_map();
	e820_add(0xa0000, 0x60000, E820_RAM);
	add(0xf0000, 0x380000, "over-the-kernel");
	run();
	expect(0, 0xf0000, KERNEL, "over-the-kernel");
}

static void empty_and_overlapping(void)
{
	make_map();
	add(0x400000, 0x400000, "empty");
	add(0xf0000000, 0xf0000000, "empty-anywhere");
	add(0x400000, 0x500000, "a");
	add(0x400000, 0x500000, "b");
	add(0x4fffff, 0x600000, "c");
	run();
	CHECK_EQ(record.nr_modules, 5);
	CHECK_EQ(nr_reserved, 3);
	CHECK(strstr(host_log, "Module 0: empty empty") != NULL);
	CHECK(strstr(host_log, "a and b overlap from 0x400000 to 0x4fffff") != NULL);
	CHECK(strstr(host_log, "b and c overlap from 0x4fffff to 0x4fffff") != NULL);
	CHECK(strstr(host_log, "empty and") == NULL);
}

/* RAM ends inside of a page. That page has no descriptor, so the module ends before it. */
static void crooked_ram(void)
{
	make_map();
	e820_clear();
	e820_add(0x400123, 0x200000, E820_RAM);
	add(0x400200, 0x401000, "first-page");
	add(0x401000, 0x600200, "last-page");
	run();
	CHECK_EQ(record.nr_modules, 1);
	expect(0, 0x401000, 0x600000, "last-page");
	CHECK(strstr(host_log, "ignored (first-page)") != NULL);

	make_map();
	e820_clear();
	e820_add(0x300000, 0x1123, E820_RAM);
	add(0x300000, 0x301100, "m");
	run();
	expect(0, 0x300000, 0x301000, "m");
}

static void random_ones(void)
{
	for (int round = 0; round < 20000; round++) {
		u32 given, cut = 0;

		make_map();
		for (u64 n = host_random_below(6); n; n--) {
			u32 start = (u32)host_random_below(0x5000000);

			add(start, start + (u32)host_random_below(0x400000) - 0x1000, "x");
		}
		given = record.nr_modules;
		run();
		CHECK(record.nr_modules <= given);
		for (u32 i = 0; i < record.nr_modules; i++) {
			const struct boot_module *m = &record.modules[i];

			CHECK(m->start <= m->end);
			CHECK(m->start == m->end || e820_ram_end(m->start) >= m->end);
			CHECK(m->start == m->end || m->end <= KERNEL ||
			      m->start >= KERNEL + KERNEL_SIZE);
			CHECK(m->start == m->end || (reserved[cut].base == m->start &&
						     reserved[cut].size == m->end - m->start));
			cut += m->start != m->end;
		}
		CHECK_EQ(cut, nr_reserved);
	}
}

int main(void)
{
	host_run("good modules are kept", good_ones);
	host_run("a module without room is removed and named", no_room);
	host_run("a module that runs out of RAM is cut", cut_ones);
	host_run("empty and overlapping modules", empty_and_overlapping);
	host_run("RAM that ends inside of a page", crooked_ram);
	host_run("random modules", random_ones);
	return host_done();
}
