/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/object.h>

/*
 * The page cache: pages of files on disks. vm/disk_object.c is the chapter.
 *
 * Flags of a page in state PAGE_OBJECT of an object with a disk. A page of memory has none of them.
 * PG_UPTODATE, PG_DIRTY and PG_REFERENCED change with the lock of the object held, except by the
 * end of a read.
 */

/**
 * struct cache_counts - the page cache in numbers; changed by locked operations
 * @pages: pages of all objects
 * @disk_pages: those of objects with a disk among them
 * @raw_pages: those of whole devices among these
 * @dirty: pages with PG_DIRTY
 * @writeback: pages with PG_WRITEBACK
 * @read, @written: kB of I/O since boot
 * @throttled: how often a writer has waited for write-back
 */
struct cache_counts {
	unsigned long pages, disk_pages, raw_pages;
	unsigned long dirty, writeback;
	unsigned long read, written;
	unsigned long throttled;
};

extern struct cache_counts cache_counts;

/**
 * cache_clean_pages() - pages that the disk has, too
 *
 * Context: any.
 * Return: their number; a snapshot of counters that others change.
 */
static inline unsigned long cache_clean_pages(void)
{
	unsigned long busy = READ_ONCE(cache_counts.dirty) + READ_ONCE(cache_counts.writeback);
	unsigned long pages = READ_ONCE(cache_counts.disk_pages);

	return pages > busy ? pages - busy : 0;
}

/**
 * cache_shmem_pages() - count the pages of files that have no disk, and of shared memory
 *
 * Context: any.
 * Return: their number.
 */
unsigned long cache_shmem_pages(void);

/**
 * cache_sync_device(), cache_sync_all() - write all dirty pages of a device, or of all, and wait
 * @device: any
 *
 * No FLUSH is sent. Errors stay in the objects, for fsync(2).
 * Context: may sleep, no lock held that object_ops take.
 */
void cache_sync_device(struct block_device *device);
void cache_sync_all(void);

/**
 * cache_drop_all() - forget all clean pages that are not mapped
 *
 * Context: may sleep, no lock of an object held.
 */
void cache_drop_all(void);

/**
 * cache_balance() - let a writer wait while too many pages are dirty
 *
 * Context: may sleep; no lock held that write-back takes, as of an object or of metadata.
 */
void cache_balance(void);
