/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/kvmalloc.h>
#include <tests/kernel/cache_disk.h>

/* A disk in memory, and a file whose blocks are where the test wants them. */

static int transfer(struct block_device *device, struct block_request *request)
{
	struct cache_disk *disk = device->driver;
	u64 sector = request->sector;
	int error = 0;

	if (request->op == BLOCK_FLUSH)
		return 0;
	__atomic_fetch_add(request->op == BLOCK_READ ? &disk->reads : &disk->writes, 1,
			   __ATOMIC_RELAXED);
	for (u32 i = 0; i < request->nr_segments; i++) {
		const struct block_segment *part = &request->segments[i];
		char *at = disk->bytes + sector * SECTOR_SIZE;

		if (disk->bad_sector - sector < part->length / SECTOR_SIZE)
			error = -EIO;
		else if (request->op == BLOCK_READ)
			memcpy_to_page(part->page, part->offset, at, part->length);
		else
			memcpy_from_page(at, part->page, part->offset, part->length);
		sector += part->length / SECTOR_SIZE;
	}
	return error;
}

static const struct block_ops device_ops = { .transfer = transfer };

static int map(struct vm_object *object, u64 pos, u32 bytes, bool make, struct disk_run *run)
{
	struct cache_disk *disk = object->private;
	u32 block = (u32)pos / disk->block_size, offset = (u32)pos % disk->block_size;

	if (disk->no_memory)
		return -ENOMEM;
	if (block >= FILE_BLOCKS)
		return -EFBIG;
	if (make && !disk->where[block]) {
		if (!disk->blocks_left)
			return -ENOSPC;
		disk->blocks_left--;
		disk->where[block] = disk->next;
		disk->next += disk->block_size / SECTOR_SIZE;
	}
	run->sector = disk->where[block] + offset / SECTOR_SIZE;
	run->bytes = min(disk->block_size - offset, bytes);
	run->hole = !disk->where[block];
	return 0;
}

static void trim(struct vm_object *object)
{
	struct cache_disk *disk = object->private;

	disk->trims++;
}

static const struct object_ops file_ops = { .map = map, .trim = trim };

struct cache_disk *cache_disk_make(u32 block_size, u32 size, u32 blocks)
{
	struct cache_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return NULL;
	disk->bytes = kvmalloc(DISK_BYTES, GFP_KERNEL);
	disk->object = vm_object_create_disk(size, &file_ops, &disk->device);
	if (!disk->bytes || !disk->object) {
		cache_disk_free(disk);
		return NULL;
	}
	disk->object->private = disk;
	disk->device.number = 60 << 8;
	disk->device.nr_sectors = DISK_BYTES / SECTOR_SIZE;
	disk->device.ops = &device_ops;
	disk->device.driver = disk;
	disk->bad_sector = NO_SECTOR;
	disk->block_size = block_size;
	disk->next = 8;
	disk->blocks_left = FILE_BLOCKS;
	for (u32 i = 0; i < DISK_BYTES; i++)
		disk->bytes[i] = cache_disk_pattern(i);
	for (u32 i = 0; i < blocks; i++, disk->next += block_size / SECTOR_SIZE)
		disk->where[i] = disk->next;
	return disk;
}

void cache_disk_free(struct cache_disk *disk)
{
	if (disk->object) {
		vm_object_detach(disk->object);
		vm_object_put(disk->object);
	}
	kvfree(disk->bytes);
	kfree(disk);
}

char *cache_disk_at(struct cache_disk *disk, u32 pos)
{
	return disk->bytes + disk->where[pos / disk->block_size] * SECTOR_SIZE +
	       pos % disk->block_size;
}
