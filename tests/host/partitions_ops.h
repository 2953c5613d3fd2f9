/* SPDX-License-Identifier: MIT */
#pragma once

#include "host.h"

#include <block/partitions.h>

/* The disk of the last call, the sectors that were read, and the messages. */
extern struct partition_table disk_table;
extern char disk_messages[8192];
extern u32 disk_reads;

/**
 * disk_read_and_check() - read the tables of a disk, and check what must be true for any disk
 * @nr_sectors: size
 * @max_number: highest number of a partition
 * @sector: fills in the bytes of a sector; called once for each
 */
void disk_read_and_check(u64 nr_sectors, u32 max_number, int (*sector)(u64 sector, u8 *bytes));

/**
 * disk_random() - fills in a sector whose entries are random, and often nearly right
 * @sector: its number
 * @bytes: 512 bytes
 *
 * Return: 0, seldom -EIO.
 */
int disk_random(u64 sector, u8 *bytes);
