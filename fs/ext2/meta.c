/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <block/block.h>
#include <fs/ext2/meta.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <sched/sched.h>
#include <vm/cache_page.h>

/*
 * The cache of metadata in the kernel: a vm_object with one page for each block. Byte 0 of block
 * N is byte 0 of page N, and with small blocks the rest of each page is a hole:
 *
 *	block    │ 0 │ 1 │ 2 │           pages   │ 0 ░░░░░░░░░ │ 1 ░░░░░░░░░ │ 2 ░░░░░░░░░ │
 *
 * So a page that is written never carries a neighbour, which may be data of a file by now, and
 * newer in the pages of that file. The price: blocks of 1 KiB cost 4 KiB each, mostly of high
 * memory.
 *
 * A page that is being written is not changed: the disk would get half of the change.
 *
 * Many changes have several steps, and one that failed in the middle for lack of memory would leave
 * a bitmap and its counts in disagreement. So a page waits for memory: the kernel ends the programs
 * that have it all. Only after some seconds the change fails.
 */

#define PATIENCE (10 * HZ)

struct meta {
	struct vm_object *object;
	struct block_device *device;
	u32 shift;
};

static int meta_map(struct vm_object *object, u64 pos, u32 bytes, bool make, struct disk_run *run)
{
	const struct meta *meta = object->private;
	u32 size = 1u << meta->shift, within = (u32)pos % PAGE_SIZE;

	run->hole = within >= size;
	run->sector = ((pos >> PAGE_SHIFT) << (meta->shift - SECTOR_SHIFT)) + within / SECTOR_SIZE;
	run->bytes = bytes;
	if (run->hole)
		run->bytes = min(bytes, (u32)PAGE_SIZE - within);
	else if (size < PAGE_SIZE)
		run->bytes = min(bytes, size - within);
	return 0;
}

static const struct object_ops meta_object_ops = { .map = meta_map, .raw = true };

struct meta *meta_open(struct block_device *device, u32 shift)
{
	struct meta *meta = kzalloc(sizeof(*meta), GFP_KERNEL);
	u64 blocks = device->nr_sectors >> (shift - SECTOR_SHIFT);

	if (!meta)
		return NULL;
	meta->device = device;
	meta->shift = shift;
	meta->object = vm_object_create_disk(min(blocks << PAGE_SHIFT, VM_OBJECT_MAX),
					     &meta_object_ops, device);
	if (!meta->object) {
		kfree(meta);
		return NULL;
	}
	meta->object->private = meta;
	return meta;
}

void meta_close(struct meta *meta)
{
	vm_object_detach(meta->object);
	vm_object_put(meta->object);
	kfree(meta);
}

static int get_page_of(struct meta *meta, u32 block, bool whole, struct page **page)
{
	int error;

	for (u32 waited = 0; waited < PATIENCE; waited++) {
		error = whole ? vm_object_overwrite_page(meta->object, block, page)
			      : vm_object_get_page(meta->object, block, page);
		if (likely(error != -ENOMEM))
			break;
		set_current_state(THREAD_SLEEPING);
		schedule_timeout(1);
	}
	return error == -EINVAL ? -EIO : error;
}

int meta_read(struct meta *meta, u32 block, u32 offset, void *to, u32 size)
{
	struct page *page;
	int error = get_page_of(meta, block, false, &page);
	const char *from;

	if (error)
		return error;
	from = kmap_local_page(page);
	memcpy(to, from + offset, size);
	kunmap_local(from);
	put_page(page);
	return 0;
}

/* Changes a page, and drops the reference. @from of NULL: zeroes. */
static void change_page(struct meta *meta, struct page *page, u32 offset, const void *from,
			u32 size)
{
	char *to;

	vm_object_lock(meta->object);
	while (test_page_flag(page, PG_WRITEBACK)) {
		vm_object_unlock(meta->object);
		cache_wait_page(page, PG_WRITEBACK);
		vm_object_lock(meta->object);
	}
	to = kmap_local_page(page);
	if (from)
		memcpy(to + offset, from, size);
	else
		memset(to + offset, 0, size);
	kunmap_local(to);
	cache_mark_dirty(meta->object, page);
	vm_object_unlock(meta->object);
	put_page(page);
}

int meta_write(struct meta *meta, u32 block, u32 offset, const void *from, u32 size)
{
	struct page *page;
	int error = get_page_of(meta, block, false, &page);

	if (error)
		return error;
	change_page(meta, page, offset, from, size);
	return 0;
}

int meta_clear(struct meta *meta, u32 block)
{
	struct page *page;
	int error = get_page_of(meta, block, true, &page);

	if (error)
		return error;
	change_page(meta, page, 0, NULL, 1u << meta->shift);
	return 0;
}

void meta_forget(struct meta *meta, u32 block)
{
	vm_object_forget(meta->object, block);
}

int meta_sync(struct meta *meta, u32 block, u32 count)
{
	u64 from = (u64)block << PAGE_SHIFT;
	u64 to = count == UINT32_MAX ? VM_OBJECT_MAX : from + ((u64)count << PAGE_SHIFT);

	return vm_object_sync(meta->object, from, to);
}

int meta_flush(struct meta *meta)
{
	return block_flush(meta->device);
}
