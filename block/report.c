/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <kernel/command.h>
#include <kernel/console.h>

/*
 * The prompt command `disks`: all disks and partitions, and what they have done. The bytes that
 * they have moved are in /proc/diskstats.
 */

static const char *reach_name(const struct dma_reach *reach)
{
	if (!reach->limit)
		return "all";
	return reach->limit < DMA_LIMIT_32 ? "ISA" : "4GiB";
}

static int show(struct block_device *device, void *unused)
{
	struct block_counts c;

	block_counts_get(device, &c);
	console_printf("%-7s%3u:%-3u%11llu %c %-4s%8u%8u%8u", device->name, device->number >> 8,
		       device->number & 255, device->nr_sectors / 2, device->read_only ? 'r' : 'w',
		       reach_name(&device->reach), c.requests[BLOCK_READ], c.requests[BLOCK_WRITE],
		       c.requests[BLOCK_FLUSH]);
	if (!device->whole)
		console_printf("%8llu%7u%7u", c.bounced[0] + c.bounced[1], c.errors, c.resets);
	console_printf("\n");
	return 0;
}

static int cmd_disks(int argc, char **argv)
{
	console_printf("%-7s%-7s%11s   %-4s%8s%8s%8s%8s%7s%7s\n", "NAME", "NUMBER", "KIB", "REACH",
		       "READS", "WRITES", "FLUSHES", "BOUNCED", "ERRORS", "RESETS");
	block_for_each(show, NULL);
	return 0;
}

PROMPT_COMMAND("disks", "", "show the disks and partitions, and what they did", cmd_disks);
