/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <vm/area.h>
#include <vm/cache_page.h>
#include <vm/gather.h>
#include <vm/object.h>
#include <vm/object_swap.h>

/*
 * A file becomes shorter. Programs may have its pages mapped, and may fault in more of them on
 * other CPUs at this moment. The order makes that safe:
 *
 *	1. the size is set: no page above is found or made from now on
 *	2. the pages leave the tree, and their numbers become 0
 *	3. each area unmaps what it maps of the range
 *	4. the object drops its references
 *
 * Steps 1 to 3 happen under the lock of the object. So the list of areas does not change, and a
 * fault, which takes the lock to find pages and map them, does so before all steps or after them.
 *
 * The last page of a file on a disk is read before. Its bytes behind the end become zero, in memory
 * and, since the page is dirty now, on the disk: the file may become longer again. Step 4 waits for
 * the disk, which may still read the other pages, or write them.
 */

/* The object is locked. */
static void unmap_from(struct vm_object *object, unsigned long first)
{
	struct area *area;

	list_for_each_entry(area, &object->areas, object_link) {
		unsigned long skip = first > area->pgoff ? first - area->pgoff : 0;

		if (skip < area_pages(area))
			vm_zap_object(area->mm, area->node.start + skip * PAGE_SIZE,
				      area->node.end);
	}
}

/* The last page, if a part of it stays. Of a disk: with a reference, and up to date. */
static int last_page(struct vm_object *object, unsigned long index, struct page **page)
{
	int error;

	if (!object->ops) {
		return object_find_page(object, index, page);
	}
	vm_object_unlock(object);
	error = vm_object_get_page(object, index, page);
	vm_object_lock(object);
	/* It is already above the end, if the file becomes longer. */
	return error == -EINVAL ? 0 : error;
}

int vm_object_truncate(struct vm_object *object, u64 size)
{
	unsigned long first = (unsigned long)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	size_t used = (size_t)(size & (PAGE_SIZE - 1));
	struct page *page = NULL;
	u32 cut = PFN_NONE;
	int error = 0;

	if (size > VM_OBJECT_MAX)
		return -EFBIG;
	vm_object_lock(object);
	if (size < object->size && used)
		error = last_page(object, first - 1, &page);
	if (error) {
		vm_object_unlock(object);
		return error;
	}
	if (size < object->size) {
		if (page)
			zero_user(page, used, PAGE_SIZE - used);
		if (page && object->ops)
			cache_mark_dirty(object, page);
		object->size = size;
		cut = vm_object_cut(object, first);
		unmap_from(object, first);
	}
	object->size = size;
	vm_object_unlock(object);
	if (page && object->ops)
		put_page(page);
	vm_object_free_cut(object, cut);
	return 0;
}
