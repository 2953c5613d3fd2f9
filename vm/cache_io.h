/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>
#include <vm/object.h>

/* Most pages of one call, and of one request. */
#define CACHE_IO_PAGES 32u

/**
 * cache_io() - read pages from the disk, or write them
 * @object: of a disk, not locked
 * @op: BLOCK_READ: all pages have PG_LOCKED, which the end of the read clears, after it has set
 *	PG_UPTODATE if there was no error. BLOCK_WRITE: all have PG_WRITEBACK, and
 *	cache_end_write() is called for each
 * @index: of the first page; the others follow it
 * @pages: the pages
 * @nr: their number, at most CACHE_IO_PAGES
 *
 * Does not wait for the end, which may come in an interrupt. All pages are ended in any case.
 * Context: may sleep.
 * Return: 0, or an error of object->ops->map(). Errors of the disk are in the pages, or in the
 * object.
 */
int cache_io(struct vm_object *object, enum block_op op, unsigned long index, struct page **pages,
	     u32 nr);
