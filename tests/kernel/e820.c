/* SPDX-License-Identifier: MIT */
#include <asm/e820.h>
#include <asm/page.h>
#include <asm/setup.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * The memory map. The map of this machine has to be sane and agree with the loader's. The code that
 * builds it has to give the right results on this CPU too; the corpus and the random maps are in
 * tests/host/test_e820.c. The tests save the machine's table and restore it afterwards.
 */

#define TABLE_ORDER 2
_Static_assert(sizeof(struct e820_table) <= PAGE_SIZE << TABLE_ORDER, "room for a saved table");

static u64 last_byte(const struct e820_entry *entry)
{
	return entry->addr + (entry->size - 1);
}

static void expect_sane(void)
{
	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];

		EXPECT(entry->size != 0 && last_byte(entry) >= entry->addr);
		if (i > 0)
			EXPECT(entry->addr > last_byte(entry - 1));
	}
}

static void expect_entry(u32 i, u64 first, u64 last, u32 type)
{
	KTEST_REQUIRE(i < e820_table.nr);
	EXPECT_EQ(e820_table.entries[i].addr, first);
	EXPECT_EQ(last_byte(&e820_table.entries[i]), last);
	EXPECT_EQ(e820_table.entries[i].type, type);
}

static struct e820_table *save(void)
{
	struct e820_table *saved = (void *)__get_free_pages(GFP_KERNEL, TABLE_ORDER);

	if (saved)
		memcpy(saved, &e820_table, sizeof(*saved));
	return saved;
}

static void restore(struct e820_table *saved)
{
	memcpy(&e820_table, saved, sizeof(*saved));
	free_pages((unsigned long)saved, TABLE_ORDER);
}

KTEST(e820, machine_map_is_sane)
{
	bool has_ram = false;

	expect_sane();
	for (u32 i = 0; i < e820_table.nr; i++)
		has_ram |= e820_table.entries[i].type == E820_RAM;
	EXPECT(has_ram);
	EXPECT(e820_highest_ram() >= SZ_1M);
}

/* A range that the firmware reserves is not RAM, unless a parameter has replaced its map. */
KTEST(e820, ram_was_never_reserved)
{
	if (strstr(boot_cmdline(), "exactmap")) {
		ktest_skip("memmap=exactmap replaces the firmware's map");
		return;
	}
	for (u32 i = 0; i < boot_record.nr_e820; i++) {
		const struct boot_e820 *raw = &boot_record.e820[i];

		for (u32 j = 0; raw->type != E820_RAM && raw->size && j < e820_table.nr; j++) {
			const struct e820_entry *entry = &e820_table.entries[j];

			if (entry->type == E820_RAM)
				EXPECT(last_byte(entry) < raw->addr ||
				       entry->addr > raw->addr + (raw->size - 1));
		}
	}
}

KTEST(e820, overlapping_and_unsorted)
{
	static const struct boot_e820 raw[] = {
		{ .addr = 0x100000000, .size = 0x40000000, .type = E820_RAM },
		{ .addr = 0x9f000, .size = 0x1000, .type = E820_RESERVED },
		{ .addr = 0, .size = 0xa0000, .type = E820_RAM },
		{ .addr = 0x100000, .size = 0x1000000, .type = E820_RAM },
		{ .addr = 0x800000, .size = 0x1000, .type = E820_NVS },
		{ .addr = 0x7ff000, .size = 0x2000, .type = E820_ACPI },
		{ .addr = 0x2000000, .size = 0, .type = E820_RESERVED },
		{ .addr = 0x1100000, .size = 0x1000000, .type = E820_RAM },
		{ .addr = 0x3000000, .size = 0x1000, .type = 20 },
	};
	struct e820_table *saved = save();

	KTEST_REQUIRE(saved != NULL);
	e820_init(raw, ARRAY_SIZE(raw));
	expect_sane();
	EXPECT_EQ(e820_table.nr, 8);
	expect_entry(0, 0, 0x9efff, E820_RAM);
	expect_entry(1, 0x9f000, 0x9ffff, E820_RESERVED);
	expect_entry(2, 0x100000, 0x7fefff, E820_RAM);
	expect_entry(3, 0x7ff000, 0x7fffff, E820_ACPI);
	expect_entry(4, 0x800000, 0x800fff, E820_NVS);
	expect_entry(5, 0x801000, 0x20fffff, E820_RAM);
	expect_entry(6, 0x3000000, 0x3000fff, 20);
	expect_entry(7, 0x100000000, 0x13fffffff, E820_RAM);
	EXPECT_EQ(e820_highest_ram(), 0x140000000);
	EXPECT_EQ(e820_clamp(SZ_4G), 0x40000000);
	EXPECT_EQ(e820_highest_ram(), 0x2100000);
	restore(saved);
}

KTEST(e820, top_of_the_address_space)
{
	static const struct boot_e820 raw[] = {
		{ .addr = 0xffffffffffff0000, .size = 0x10000, .type = E820_RAM },
		{ .addr = 0xffffffffffffe000, .size = 0x4000, .type = E820_RESERVED },
	};
	struct e820_table *saved = save();

	KTEST_REQUIRE(saved != NULL);
	e820_init(raw, ARRAY_SIZE(raw));
	EXPECT_EQ(e820_table.nr, 2);
	expect_entry(0, 0xffffffffffff0000, 0xffffffffffffdfff, E820_RAM);
	expect_entry(1, 0xffffffffffffe000, 0xffffffffffffffff, E820_RESERVED);
	EXPECT_EQ(e820_update(0, UINT64_MAX, E820_RAM, E820_UNUSABLE), 0xe000);
	EXPECT_EQ(e820_remove(0, UINT64_MAX, E820_UNUSABLE), 0xe000);
	EXPECT_EQ(e820_table.nr, 1);
	EXPECT_EQ(e820_highest_ram(), 0);
	restore(saved);
}
