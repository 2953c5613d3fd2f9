/* SPDX-License-Identifier: MIT */
#include "partitions_ops.h"

#include <lib/errno.h>

/*
 * Rules for the partitions of any disk: each is within the disk and behind the first
 * sector, none touches another one or a table that was read, numbers are different, and the tables
 * are read upwards, so reading ends.
 */

struct partition_table disk_table;
char disk_messages[8192];
u32 disk_reads;

static int (*fill)(u64 sector, u8 *bytes);
static u64 sectors_read[100];

static int read_sector(void *arg, u64 sector, u8 *bytes)
{
	CHECK(arg == &disk_table);
	CHECK(sector < disk_table.nr_sectors);
	CHECK(disk_reads < ARRAY_SIZE(sectors_read));
	CHECK(!disk_reads || sector > sectors_read[disk_reads - 1]);
	sectors_read[disk_reads++ % ARRAY_SIZE(sectors_read)] = sector;
	return fill(sector, bytes);
}

static void keep_message(void *arg, const char *text)
{
	size_t n = strlen(disk_messages);

	snprintf(disk_messages + n, sizeof(disk_messages) - n, "%s\n", text);
}

void disk_read_and_check(u64 nr_sectors, u32 max_number, int (*sector)(u64 sector, u8 *bytes))
{
	disk_reads = 0;
	disk_messages[0] = '\0';
	fill = sector;
	disk_table = (struct partition_table){ .nr_sectors = nr_sectors,
					       .max_number = max_number,
					       .read = read_sector,
					       .complain = keep_message,
					       .arg = &disk_table };
	partitions_read(&disk_table);
	CHECK(disk_table.nr <= MAX_PARTITIONS);
	for (u32 i = 0; i < disk_table.nr; i++) {
		const struct partition *p = &disk_table.found[i];

		CHECK(p->number >= 1 && p->number <= max_number);
		CHECK(p->start >= 1 && p->nr_sectors >= 1);
		CHECK(p->start < nr_sectors && p->nr_sectors <= nr_sectors - p->start);
		for (u32 k = 0; k < i; k++) {
			const struct partition *q = &disk_table.found[k];

			CHECK(p->number != q->number);
			CHECK(p->start >= q->start + q->nr_sectors ||
			      q->start >= p->start + p->nr_sectors);
		}
		for (u32 k = 0; k < disk_reads; k++)
			CHECK(sectors_read[k] < p->start ||
			      sectors_read[k] >= p->start + p->nr_sectors);
	}
}

int disk_random(u64 sector, u8 *bytes)
{
	static const u8 types[] = { 0, 0x05, 0x0f, 0x83, 0x83, 0x05, 0x82, 0xee };
	u64 shape = host_random_below(64);

	memset(bytes, 0, 512);
	if (shape == 0)
		return -EIO;
	for (u32 i = 0; i < 4; i++) {
		u8 *entry = bytes + 446 + 16 * i;
		u64 where = host_random_below(4);
		u32 start = (u32)host_random_below(where ? 2000 : 1ull << 32);
		u32 size = (u32)host_random_below(where > 1 ? 400 : 1ull << 32);

		entry[0] = shape == 1 ? (u8)host_random_below(256) : 0x80;
		entry[4] = types[host_random_below(ARRAY_SIZE(types))];
		for (u32 k = 0; k < 4; k++) {
			entry[8 + k] = (u8)(start >> 8 * k);
			entry[12 + k] = (u8)(size >> 8 * k);
		}
	}
	bytes[510] = 0x55;
	bytes[511] = shape == 2 ? 0 : 0xaa;
	return 0;
}
