/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

#define MAX_PARTITIONS 15u

/**
 * struct partition - a partition that can be used
 * @number: 1 to 4 for those of the first sector, from 5 on for those of the extended partition
 * @type: byte of the table
 * @start: first sector on the disk
 * @nr_sectors: size
 */
struct partition {
	u32 number;
	u8 type;
	u64 start, nr_sectors;
};

/**
 * struct partition_table - a disk whose partitions are wanted, and what was found
 * @nr_sectors: size of the disk
 * @max_number: highest number of a partition
 * @read: reads 512 bytes of a sector that exists; returns 0 or a negative errno
 * @complain: gets a message without a newline, for each entry that is left out
 * @arg: argument of both
 * @nr: number of elements of @found, 0 before
 * @found: partitions within the disk, which do not overlap
 * @extended, @extended_size: the extended partition; size 0 if there is none
 * @sector: private: bytes of the table that is being read
 */
struct partition_table {
	u64 nr_sectors;
	u32 max_number;
	int (*read)(void *arg, u64 sector, u8 *bytes);
	void (*complain)(void *arg, const char *text);
	void *arg;
	u32 nr;
	struct partition found[MAX_PARTITIONS];
	u64 extended, extended_size;
	u8 sector[512];
};

/**
 * partitions_read() - find the partitions of a disk
 * @table: see above
 *
 * A disk without a table has no partitions, and causes no message.
 * Context: that of @read and @complain.
 */
void partitions_read(struct partition_table *table);
