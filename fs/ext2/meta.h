/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The blocks of a device that hold ext2's own data. Parts of blocks are copied from and to a cache.
 * So the code of ext2 checks a copy that nothing else can change, needs no mapping while it waits
 * for the disk, and compiles on the host, where the device is an array (tests/host/ext2_image.c).
 * In the kernel the cache is a vm_object with one page for each block (fs/ext2/meta.c).
 *
 * A change reaches the disk at an unknown time and in an unknown order, and at the latest in
 * meta_sync(). meta_flush() makes the device write its own cache.
 */

struct block_device;
struct meta;

/**
 * meta_open() - start to use the blocks of a device
 * @device: the device
 * @shift: logarithm of the size of a block: 10, 11 or 12
 *
 * Context: may sleep, as all functions below.
 * Return: the cache; NULL if there is no memory.
 */
struct meta *meta_open(struct block_device *device, u32 shift);

/**
 * meta_close() - forget all blocks, changed ones too
 * @meta: result of meta_open(); not usable any more
 *
 * Context: may sleep.
 */
void meta_close(struct meta *meta);

/**
 * meta_read() - copy from a block
 * @meta: result of meta_open()
 * @block: number of the block
 * @offset, @size: which bytes of the block
 * @to: receives them
 *
 * Context: may sleep.
 * Return: 0, -EIO, -ENOMEM.
 */
int meta_read(struct meta *meta, u32 block, u32 offset, void *to, u32 size);

/**
 * meta_write() - copy into a block, which will be written to the disk
 * @meta, @block, @offset, @size: as for meta_read()
 * @from: the bytes
 *
 * Context: may sleep.
 * Return: 0, -EIO, -ENOMEM.
 */
int meta_write(struct meta *meta, u32 block, u32 offset, const void *from, u32 size);

/**
 * meta_clear() - fill a block with zeroes, without reading it
 * @meta: result of meta_open()
 * @block: number of the block
 *
 * Context: may sleep.
 * Return: 0, -ENOMEM, -EIO.
 */
int meta_clear(struct meta *meta, u32 block);

/**
 * meta_forget() - a block is not metadata any more: drop it, and do not write it
 * @meta: result of meta_open()
 * @block: number of the block
 *
 * Context: may sleep.
 */
void meta_forget(struct meta *meta, u32 block);

/**
 * meta_sync() - write changed blocks to the disk, and wait
 * @meta: result of meta_open()
 * @block: first block
 * @count: number of blocks; UINT32_MAX: all from @block on
 *
 * Context: may sleep.
 * Return: 0, or -EIO if one of them could not be written.
 */
int meta_sync(struct meta *meta, u32 block, u32 count);

/**
 * meta_flush() - make the device write its own cache
 * @meta: result of meta_open()
 *
 * Context: may sleep.
 * Return: 0 or -EIO.
 */
int meta_flush(struct meta *meta);
