/* SPDX-License-Identifier: MIT */
#include "chooser_unit.h"

/*
 * The chooser: which kernel it starts, how it moves the kernel into place, and when it gives up.
 */

static u32 chosen_with(const char *cmdline)
{
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_CMDLINE, .cmdline = PHYS(cmdline) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	return started;
}

/* The machine that runs this test has PAE, CMOV and CX8. */
static void nopae_is_a_word(void)
{
	CHECK_EQ(chosen_with(""), PAE_ENTRY);
	CHECK_EQ(chosen_with("nopae"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("k.elf nopae selftest"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("selftest nopae"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopaex xnopae nopae=1 x"), PAE_ENTRY);
	CHECK_EQ(chosen_with("\tnopae\n"), NOPAE_ENTRY);
}

/* The chooser splits the line into the same words as the kernel. */
static void nopae_in_quotes(void)
{
	CHECK_EQ(chosen_with("run=\"meminfo nopae x\""), PAE_ENTRY);
	CHECK_EQ(chosen_with("\"run=meminfo nopae x\""), PAE_ENTRY);
	CHECK_EQ(chosen_with("x=\" nopae"), PAE_ENTRY);
	CHECK_EQ(chosen_with("\"nopae\""), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("no\"pae\" x"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopae="), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopae=\"\""), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("nopae=0"), PAE_ENTRY);
	CHECK_EQ(chosen_with("nopaenopae"), PAE_ENTRY);
	CHECK_EQ(chosen_with("x=\\\" nopae"), NOPAE_ENTRY);
	CHECK_EQ(chosen_with("\"x=\\\" nopae\""), PAE_ENTRY);
	CHECK_EQ(chosen_with("nopae=nopae"), PAE_ENTRY);
	CHECK_EQ(chosen_with("=nopae"), PAE_ENTRY);
}

static void the_kernel_is_moved_into_place(void)
{
	chosen_with("nopae");
	CHECK_EQ(moved.words, 0); /* it is already in place */
	CHECK_EQ(cleared.to, 0x1600);
	CHECK_EQ(cleared.words, (0x900 - 0x400) / 4);
	chosen_with("");
	CHECK_EQ(moved.to, 0x1200);
	CHECK_EQ(moved.from, 0x1600);
	CHECK_EQ(moved.words, 0x600 / 4);
	CHECK_EQ(cleared.to, 0x1800);
	CHECK_EQ(cleared.words, (0x1200 - 0x600) / 4);
}

static void an_image_that_does_not_fit(void)
{
	static struct mb1_mmap map = { 20, 0, 0x2400, 1 };
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP,
				  .mmap_addr = PHYS(&map),
				  .mmap_length = sizeof(map) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
	CHECK_EQ(record.nr_problems, 0);
	map.len = 0x23ff;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, 0);
	CHECK_EQ(moved.words + cleared.words, 0);
	CHECK(strstr(serial, "RAM ends at 8 KiB, expected at least 9 KiB."));
	CHECK_EQ(exit_value, 0x12);
	info.flags |= MB1_CMDLINE;
	info.cmdline = PHYS("memmap=1M@0");
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
	info.flags = MB1_MMAP;
	/* RAM at other addresses is no reason to refuse: a map may omit the kernel's place. */
	map.addr = 0x100000000ull;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
	/* A size that is too large is no reason, either. */
	map.addr = 0x100000;
	map.len = UINT64_MAX - 0xfffff + 4096;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, PAE_ENTRY);
}

/* A loader that puts the command line after a small image writes to an address without RAM. */
static void a_command_line_above_all_ram(void)
{
	static struct mb1_mmap map = { 20, 0, 0x2400, 1 };
	static char text[] = "nopae";
	static struct mb1_info info;

	info = (struct mb1_info){ .flags = MB1_MMAP | MB1_CMDLINE,
				  .cmdline = PHYS(text),
				  .mmap_addr = PHYS(&map),
				  .mmap_length = sizeof(map) };

	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(started, NOPAE_ENTRY);
	CHECK_EQ(record.nr_problems, 1);
	CHECK_EQ(record.problems[0].part, BOOT_PART_CMDLINE);
	CHECK_EQ(record.problems[0].fault, BOOT_FAULT_NO_RAM);
	CHECK_EQ(record.problems[0].limit, 0x2400);
	map.len = 0xf0000000;
	choose_by(MULTIBOOT1_MAGIC, &info);
	CHECK_EQ(record.nr_problems, 0);
}

static void old_cpus(void)
{
	eflags_that_change = EFLAGS_AC;
	CHECK_EQ(chosen_with(""), NOPAE_ENTRY);
	eflags_that_change = 0;
	CHECK_EQ(chosen_with(""), 0);
	CHECK(strstr(serial, "386"));
	CHECK_EQ(text_screen[0] & 0xff, (u8)serial[0]);
	eflags_that_change = EFLAGS_AC | EFLAGS_ID;
}

static void not_multiboot(void)
{
	choose_by(0x12345678, NULL);
	CHECK_EQ(started, 0);
	CHECK(strstr(serial, "multiboot"));
}

int main(void)
{
	host_run("nopae_is_a_word", nopae_is_a_word);
	host_run("nopae_in_quotes", nopae_in_quotes);
	host_run("the_kernel_is_moved_into_place", the_kernel_is_moved_into_place);
	host_run("an_image_that_does_not_fit", an_image_that_does_not_fit);
	host_run("a_command_line_above_all_ram", a_command_line_above_all_ram);
	host_run("old_cpus", old_cpus);
	host_run("not_multiboot", not_multiboot);
	return host_done();
}
