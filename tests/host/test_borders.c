/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <asm/borders.h>
#include <asm/e820.h>
#include <asm/page.h>
#include <kernel/command.h>
#include <mm/page.h>

/*
 * The contract of highmem=: the highmem zone gets exactly the requested size, in whole frames of
 * RAM, or the request is refused with a warning and changes nothing. The maps have holes anywhere,
 * and end inside of frames.
 */

static int give(const char *name, const char *value)
{
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		if (strcmp(p->name, name) == 0)
			return p->parse(value);
	host_fail(__FILE__, __LINE__, "no parameter %s", name);
	return 0;
}

static void give_highmem(u64 bytes)
{
	char value[32];

	snprintf(value, sizeof(value), "%llu", bytes);
	CHECK_EQ(give("highmem", value), 0);
}

/* Counts entry by entry, without the function under test. */
static u64 frames(u64 from, u64 to)
{
	u64 count = 0;

	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];
		u64 first = (entry->addr + 4095) / 4096, end = (entry->addr + entry->size) / 4096;

		if (entry->type != E820_RAM)
			continue;
		for (u64 pfn = max(first, from); pfn < min(end, to); pfn++)
			count++;
	}
	return count;
}

#define NATURAL_BORDER (896ul << (20 - PAGE_SHIFT))

static void without_a_request(void)
{
	e820_clear();
	e820_add(0, 4ull << 30, E820_RAM);
	host_log_clear();
	borders_init();
	CHECK_EQ(max_low_pfn, NATURAL_BORDER);
	CHECK_EQ(e820_highest_ram(), 4ull << 30);
	CHECK_STREQ(host_log, "");
}

static void no_highmem_at_all(void)
{
	e820_clear();
	e820_add(0, 3ull << 30, E820_RAM);
	e820_add(3ull << 30, SZ_1M, E820_RESERVED);
	e820_add(1ull << 32, 1ull << 30, E820_RAM);
	host_log_clear();
	give_highmem(0);
	borders_init();
	CHECK_EQ(max_low_pfn, NATURAL_BORDER);
	CHECK_EQ(e820_highest_ram(), 896ull << 20);
	CHECK(strstr(host_log, "highmem=0K: 3276800 kB of RAM above 0x38000000 are not used") !=
	      NULL);
	/* Entries of other types remain. */
	CHECK_EQ(e820_table.entries[e820_table.nr - 1].type, E820_RESERVED);
}

static void bad_values(void)
{
	static const char *const bad[] = { "", "x", "64Mx", "-1", "64M@1G", "17E" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		if (give("highmem", bad[i]) == 0)
			host_fail(__FILE__, __LINE__, "highmem=%s was taken", bad[i]);
}

/* 0 is a size, too, and so is one that is too small. */
static void sizes_of_vmalloc(void)
{
	static const char *const bad[] = { "0", "1", "1G", "64G" };

	e820_clear();
	e820_add(0, 4ull << 30, E820_RAM);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		host_log_clear();
		CHECK_EQ(give("vmalloc", bad[i]), 0);
		borders_init();
		CHECK_EQ(max_low_pfn, NATURAL_BORDER);
		if (!strstr(host_log, ": ignored, expected 17M to "))
			host_fail(__FILE__, __LINE__, "vmalloc=%s: %s", bad[i], host_log);
	}
	host_log_clear();
	CHECK_EQ(give("vmalloc", "256M"), 0);
	borders_init();
	CHECK(max_low_pfn < NATURAL_BORDER);
	CHECK(strstr(host_log, "vmalloc") == NULL);
}

static void random_map(void)
{
	u64 at = host_random_below(2) ? 0 : host_random_below(64 << 20);

	e820_clear();
	for (u64 pieces = 1 + host_random_below(8); pieces; pieces--) {
		u64 size = host_random_below(host_random_below(2) ? 64 << 20 : 1 << 14);

		e820_add(at, size, host_random_below(4) ? E820_RAM : E820_RESERVED);
		at += size + (host_random_below(3) ? host_random_below(128 << 20) : 0);
		if (host_random_below(4) == 0)
			at = max(at, (880ull << 20) + host_random_below(32 << 20));
	}
}

static void any_size_on_any_map(void)
{
	int exact = 0, refused = 0;

	for (int round = 0; round < 3000; round++) {
		struct e820_table before;
		u64 all, wanted;

		random_map();
		before = e820_table;
		all = frames(0, UINT64_MAX);
		wanted = host_random_below(all + all / 8 + 2);
		give_highmem(wanted * 4096 + host_random_below(4096));
		host_log_clear();
		borders_init();
		if (strstr(host_log, "ignored")) {
			refused++;
			CHECK_EQ(max_low_pfn, NATURAL_BORDER);
			CHECK(memcmp(&before, &e820_table, sizeof(before)) == 0);
			/* A request is not refused if it leaves 64 MiB of lowmem from 16 MiB on. */
			CHECK(wanted > all || frames(0, 16384) == 0 || all - wanted < 20480);
			continue;
		}
		exact++;
		CHECK_EQ(frames(max_low_pfn, UINT64_MAX), wanted);
		CHECK(max_low_pfn <= NATURAL_BORDER && max_low_pfn >= 4096);
		/* Lowmem has lost no frame. */
		if (max_low_pfn < NATURAL_BORDER) {
			CHECK_EQ(frames(0, UINT64_MAX), all);
			CHECK(frames(0, max_low_pfn) >= 2048);
		}
	}
	CHECK(exact > 500 && refused > 100);
}

int main(void)
{
	host_run("the natural border", without_a_request);
	host_run("bad values are refused", bad_values);
	host_run("highmem=0 leaves no highmem", no_highmem_at_all);
	host_run("any size on any map is exact, or refused", any_size_on_any_map);
	host_run("sizes of vmalloc", sizes_of_vmalloc);
	return host_done();
}
