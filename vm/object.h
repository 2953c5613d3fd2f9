/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <lib/list.h>
#include <lib/radix_tree.h>
#include <lib/types.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <sched/mutex.h>

struct area;
struct block_device;
struct inode;
struct page_room;
struct vm_object;

/*
 * The pages of a file, or of memory that processes share. A page is found by its index: the offset
 * in the file, divided by 4096. Pages come from highmem, and exist from the first time that they
 * are written or mapped. A hole reads as zeroes. Shared anonymous memory is an object without a
 * name.
 *
 * The object holds one reference on each page in its tree; each mapping in a page table holds one
 * more. Pages have the state PAGE_OBJECT. Word a is the number of the object, word b the index. A
 * page that was cut off by vm_object_truncate() has a number of 0.
 *
 * A page that vm_object_page() returned may be cut off before the caller uses it. So pages are
 * found and mapped under the lock of the object (vm/around.c). Truncation cuts pages off and unmaps
 * them under the same lock.
 */

/* Largest size: indexes have 32 bits. */
#define VM_OBJECT_MAX (((u64)1 << 44) - PAGE_SIZE)

/**
 * struct disk_run - a piece of a file in one piece on the disk
 * @sector: its first sector of 512 bytes on the device; undefined for a hole
 * @bytes: its length, a multiple of 512, at most what was asked for
 * @hole: nothing is on the disk: it reads as zeroes
 */
struct disk_run {
	u64 sector;
	u32 bytes;
	bool hole;
};

/**
 * struct object_ops - what a file system does for the pages of a file on a disk
 * @map: tells where @bytes from @pos on are, or a first part of them; both are multiples of 512.
 *	@make: blocks that are missing are allocated, so no hole is returned. Called without
 *	the lock of the object; may sleep, and read metadata. Returns 0 or a negative errno
 * @dirtied: optional. A page has become dirty: the inode has to be written, too. Called without the
 *	lock of the object
 * @hold, @release: optional. An area begins to map the file, or ends: the file system keeps what
 *	@map needs, even if the file is not open any more and has no name. May sleep; called with
 *	the lock of an address space held. Between the two the object may not be detached
 * @trim: optional. A write has ended early: blocks above the size may be there, and go.
 *	Called in vm_object_write(), without the lock of the object
 * @raw: the pages are those of a whole device (Buffers in meminfo). The end of the last page,
 *	above the size, does not exist
 *
 * A page of a file is written as a whole, with all blocks that it has. So two objects must never
 * have the same block in their pages: a file system whose blocks are smaller than a page keeps its
 * metadata in an object of its own, with one block per page (the rest of each page is a hole), and
 * calls vm_object_forget() for a block that it frees.
 */
struct object_ops {
	int (*map)(struct vm_object *object, u64 pos, u32 bytes, bool make, struct disk_run *run);
	int (*dirtied)(struct vm_object *object);
	void (*hold)(struct vm_object *object);
	void (*release)(struct vm_object *object);
	void (*trim)(struct vm_object *object);
	bool raw;
};

/**
 * struct vm_object - pages by index
 * @refcount: users: inodes, open files and areas
 * @id: number of the object, word a of its pages
 * @lock: guards @pages, @nr_pages, @size, @areas and @inode; taken after the lock of an address
 *	space
 * @pages: index to struct page
 * @nr_pages: number of pages in @pages
 * @size: bytes; pages at and above the end do not exist, and the rest of the last page is zero
 * @writers: number of open files and shared areas that may write, less 1 for each program that runs
 *           from it (ETXTBSY)
 * @areas: areas that map it, shared and private ones, by area->object_link
 * @plain_below: a read or write at a position with a smaller upper word is a plain one: the object
 *	has no disk, and no size of 32 bits leads beyond VM_OBJECT_MAX
 * @inode: of a file: for the file system, which sets it, and clears it before the inode is freed
 * @room: limit of a tmpfs, with a reference (vm/page_room.h); NULL: none
 *
 * All others are for files on a disk (vm/cache.h):
 * @ops: of the file system; NULL: the pages are in memory only
 * @device: where the pages are read from and written to
 * @private: for the file system
 * @disk_lock: taken before the lock of the object, never with it. Keeps blocks and size in
 *	agreement: held while write-back and faults ask @ops where a page is, and by the file
 *	system from vm_object_truncate() until it has freed the blocks
 * @error: first error of writing, for the next fsync(2)
 * @detached: there is no disk any more
 * @ahead_next: index that a sequential reader wants next
 * @ahead_size: pages that it got last time
 * @last_used: index of the page that was used last (vm/history.c)
 * @nr_dirty: pages with PG_DIRTY; these have a tag in @pages
 * @nr_writeback: pages with PG_WRITEBACK; changed by locked operations
 * @sync_pass: number of the latest pass over all objects that has written it
 * @dirty_since: when the first of the dirty pages became dirty, in ns
 * @dirty_link: in the list of objects with dirty pages (vm/cache_page.c)
 */
struct vm_object {
	u32 refcount;
	u32 id;
	struct mutex lock;
	struct radix_tree pages;
	unsigned long nr_pages;
	u64 size;
	s32 writers;
	struct list_head areas;
	u32 plain_below;
	struct inode *inode;
	struct page_room *room;

	const struct object_ops *ops;
	struct block_device *device;
	void *private;
	struct mutex disk_lock;
	s32 error;
	bool detached;
	u32 ahead_next, ahead_size, last_used;
	u32 nr_dirty, nr_writeback, sync_pass;
	u64 dirty_since;
	struct list_head dirty_link;
};

/**
 * vm_object_init() - make the caches of objects and of the nodes of their trees
 *
 * Context: boot, once, after kmem_cache_init().
 */
void vm_object_init(void);

/**
 * vm_object_create() - make an object without pages
 * @size: bytes
 *
 * Context: may sleep.
 * Return: the object with one reference; NULL if there is no memory.
 */
struct vm_object *vm_object_create(u64 size);

/**
 * vm_object_create_disk() - make an object whose pages come from a disk
 * @size: bytes
 * @ops: of the file system
 * @device: where the pages are
 *
 * Context: may sleep.
 * Return: that of vm_object_create().
 */
struct vm_object *vm_object_create_disk(u64 size, const struct object_ops *ops,
					struct block_device *device);

/**
 * vm_object_detach() - end the use of the disk
 * @object: of a disk; nothing maps it, reads it or writes it any more. Pages that are still
 *	dirty are thrown away
 *
 * To be called before what @ops needs is freed. Waits for reads and write-back in flight;
 * afterwards @ops is not called any more.
 * Context: may sleep; no lock held that @ops takes.
 */
void vm_object_detach(struct vm_object *object);

/**
 * vm_object_get(), vm_object_put() - take or drop a reference
 * @object: the last reference frees all pages, dirty ones included
 *
 * Context: vm_object_put() may sleep.
 */
void vm_object_get(struct vm_object *object);
void vm_object_put(struct vm_object *object);

/**
 * vm_object_find() - find an object by its number
 * @id: word a of a page
 *
 * Context: may sleep.
 * Return: the object with a reference for the caller; NULL if there is none.
 */
struct vm_object *vm_object_find(u32 id);

/**
 * vm_object_next() - find the next object by its number
 * @id: smallest number to look at
 *
 * Context: may sleep.
 * Return: the object with a reference for the caller; NULL if there is none.
 */
struct vm_object *vm_object_next(u32 id);

/**
 * vm_object_try_get() - take a reference unless the last one was dropped
 * @object: any; a lock keeps it from being freed
 *
 * Context: any.
 * Return: true if the caller has a reference.
 */
static inline bool vm_object_try_get(struct vm_object *object)
{
	u32 count = __atomic_load_n(&object->refcount, __ATOMIC_RELAXED);

	while (count && !__atomic_compare_exchange_n(&object->refcount, &count, count + 1, true,
						     __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return count;
}

/**
 * vm_objects_trylock(), vm_objects_unlock() - keep all objects from being freed
 *
 * Context: thread; vm_objects_trylock() does not sleep.
 * Return: true if the caller holds the lock.
 */
bool vm_objects_trylock(void);
void vm_objects_unlock(void);

/**
 * vm_object_of() - find an object by its number, without a reference
 * @id: word a of a page
 *
 * Context: vm_objects_trylock() has succeeded.
 * Return: the object, perhaps without any reference left; NULL if there is none.
 */
struct vm_object *vm_object_of(u32 id);

/**
 * vm_object_lock(), vm_object_unlock() - hold the list of areas still
 * @object: any
 *
 * An area whose borders or @pgoff change while it is in the list changes under this lock.
 * Context: may sleep.
 */
void vm_object_lock(struct vm_object *object);
void vm_object_unlock(struct vm_object *object);

/**
 * vm_object_add_area(), vm_object_remove_area() - enter an area into the list of its object, or not
 * @area: maps area->object. No page is mapped before it is entered, or after it is removed
 *
 * Context: may sleep; area->mm->lock held for writing, the object not locked.
 */
void vm_object_add_area(struct area *area);
void vm_object_remove_area(struct area *area);

/**
 * vm_object_page() - find a page, or make it
 * @object: any
 * @index: of the page
 * @create: make a page of zeroes if there is none
 * @page: set to the page, with a reference for the caller; NULL if there is none and @create is
 *         false
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; -EINVAL if the page is at or above the end of the object.
 */
int vm_object_page(struct vm_object *object, unsigned long index, bool create, struct page **page);

/**
 * vm_object_add_page() - make a page
 * @object: without a disk, locked; has no page at @index
 * @index: of the page. The caller adjusts the size, if the page is above it
 * @gfp: GFP_HIGHUSER, and __GFP_ZERO unless the caller writes the whole page before it unlocks
 *
 * Context: may sleep.
 * Return: the page, which belongs to the object; NULL if there is no memory.
 */
struct page *vm_object_add_page(struct vm_object *object, unsigned long index, gfp_t gfp);

/**
 * vm_object_insert_page() - give a page to an object
 * @object: locked; has no page at @index
 * @index: of the page
 * @page: new, of the caller
 *
 * Context: may sleep.
 * Return: 0, and the page belongs to the object; -ENOMEM; -EEXIST.
 */
int vm_object_insert_page(struct vm_object *object, unsigned long index, struct page *page);

/**
 * vm_object_remove_page() - take one page out of an object
 * @object: locked
 * @page: of @object, not dirty, and not in I/O. The caller gets the reference of the object. It
 *	clears the flags PG_*
 *
 * Context: may sleep.
 */
void vm_object_remove_page(struct vm_object *object, struct page *page);

/**
 * vm_object_cut() - take pages out of an object
 * @object: locked, or without another user
 * @first: index of the first page; all above go, too
 *
 * Context: may sleep.
 * Return: the pages as a chain for vm_object_free_cut(). Their numbers of an object are 0.
 */
u32 vm_object_cut(struct vm_object *object, unsigned long first);

/**
 * vm_object_free_cut() - drop the object's references to the pages that were taken out
 * @object: as for vm_object_cut(), not locked unless it has no disk
 * @chain: result of vm_object_cut()
 *
 * Context: any; if the object has a disk, may sleep: waits for I/O of the pages.
 */
void vm_object_free_cut(const struct vm_object *object, u32 chain);

/**
 * vm_object_read(), vm_object_write() - copy between an object and the kernel's memory
 * @object: any
 * @pos: first byte in the object
 * @data: bytes of the kernel
 * @size: number of bytes
 *
 * A write makes the object longer if necessary.
 * Context: may sleep.
 * Return: number of bytes; less than @size at the end of the object; -ENOMEM; -EFBIG.
 */
long vm_object_read(struct vm_object *object, u64 pos, void *data, size_t size);
long vm_object_write(struct vm_object *object, u64 pos, const void *data, size_t size);

/**
 * vm_object_read_user(), vm_object_write_user() - copy between an object and the running program
 * @object: any
 * @pos: first byte in the object
 * @data: bytes of the program
 * @size: number of bytes
 *
 * A page is copied with page faults disabled while it is mapped. If the program's page is not
 * there, some bytes go through a buffer on the stack, without any mapping or lock held: that faults
 * the page in.
 * Context: may sleep.
 * Return: number of bytes, less than @size at the end of the object or before a bad pointer;
 * -EFAULT if the first byte is bad; -ENOMEM; -EFBIG.
 */
long vm_object_read_user(struct vm_object *object, u64 pos, void __user *data, size_t size);
long vm_object_write_user(struct vm_object *object, u64 pos, const void __user *data, size_t size);

/**
 * vm_object_truncate() - change the size
 * @object: any. Of a disk: the caller holds @disk_lock, until the file system has freed the blocks
 * @size: bytes; pages above are removed, and unmapped from all programs
 *
 * Waits for reads and write-back of the removed pages. The rest of the last page becomes zero,
 * which makes it dirty. The file system does not free its block.
 * Context: may sleep.
 * Return: 0; -EFBIG; of a disk also an error of reading the last page.
 */
int vm_object_truncate(struct vm_object *object, u64 size);

/* --- objects of disks ------------------------------------------------------------------------- */

/**
 * vm_object_get_page() - find a page that is up to date; read it if necessary
 * @object: of a disk
 * @index: of the page, below the end
 * @page: set to the page, with a reference for the caller
 *
 * Context: may sleep, no lock of an object held.
 * Return: 0; -EIO; -ENOMEM; -EINVAL above the end; an error of @ops.
 */
int vm_object_get_page(struct vm_object *object, unsigned long index, struct page **page);

/**
 * vm_object_overwrite_page() - make a page without reading it
 * @object: of a disk
 * @index: of the page, below the end
 * @page: set to the page, with a reference for the caller. A new page has zeroes
 *
 * For metadata. The caller writes to it, and calls vm_object_dirty_page().
 * Context: may sleep, no lock of an object held.
 * Return: 0; -ENOMEM; -EINVAL above the end.
 */
int vm_object_overwrite_page(struct vm_object *object, unsigned long index, struct page **page);

/**
 * vm_object_dirty_page() - tell that a page was changed
 * @object: of a disk
 * @page: of the object, with a reference of the caller
 *
 * To be called after the change. Write-back that runs meanwhile may write the old bytes or the new
 * ones; the page is written again.
 * Context: may sleep, no lock of an object held.
 */
void vm_object_dirty_page(struct vm_object *object, struct page *page);

/**
 * vm_object_sync() - write dirty pages, and wait
 * @object: any; without a disk nothing is done
 * @from, @to: bytes; pages that overlap them are written
 *
 * The device may still have the data in its cache: block_flush() is up to the caller.
 * Context: may sleep, no lock held that @ops takes.
 * Return: 0, or the first error since the last call.
 */
int vm_object_sync(struct vm_object *object, u64 from, u64 to);

/**
 * vm_object_forget() - forget a page, even if it is dirty
 * @object: of a disk
 * @index: of the page; its block was freed, and may get another use
 *
 * Waits for write-back of the page.
 * Context: may sleep, no lock of an object held.
 */
void vm_object_forget(struct vm_object *object, unsigned long index);

/**
 * vm_object_drop_clean() - forget pages that the disk has, too
 * @object: any; without a disk nothing is done. Mapped pages and dirty ones stay
 *
 * Context: may sleep, no lock of an object held.
 */
void vm_object_drop_clean(struct vm_object *object);
