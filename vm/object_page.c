/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <vm/cache_page.h>
#include <vm/cache_read.h>
#include <vm/object_swap.h>
#include <vm/page_room.h>

/*
 * Single pages of objects: for page faults, and for the metadata of file systems. A file system
 * works on its metadata in the page cache, in pages of an object for the whole device, or of one
 * with a page per block. It gets a page, maps it, changes it, and says so:
 *
 *	vm_object_get_page()         as it is on the disk
 *	vm_object_overwrite_page()   or without reading it
 *	vm_object_dirty_page()       it was changed
 *	vm_object_forget()           its block has no use any more
 */

/* The object is locked. A file system in memory that is full is no lack of memory: -ENOSPC. */
static int find_page(struct vm_object *object, unsigned long index, bool create, struct page **page)
{
	if (create) {
		int error = object_find_page(object, index, page);

		if (error)
			return error;
	} else {
		*page = radix_tree_lookup(&object->pages, index);
		if (object_item_is_slot(*page))
			*page = NULL;
	}
	if (!*page && create)
		*page = vm_object_add_page(object, index, GFP_HIGHUSER_MOVABLE | __GFP_ZERO);
	if (*page || !create)
		return 0;
	return object->room && page_room_is_full(object->room) ? -ENOSPC : -ENOMEM;
}

int vm_object_page(struct vm_object *object, unsigned long index, bool create, struct page **page)
{
	int error = -EINVAL;

	*page = NULL;
	if (unlikely(object->ops) && create)
		return cache_get(object, index, CACHE_AROUND, page);
	mutex_lock(&object->lock);
	if ((u64)index << PAGE_SHIFT < object->size)
		error = find_page(object, index, create, page);
	if (*page)
		get_page(*page);
	mutex_unlock(&object->lock);
	return error;
}

int vm_object_get_page(struct vm_object *object, unsigned long index, struct page **page)
{
	return cache_get(object, index, CACHE_SINGLE, page);
}

/* A page that is there, perhaps with the rest of a read that has failed. The object is locked. */
static void use_old_page(struct page *page)
{
	if (!test_page_flag(page, PG_UPTODATE)) {
		clear_highpage(page);
		set_page_flag(page, PG_UPTODATE);
	}
	get_page(page);
}

int vm_object_overwrite_page(struct vm_object *object, unsigned long index, struct page **result)
{
	struct page *fresh = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_ZERO | __GFP_NOWARN), *page;
	int error = fresh ? 0 : -ENOMEM;

	*result = NULL;
	while (!error && !*result) {
		mutex_lock(&object->lock);
		page = radix_tree_lookup(&object->pages, index);
		if (index >= object_end(object)) {
			error = -EINVAL;
		} else if (!page) {
			error = vm_object_insert_page(object, index, fresh);
			page = error ? NULL : fresh;
			fresh = error ? fresh : NULL;
		}
		if (!error && !test_page_flag(page, PG_LOCKED)) {
			use_old_page(page);
			*result = page;
		} else if (!error) {
			get_page(page);
		}
		mutex_unlock(&object->lock);
		if (!error && !*result) {
			cache_wait_page(page, PG_LOCKED);
			put_page(page);
		}
	}
	if (fresh)
		__free_page(fresh);
	return error;
}

void vm_object_dirty_page(struct vm_object *object, struct page *page)
{
	bool mine;

	mutex_lock(&object->lock);
	mine = READ_ONCE(page->a) == object->id;
	if (mine)
		cache_mark_dirty(object, page);
	mutex_unlock(&object->lock);
	if (mine && object->ops->dirtied)
		object->ops->dirtied(object);
}

void vm_object_forget(struct vm_object *object, unsigned long index)
{
	struct page *page;

	mutex_lock(&object->lock);
	page = radix_tree_lookup(&object->pages, index);
	if (page) {
		cache_forget_page(object, page);
		vm_object_remove_page(object, page);
	}
	mutex_unlock(&object->lock);
	if (!page)
		return;
	cache_wait_page(page, PG_LOCKED);
	cache_wait_page(page, PG_WRITEBACK);
	cache_drop_page(page);
}

void vm_object_drop_clean(struct vm_object *object)
{
	unsigned long index = 0;
	struct page *page;

	if (!object->ops)
		return;
	mutex_lock(&object->lock);
	while ((page = radix_tree_next(&object->pages, &index))) {
		if (page_is_idle(page)) {
			vm_object_remove_page(object, page);
			cache_drop_page(page);
		}
		if (!++index)
			break;
	}
	mutex_unlock(&object->lock);
}
