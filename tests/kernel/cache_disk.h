/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>
#include <vm/object.h>

/*
 * A disk in memory, and one file on it, for tests of the page cache. The file's blocks are where
 * the test puts them.
 */

#define DISK_BYTES  0x18000u
#define FILE_BLOCKS 64u
#define NO_SECTOR   (~(u64)0)

/**
 * struct cache_disk - the disk and the file
 * @device: read and written at once, in the thread that submits
 * @bytes: contents of the disk
 * @bad_sector: requests that contain it fail
 * @reads, @writes: number of requests
 * @object: the file
 * @block_size: 512 to 4096
 * @where: first sector of each block of the file; 0: hole
 * @next: first sector of the next block that is allocated
 * @blocks_left: blocks that can be allocated
 * @trims: calls of object_ops.trim
 * @no_memory: the file system cannot say where a block is
 */
struct cache_disk {
	struct block_device device;
	char *bytes;
	u64 bad_sector;
	u32 reads, writes;
	struct vm_object *object;
	u32 block_size;
	u32 where[FILE_BLOCKS];
	u32 next, blocks_left, trims;
	bool no_memory;
};

/**
 * cache_disk_make() - make a disk with a pattern, and a file
 * @block_size: of the file
 * @size: of the file
 * @blocks: number of its blocks that exist, from the first one on, in one piece
 *
 * Context: thread, may sleep.
 * Return: the disk; NULL without memory.
 */
struct cache_disk *cache_disk_make(u32 block_size, u32 size, u32 blocks);

/**
 * cache_disk_free() - free it
 * @disk: of cache_disk_make()
 *
 * Context: thread, may sleep.
 */
void cache_disk_free(struct cache_disk *disk);

/**
 * cache_disk_at() - find a byte of the file on the disk
 * @disk: any
 * @pos: byte of the file, in a block that exists
 *
 * Context: thread.
 * Return: the byte.
 */
char *cache_disk_at(struct cache_disk *disk, u32 pos);

/* The byte that the disk has at first. */
static inline char cache_disk_pattern(u32 at)
{
	return (char)(at * 7 + at / 512 * 13 + 1);
}
