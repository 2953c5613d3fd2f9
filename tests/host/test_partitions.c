/* SPDX-License-Identifier: MIT */
#include "partitions_ops.h"

#include <lib/errno.h>

/* Partition tables: right ones, each fault by its message, and random ones. */

#define RANDOM_DISKS 200000

static u8 disk[4096][512];
static u64 bad_sector;

static int read_disk(u64 sector, u8 *bytes)
{
	if (sector == bad_sector)
		return -EIO;
	memcpy(bytes, disk[sector], 512);
	return 0;
}

static void begin(void)
{
	memset(disk, 0, sizeof(disk));
	bad_sector = ~0ull;
}

static void entry(u32 sector, u32 i, u8 type, u32 start, u32 size)
{
	u8 *bytes = disk[sector] + 446 + 16 * i;

	bytes[4] = type;
	for (u32 k = 0; k < 4; k++) {
		bytes[8 + k] = (u8)(start >> 8 * k);
		bytes[12 + k] = (u8)(size >> 8 * k);
	}
	disk[sector][510] = 0x55;
	disk[sector][511] = 0xaa;
}

/* The partitions, as text: "1:64+100 5:..." */
static void finds(const char *want, const char *messages)
{
	char text[1000] = "";

	disk_read_and_check(4096, 15, read_disk);
	for (u32 i = 0; i < disk_table.nr; i++) {
		const struct partition *p = &disk_table.found[i];
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%u:%llu+%llu", i ? " " : "", p->number,
			 p->start, p->nr_sectors);
	}
	CHECK_STREQ(text, want);
	CHECK_STREQ(disk_messages, messages);
}

static void primary_and_logical_partitions(void)
{
	begin();
	finds("", "");
	entry(0, 0, 0x83, 64, 100);
	entry(0, 2, 0x05, 1000, 2000);
	entry(0, 3, 0x82, 3000, 1096);
	entry(1000, 0, 0x83, 63, 100);
	entry(1000, 1, 0x05, 500, 300);
	entry(1500, 0, 0x83, 1, 299);
	finds("1:64+100 4:3000+1096 5:1063+100 6:1501+299", "");
	disk[0][511] = 0;
	finds("", "");
	disk[0][511] = 0xaa;
	disk[0][446 + 16] = 0x33; /* code of a boot sector */
	finds("", "");
}

static void partitions_outside(void)
{
	begin();
	entry(0, 0, 0x83, 0, 100);
	entry(0, 1, 0x83, 4000, 97);
	entry(0, 2, 0x83, 0xffffffff, 0xffffffff);
	entry(0, 3, 0x83, 4000, 96);
	finds("4:4000+96", "1: sectors 0 to 99, expected 1 to 4095\n"
			   "2: sectors 4000 to 4096, expected 1 to 4095\n"
			   "3: sectors 4294967295 to 8589934589, expected 1 to 4095\n");
	begin();
	entry(0, 0, 0x0f, 100, 200);
	entry(100, 0, 0x83, 0, 10);
	finds("", "5: sectors 100 to 109, expected 101 to 299\n");
	entry(100, 0, 0x83, 1, 200);
	finds("", "5: sectors 101 to 300, expected 101 to 299\n");
}

static void partitions_that_overlap(void)
{
	begin();
	entry(0, 0, 0x83, 100, 100);
	entry(0, 1, 0x83, 199, 1);
	entry(0, 2, 0x05, 200, 100);
	entry(0, 3, 0x83, 299, 10);
	entry(200, 0, 0x83, 1, 50);
	entry(200, 2, 0x83, 50, 10);
	finds("1:100+100 5:201+50", "2: overlaps 1\n4: overlaps the extended partition\n"
				    "6: overlaps 5\n");
	begin();
	entry(0, 0, 0x05, 100, 100);
	entry(0, 1, 0x05, 300, 100);
	entry(0, 2, 0xee, 500, 100);
	entry(100, 0, 0x83, 1, 80);
	entry(100, 1, 0x05, 50, 10);
	entry(150, 0, 0x83, 40, 10);
	finds("6:190+10", "2: a second extended partition\n3: the tables of GPT are not supported\n"
			  "5: contains the table at sector 150\n");
}

static void chains_that_do_not_end(void)
{
	begin();
	entry(0, 0, 0x05, 100, 1000);
	entry(100, 1, 0x05, 0, 10);
	finds("", "table at sector 100 leads to 100\n");
	entry(100, 1, 0x05, 50, 10);
	entry(150, 1, 0x05, 20, 10);
	finds("", "table at sector 150 leads to 120\n");
	entry(150, 1, 0x05, 1000, 10);
	finds("", "table at sector 150 leads to 1100\n");
	entry(150, 1, 0x05, 60, 10);
	finds("", "no table at sector 160\n");
	bad_sector = 160;
	finds("", "sector 160 cannot be read, errno 5\nno table at sector 160\n");
	for (u32 i = 0; i < 100; i++)
		entry(100 + i, 1, 0x05, i + 1, 1);
	bad_sector = ~0ull;
	finds("", "more than 64 tables\n");
	CHECK_EQ(disk_reads, 65);
}

static void random_tables(void)
{
	for (u32 i = 0; i < RANDOM_DISKS; i++)
		disk_read_and_check(host_random_below(2) ? 4096 : host_random(),
				    (u32)host_random_below(16), disk_random);
}

int main(void)
{
	host_run("primary and logical partitions", primary_and_logical_partitions);
	host_run("partitions outside of the disk", partitions_outside);
	host_run("partitions that overlap", partitions_that_overlap);
	host_run("chains that do not end", chains_that_do_not_end);
	host_run("random tables", random_tables);
	return host_done();
}
