/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <asm/boot_record.h>

/*
 * A fuzzer for the chooser's reader of the boot loader's information. The first byte of an input
 * chooses the multiboot version and the address of the information; the rest is memory at BASE. All
 * other memory reads as 0, and as 0xff from 3 GiB on, like a machine without RAM there.
 *
 * The invariant: for any memory, the reader stops after a bounded number of bytes. It never reads
 * the image, address 0, or the end of the address space, and it leaves a record with valid counts
 * and strings. For a correct map of multiboot 1 it finds as many entries as the second reader
 * below.
 */

#define BASE      0x20000u
#define IMAGE     0x100000u
#define IMAGE_END 0x400000u
#define MOST_READ (16u << 20)

static struct fuzz_input memory;
static u32 bytes_read;

static u8 byte_at(u32 at)
{
	if (at >= BASE && at - BASE < memory.size)
		return memory.data[at - BASE];
	return at >> 30 == 3 ? 0xff : 0;
}

static void host_fetch(void *to, u32 from, u32 n)
{
	CHECK(from != 0 && n <= 0xffffffffu - from);
	CHECK(from + n <= IMAGE || from >= IMAGE_END);
	bytes_read += n;
	CHECK(bytes_read <= MOST_READ);
	for (u32 i = 0; i < n; i++)
		((u8 *)to)[i] = byte_at(from + i);
}

#define fetch(to, from, n) host_fetch(to, from, n)

/* A star may only be put where a byte of the command line was read. */
static void put_star(u32 at)
{
	CHECK(at != 0 && (at < IMAGE || at >= IMAGE_END));
}
#define put_star put_star

#include "../../boot/grade_key.c"
#include "../../boot/loader_info.c"

const struct image_part image_parts[IMAGE_NR_PARTS] = { { IMAGE, 0x29000 },
							{ 0x130000, IMAGE_END - 0x130000 } };

static void check_string(const char *s, u32 size)
{
	CHECK(memchr(s, 0, size) != NULL);
}

static void check_record(const struct boot_record *record, const char *text)
{
	CHECK(record->nr_e820 <= BOOT_MAX_E820 && record->nr_modules <= BOOT_MAX_MODULES);
	CHECK(record->nr_problems <= BOOT_MAX_PROBLEMS);
	CHECK(!record->nr_e820_lost || record->nr_e820 == BOOT_MAX_E820);
	CHECK(!record->nr_modules_lost || record->nr_modules == BOOT_MAX_MODULES);
	CHECK(!record->nr_problems_lost || record->nr_problems == BOOT_MAX_PROBLEMS);
	CHECK(record->rsdp_size <= sizeof(record->rsdp));
	check_string(record->loader_name, BOOT_NAME);
	for (u32 i = 0; i < record->nr_modules; i++)
		check_string(record->modules[i].name, BOOT_NAME);
	check_string(text, BOOT_CMDLINE);
	CHECK_EQ(record->cmdline_size, strlen(text) + 1);
	for (u32 i = 0; i < record->nr_problems; i++) {
		CHECK(record->problems[i].part < BOOT_NR_PARTS);
		CHECK(record->problems[i].fault < BOOT_NR_FAULTS);
	}
}

static u32 word_at(u32 at)
{
	return byte_at(at) | byte_at(at + 1) << 8 | byte_at(at + 2) << 16 |
	       (u32)byte_at(at + 3) << 24;
}

/* A second reader for correct maps of multiboot 1. */
static u32 entries_of_map(u32 at, u64 end)
{
	u32 nr = 0;

	for (u64 next = at; next + 4 <= end; nr++)
		next += 4ull + word_at((u32)next);
	return nr;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static struct boot_record record;
	static char text[BOOT_CMDLINE];
	u32 info, magic;

	host_fail_aborts = true;
	if (size == 0)
		return 0;
	memory = (struct fuzz_input){ data + 1, size - 1, 0 };
	bytes_read = 0;
	memset(&record, 0, sizeof(record));
	memset(text, 'x', sizeof(text));
	magic = data[0] & 1 ? MULTIBOOT2_MAGIC : MULTIBOOT1_MAGIC;
	info = BASE + (data[0] >> 1);
	CHECK(loader_info_read(&record, text, magic, info));
	check_record(&record, text);
	if (magic == MULTIBOOT1_MAGIC && record.nr_problems == 0 && (word_at(info) & MB1_MMAP)) {
		u32 map = word_at(info + 48);

		CHECK_EQ(record.nr_e820 + record.nr_e820_lost,
			 entries_of_map(map, (u64)map + word_at(info + 44)));
	}
	host_fail_aborts = false;
	return 0;
}
