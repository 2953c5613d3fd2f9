/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <vm/area.h>
#include <vm/gather.h>
#include <vm/object.h>

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

int vm_object_truncate(struct vm_object *object, u64 size)
{
	unsigned long first = (unsigned long)((size + PAGE_SIZE - 1) >> PAGE_SHIFT);
	size_t used = (size_t)(size & (PAGE_SIZE - 1));
	bool shorter;
	u32 cut = PFN_NONE;

	if (size > VM_OBJECT_MAX)
		return -EFBIG;
	vm_object_lock(object);
	shorter = size < object->size;
	object->size = size;
	if (shorter) {
		struct page *page = used ? radix_tree_lookup(&object->pages, first - 1) : NULL;

		if (page)
			zero_user(page, used, PAGE_SIZE - used);
		cut = vm_object_cut(object, first);
		unmap_from(object, first);
	}
	vm_object_unlock(object);
	vm_object_free_cut(cut);
	return 0;
}
