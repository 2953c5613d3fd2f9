/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <kernel/proc_file.h>

/*
 * Disks in /proc, in Linux's formats (Documentation/admin-guide/iostats.rst). A request to discard
 * sectors does not exist here, so its columns are 0.
 */

static int show_partition(struct block_device *device, void *arg)
{
	printf_fn *out = *(printf_fn **)arg;

	out("%4u  %7u %10llu %s\n", device->number >> 8, device->number & 0xff,
	    device->nr_sectors / 2, device->name);
	return 0;
}

static void partitions_show(printf_fn *out)
{
	out("major minor  #blocks  name\n\n");
	block_for_each(show_partition, &out);
}
PROC_FILE("partitions", partitions_show);

static void show_op(const struct block_counts *counts, enum block_op op, printf_fn *out)
{
	out("%u %u %llu %u ", counts->requests[op], counts->merged[op], counts->sectors[op],
	    counts->ms[op]);
}

static int show_counts(struct block_device *device, void *arg)
{
	printf_fn *out = *(printf_fn **)arg;
	struct block_counts counts;

	block_counts_get(device, &counts);
	out("%4u %7u %s ", device->number >> 8, device->number & 0xff, device->name);
	show_op(&counts, BLOCK_READ, out);
	show_op(&counts, BLOCK_WRITE, out);
	out("%u %u %u 0 0 0 0 %u %u\n", counts.in_flight, counts.busy_ms, counts.weighted_ms,
	    counts.requests[BLOCK_FLUSH], counts.ms[BLOCK_FLUSH]);
	return 0;
}

static void diskstats_show(printf_fn *out)
{
	block_for_each(show_counts, &out);
}
PROC_FILE("diskstats", diskstats_show);
