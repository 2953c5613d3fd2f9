/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/object.h>

/* Copies, and returns the number of bytes that were not copied. */
typedef size_t cache_copy_fn(void *to, const void *from, size_t size);

/**
 * cache_write() - copy into a page, for write(2)
 * @copy: does not sleep
 * @object: of a disk, not locked. No other thread writes or truncates it
 * @index: of the page; it may be above the end
 * @offset: first byte in the page
 * @data: bytes for @copy
 * @size: their number, not 0; they end in the same page
 *
 * Blocks are allocated if necessary. The object becomes longer if necessary.
 * Context: may sleep.
 * Return: number of bytes copied; 0 if @copy has copied nothing; -EIO; -ENOMEM; an error of
 * object->ops.
 */
long cache_write(cache_copy_fn *copy, struct vm_object *object, unsigned long index, u32 offset,
		 const void *data, size_t size);

/**
 * cache_begin_shared_write() - let a program write to a page that it maps
 * @object: of a disk, not locked
 * @index: of the page
 * @page: set to the page, which is dirty now
 *
 * Context: may sleep; the lock of an address space held.
 * Return: 0, and the object is locked; -EINVAL above the end; -EIO; -ENOMEM; an error of
 * object->ops.
 */
int cache_begin_shared_write(struct vm_object *object, unsigned long index, struct page **page);

/**
 * cache_end_shared_write() - the entry allows writing now
 * @object: of cache_begin_shared_write()
 * @page: of it
 *
 * Context: may sleep.
 */
void cache_end_shared_write(struct vm_object *object, struct page *page);
