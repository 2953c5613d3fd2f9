/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/cache.h>

/*
 * The states of a page of the page cache, for the other files of vm/. vm/cache_page.c is the
 * chapter.
 */

/**
 * page_is_of_disk() - is the page of an object one that a disk has, too?
 * @page: in state PAGE_OBJECT; the caller has found it in an entry or in the tree
 *
 * Context: any.
 * Return: true for a page of a disk that is up to date; pages of memory never have the flag.
 */
static inline bool page_is_of_disk(const struct page *page)
{
	return test_page_flag(page, PG_UPTODATE);
}

/**
 * page_is_idle() - is no other reference to a page there, and no I/O, and is it clean?
 * @page: of an object that is locked
 *
 * Context: any.
 * Return: true if it can be removed from the object.
 */
static inline bool page_is_idle(const struct page *page)
{
	const u32 busy = 1u << PG_LOCKED | 1u << PG_DIRTY | 1u << PG_WRITEBACK;

	return !(__atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) & busy) &&
	       READ_ONCE(page->refcount) == 1;
}

/**
 * object_end() - one past the index of the last page
 * @object: locked
 *
 * Context: any.
 * Return: the number of pages from 0 on, if all existed.
 */
static inline unsigned long object_end(const struct vm_object *object)
{
	return (unsigned long)((object->size + PAGE_SIZE - 1) >> PAGE_SHIFT);
}

/**
 * cache_wait_page() - wait until a flag is clear
 * @page: with a reference, or one that the caller has taken out of its object
 * @flag: PG_LOCKED or PG_WRITEBACK
 *
 * Context: may sleep, no lock of an object held.
 */
void cache_wait_page(const struct page *page, enum page_flag flag);

/**
 * cache_end_page() - clear a flag, and wake who waits for it
 * @page: has the flag, which keeps it from being freed; the caller does not touch it afterwards
 * @flag: PG_LOCKED or PG_WRITEBACK
 *
 * Context: any except NMI.
 */
void cache_end_page(struct page *page, enum page_flag flag);

/**
 * cache_mark_dirty() - the disk has older bytes than the page
 * @object: of a disk, locked
 * @page: in its tree
 *
 * Context: thread; does not sleep.
 */
void cache_mark_dirty(struct vm_object *object, struct page *page);

/**
 * cache_take_dirty() - turn a dirty page into one that is written back
 * @object: of a disk, locked
 * @page: in its tree, with PG_DIRTY, without PG_WRITEBACK
 *
 * Context: thread; does not sleep.
 */
void cache_take_dirty(struct vm_object *object, struct page *page);

/**
 * cache_end_write() - a page was written, or not
 * @object: of a disk
 * @page: of it, with PG_WRITEBACK; not touched afterwards
 * @error: 0, or a negative errno, which fsync(2) reports
 *
 * Context: any except NMI. The object may be freed when the last of its pages has ended.
 */
void cache_end_write(struct vm_object *object, struct page *page, int error);

/**
 * cache_wait_written() - wait until no page of an object is written back
 * @object: of a disk; its disk_lock is held, so that no other write begins
 *
 * Context: may sleep.
 */
void cache_wait_written(struct vm_object *object);

/* Threads that wait for the end of any write. */
extern struct wait_queue cache_written;

/**
 * cache_forget_dirty() - dirty pages lose the flag, and are never written
 * @object: of a disk, locked or without another user
 * @first: index of the first one; all above, too
 *
 * Context: thread; does not sleep.
 */
void cache_forget_dirty(struct vm_object *object, unsigned long first);

/**
 * cache_forget_page() - cache_forget_dirty() for one page
 * @object: of a disk, locked
 * @page: in its tree
 *
 * Context: thread; does not sleep.
 */
void cache_forget_page(struct vm_object *object, struct page *page);

/**
 * cache_settle() - wait for I/O of pages that were taken out, and clear their flags
 * @chain: result of vm_object_cut()
 *
 * Context: may sleep.
 */
void cache_settle(u32 chain);

/**
 * cache_drop_page() - free a page that was taken out of its object
 * @page: of vm_object_remove_page()
 *
 * Context: any.
 */
void cache_drop_page(struct page *page);

/**
 * cache_count_pages() - count pages of an object with a disk
 * @object: of a disk
 * @nr: pages that it has more
 *
 * Context: any.
 */
void cache_count_pages(const struct vm_object *object, long nr);

/**
 * cache_find_dirty() - find an object with dirty pages
 * @match: returns true for an object that is wanted; called with a spinlock held
 * @arg: argument of @match
 *
 * Objects come in the order in which they became dirty.
 * Context: thread; does not sleep.
 * Return: the object with a reference for the caller; NULL if there is none.
 */
struct vm_object *cache_find_dirty(bool (*match)(const struct vm_object *object, void *arg),
				   void *arg);
