/* SPDX-License-Identifier: MIT */
#include "chooser_unit.h"

/*
 * Information of a boot loader that cannot be true: the chooser leaves it out, records a problem,
 * and starts a kernel all the same.
 */

static void expect_problem(u32 number, u32 part, u32 fault, u32 value)
{
	CHECK(number < record.nr_problems);
	CHECK_EQ(record.problems[number].part, part);
	CHECK_EQ(record.problems[number].fault, fault);
	CHECK_EQ(record.problems[number].value, value);
}

static void multiboot1_wrong_entry_ends_the_map(void)
{
	static const u32 wrong[] = { 0, 4, 19, 21, 0xfffffffc, 0xffffffe4, 0xffffffff, 0x80000000 };
	static struct mb1_mmap map[3] = { { 20, 0, 0x9f000, 1 },
					  { 20, 0x100000, 0x1000000, 1 },
					  { 20, 0x2000000, 0x1000000, 1 } };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP | MB1_MEMORY,
				  .mem_lower = 600,
				  .mem_upper = 30000,
				  .mmap_addr = PHYS(map),
				  .mmap_length = sizeof(map) };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		for (u32 where = 0; where < 3; where++) {
			if (wrong[i] == 21 && where < 2)
				continue;
			map[where].size = wrong[i];
			choose_by(MULTIBOOT1_MAGIC, &info);
			map[where].size = 20;
			CHECK(started);
			CHECK_EQ(record.nr_e820, where + 2);
			CHECK_EQ(record.e820[where].size, 600 << 10);
			CHECK_EQ(record.e820[where + 1].size, 30000 << 10);
			CHECK_EQ(record.nr_problems, 1);
			expect_problem(0, BOOT_PART_MMAP_ENTRY,
				       wrong[i] < 20 ? BOOT_FAULT_TOO_SMALL : BOOT_FAULT_TOO_LARGE,
				       wrong[i]);
			CHECK_EQ(record.problems[0].at, PHYS(&map[where]));
		}
	}
	/* The remaining bytes are too few for an entry. */
	info.mmap_length = sizeof(map) - 1;
	choose_by(MULTIBOOT1_MAGIC, &info);
	expect_problem(0, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_LARGE, 20);
	CHECK_EQ(record.nr_e820, 4);
}

static void multiboot1_wrong_pointers(void)
{
	static const struct {
		u32 at, fault;
	} wrong[] = { { 0, BOOT_FAULT_NULL },
		      { 0xffffffff, BOOT_FAULT_PAST_4G },
		      { 0x1210, BOOT_FAULT_IN_IMAGE },
		      { 0x13fe, BOOT_FAULT_IN_IMAGE } };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_CMDLINE | MB1_NAME | MB1_MODULES | MB1_MMAP,
				  .mods_count = 1,
				  .mmap_length = 24 };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		/* The last one is two bytes below the image, and a string without a byte there is
		 * cut. */
		u32 string = wrong[i].at == 0x13fe ? 0x13ff + 1 : wrong[i].at;

		info.cmdline = info.boot_loader_name = string;
		info.mods_addr = info.mmap_addr = wrong[i].at;
		choose_by(MULTIBOOT1_MAGIC, &info);
		CHECK(started);
		CHECK_EQ(record.nr_problems, 4);
		expect_problem(0, BOOT_PART_CMDLINE, wrong[i].fault, 1);
		expect_problem(1, BOOT_PART_LOADER_NAME, wrong[i].fault, 1);
		expect_problem(2, BOOT_PART_MODULES, wrong[i].fault, 16);
		expect_problem(3, BOOT_PART_MMAP, wrong[i].fault, 24);
		CHECK_EQ(record.nr_e820 + record.nr_modules, 0);
		CHECK_STREQ(command_line, "");
		CHECK_EQ(record.cmdline_size, 1);
	}
	choose_by(MULTIBOOT1_MAGIC, NULL);
	expect_problem(0, BOOT_PART_INFO, BOOT_FAULT_NULL, sizeof(struct mb1_info));
	choose_by(MULTIBOOT2_MAGIC, NULL);
	expect_problem(0, BOOT_PART_INFO, BOOT_FAULT_NULL, 8);
	forget();
	choose(MULTIBOOT2_MAGIC, 0xfffffffc);
	expect_problem(0, BOOT_PART_INFO, BOOT_FAULT_PAST_4G, 8);
	CHECK(started);
}

static void multiboot1_wrong_counts(void)
{
	static u8 zeroes[MOST_MMAP];
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MODULES | MB1_MMAP | MB1_MEMORY,
				  .mem_upper = 4096,
				  .mods_count = 0x10000001,
				  .mods_addr = PHYS(zeroes),
				  .mmap_addr = PHYS(zeroes),
				  .mmap_length = 0xfffffff0 };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK(started);
	expect_problem(0, BOOT_PART_MODULES, BOOT_FAULT_TOO_LARGE, 0x10000001);
	expect_problem(1, BOOT_PART_MMAP, BOOT_FAULT_TOO_LARGE, 0xfffffff0);
	expect_problem(2, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, 0);
	CHECK_EQ(record.nr_modules, 0);
	CHECK_EQ(record.nr_e820, 1);
}

static void multiboot2_wrong_tags(void)
{
	static const struct {
		u32 type, bytes;
	} brief[] = { { MB2_MODULE, 7 },   { MB2_MEMORY, 4 },       { MB2_MMAP, 7 },
		      { MB2_EFI_MMAP, 0 }, { MB2_FRAMEBUFFER, 21 }, { MB2_ACPI_NEW, 19 },
		      { MB2_ACPI_OLD, 0 }, { MB2_CMDLINE, 0 },      { MB2_NAME, 0 } };
	u32 stride[2] = { 0, 0 }, wide[8] = { 4096 };

	begin2();
	for (u32 i = 0; i < ARRAY_SIZE(brief); i++)
		tag2(brief[i].type, info2 + 4096, brief[i].bytes);
	tag2(MB2_MMAP, stride, sizeof(stride));
	tag2(MB2_EFI_MMAP, stride, sizeof(stride));
	tag2(99, "unknown", 8);
	tag2(MB2_CMDLINE, "no end", 6);
	choose2();
	CHECK(started);
	for (u32 i = 0; i < ARRAY_SIZE(brief); i++)
		expect_problem(i, BOOT_PART_TAG, BOOT_FAULT_TOO_SMALL, brief[i].bytes + 8);
	expect_problem(ARRAY_SIZE(brief), BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, 0);
	expect_problem(ARRAY_SIZE(brief) + 1, BOOT_PART_CMDLINE, BOOT_FAULT_UNTERMINATED, 6);
	expect_problem(ARRAY_SIZE(brief) + 2, BOOT_PART_EFI_MMAP_ENTRY, BOOT_FAULT_TOO_SMALL, 0);
	CHECK_EQ(record.nr_problems, ARRAY_SIZE(brief) + 3);
	CHECK_STREQ(command_line, "no end");
	CHECK_EQ(record.framebuffer.type, 255);
	CHECK_EQ(record.rsdp_size + record.nr_modules + record.nr_e820 + record.efi_map, 0);
	begin2();
	tag2(MB2_MMAP, wide, sizeof(wide));
	choose2();
	expect_problem(0, BOOT_PART_MMAP_ENTRY, BOOT_FAULT_TOO_LARGE, 4096);
}

static void multiboot2_wrong_sizes(void)
{
	static const u32 wrong[] = { 0, 8, 15, 0x400001, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(wrong); i++) {
		begin2();
		tag2(MB2_CMDLINE, "nopae", 6);
		tag2(MB2_END, "", 0);
		memcpy(info2, &wrong[i], 4);
		choose_by(MULTIBOOT2_MAGIC, info2);
		CHECK_EQ(started, NOPAE_ENTRY);
		CHECK_EQ(record.nr_problems, 1);
		expect_problem(0, BOOT_PART_INFO,
			       wrong[i] < 16 ? BOOT_FAULT_TOO_SMALL : BOOT_FAULT_TOO_LARGE,
			       wrong[i]);
	}
}

static void multiboot2_without_an_end(void)
{
	u32 head[2] = { MB2_CMDLINE, 4096 };

	begin2();
	tag2(MB2_CMDLINE, "nopae", 6);
	choose_by(MULTIBOOT2_MAGIC, info2);
	CHECK_EQ(started, NOPAE_ENTRY);
	expect_problem(0, BOOT_PART_TAGS, BOOT_FAULT_NO_END, 0);
	/* The last tag is longer than the information: the part within it counts. */
	begin2();
	tag2(MB2_CMDLINE, "nopae\0xxx", 9);
	memcpy(info2 + 8, head, 8);
	choose_by(MULTIBOOT2_MAGIC, info2);
	CHECK_EQ(started, NOPAE_ENTRY);
	CHECK_EQ(record.nr_problems, 1);
	expect_problem(0, BOOT_PART_TAG, BOOT_FAULT_TOO_LARGE, 4096);
}

static void problems_that_do_not_fit_are_counted(void)
{
	begin2();
	for (u32 i = 0; i < BOOT_MAX_PROBLEMS + 3; i++)
		tag2(MB2_MEMORY, "", 0);
	choose2();
	CHECK_EQ(record.nr_problems, BOOT_MAX_PROBLEMS);
	CHECK_EQ(record.nr_problems_lost, 3);
}

int main(void)
{
	host_run("multiboot1_wrong_entry_ends_the_map", multiboot1_wrong_entry_ends_the_map);
	host_run("multiboot1_wrong_pointers", multiboot1_wrong_pointers);
	host_run("multiboot1_wrong_counts", multiboot1_wrong_counts);
	host_run("multiboot2_wrong_tags", multiboot2_wrong_tags);
	host_run("multiboot2_wrong_sizes", multiboot2_wrong_sizes);
	host_run("multiboot2_without_an_end", multiboot2_without_an_end);
	host_run("problems_that_do_not_fit_are_counted", problems_that_do_not_fit_are_counted);
	return host_done();
}
