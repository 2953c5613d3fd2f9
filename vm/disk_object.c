/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <lib/errno.h>
#include <vm/cache_page.h>
#include <vm/reclaim.h>
#include <vm/writeback.h>

/*
 * The page cache: objects whose pages come from a disk. An object of memory is the only place of
 * its pages; here the disk is, and the pages are copies, mostly in high memory. They are read when
 * they are wanted, change in memory first, and may go when memory is short.
 *
 *	read(2), write(2)   object_copy.c     faults   resolve.c, around.c
 *	        │                                  │
 *	        ▼                                  ▼
 *	cache_read.c  cache_write.c      object_page.c        reclaim.c: clean pages go
 *	        └───────────┬─────────────────┘
 *	                    ▼
 *	              cache_page.c: the states of a page  ◀──── writeback.c: dirty pages go
 *	                    │                                        │
 *	                    ▼                                        ▼
 *	              cache_io.c: pages, and where they are  ──▶ requests of block/
 *
 * The file system is asked one question, object_ops.map(): where is it? Locks, in the order in
 * which they are taken: lock of an address space, disk_lock, locks of the file system, lock of the
 * object, lock of page tables. No lock of an object is held while a disk works.
 */

struct vm_object *vm_object_create_disk(u64 size, const struct object_ops *ops,
					struct block_device *device)
{
	struct vm_object *object =
		writeback_start() || reclaim_start() ? NULL : vm_object_create(size);

	if (!object)
		return NULL;
	object->ops = ops;
	object->plain_below = 0;
	object->device = device;
	object->ahead_next = object->last_used = UINT_MAX;
	return object;
}

void vm_object_detach(struct vm_object *object)
{
	u32 chain;

	mutex_lock(&object->disk_lock);
	object->detached = true;
	mutex_lock(&object->lock);
	chain = vm_object_cut(object, 0);
	mutex_unlock(&object->lock);
	mutex_unlock(&object->disk_lock);
	vm_object_free_cut(object, chain);
}

void cache_drop_all(void)
{
	struct vm_object *object;

	for (u32 id = 1; id && (object = vm_object_next(id)); id++) {
		id = object->id;
		vm_object_drop_clean(object);
		vm_object_put(object);
	}
}

/* --- report ----------------------------------------------------------------------------------- */

static unsigned long kb(unsigned long pages)
{
	return pages << (PAGE_SHIFT - 10);
}

static unsigned long buffers_kb(void)
{
	return kb(READ_ONCE(cache_counts.raw_pages));
}

/* As in Linux, it includes the pages that have no other place. */
static unsigned long cached_kb(void)
{
	return kb(READ_ONCE(cache_counts.pages) - READ_ONCE(cache_counts.raw_pages));
}

static unsigned long dirty_kb(void)
{
	return kb(READ_ONCE(cache_counts.dirty));
}

static unsigned long writeback_kb(void)
{
	return kb(READ_ONCE(cache_counts.writeback));
}

/* A page of a file in memory has no other place, as in Linux's tmpfs. */
static unsigned long shmem_kb(void)
{
	return kb(READ_ONCE(cache_counts.pages) - READ_ONCE(cache_counts.disk_pages));
}

MEMINFO_LINE(140, "Buffers", buffers_kb);
MEMINFO_LINE(150, "Cached", cached_kb);
MEMINFO_LINE(500, "Dirty", dirty_kb);
MEMINFO_LINE(510, "Writeback", writeback_kb);
MEMINFO_LINE(540, "Shmem", shmem_kb);
