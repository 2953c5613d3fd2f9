/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <vm/anon.h>
#include <vm/cache_page.h>
#include <vm/history.h>
#include <vm/reclaim_page.h>
#include <vm/swap.h>

/*
 * One page of reclaim. The hand comes to a frame and knows nothing: the descriptor says where the
 * page belongs to, but only locks make that true. All of them are only tried, since the thread that
 * asks for memory may hold any of them. While the lock of all objects is held, no object is freed,
 * so no reference to one is necessary.
 *
 *	file         clean    unmapped, out of the tree, a mark is left ─▶ flush ─▶ free
 *	             dirty    stays; the thread of write-back is woken, and the hand comes again
 *	             no read  its read has failed: as a clean one
 *	anonymous    clean    unmapped: entries name its slot ─▶ flush ─▶ free
 *	             dirty    the same ─▶ flush ─▶ written to the slot ─▶ free
 *
 * The flush comes once for the pages of a chunk. Nothing may be freed, written or unlocked before:
 * a CPU may still write to the page by an old translation. (Accessed bits that were cleared owe a
 * flush, too. It waits for the next one: until then a use may go unseen, and nothing else.)
 *
 * The reference to a page that is being written keeps it until its end. Then it is free, unless a
 * program wants it back: a fault finds it in the swap cache, also while the disk writes.
 */

void reclaim_begin(struct reclaim *reclaim)
{
	/* A clean page of a program goes without I/O, but nobody knows before it is taken. */
	reclaim->no_swap = !(reclaim->gfp & __GFP_IO) || !swap_is_on();
	reclaim->objects = vm_objects_trylock();
}

/* --- the end of a page ------------------------------------------------------------------------ */

static bool in_io(const struct page *page)
{
	const u32 io = 1u << PG_LOCKED | 1u << PG_WRITEBACK;

	return __atomic_load_n(&page->flags, __ATOMIC_ACQUIRE) & io;
}

/* The page is about to be free. */
static void count_freed(struct reclaim *reclaim, const struct page *page)
{
	reclaim->freed++;
	__atomic_fetch_add(&zones[page_zone(page)].pgsteal, 1, __ATOMIC_RELAXED);
}

/* A page that nothing maps leaves the swap cache. The reference is dropped in any case. */
static void free_swapped(struct reclaim *reclaim, struct page *page)
{
	if (swap_cache_delete(page))
		count_freed(reclaim, page);
	else if (test_page_flag(page, PG_DIRTY))
		reclaim->failed++;
	vm_put_page(page);
}

/* After the flush. */
static void finish_taken(struct reclaim *reclaim, struct page *page)
{
	if (page_state(page) == PAGE_OBJECT) {
		count_freed(reclaim, page);
		cache_drop_page(page);
		return;
	}
	if (test_page_flag(page, PG_DIRTY) && swap_count(page_swap_slot(page))) {
		bool writes = swap_write(page) == 0;

		page_unlock(page);
		if (writes)
			reclaim->writes[reclaim->nr_writes++] = page;
		else
			vm_put_page(page);
		return;
	}
	page_unlock(page);
	free_swapped(reclaim, page);
}

void reclaim_end(struct reclaim *reclaim)
{
	if (reclaim->objects)
		vm_objects_unlock();
	reclaim->objects = false;
	if (!reclaim->nr_taken)
		return;
	vm_unmap_flush(&reclaim->batch);
	for (u32 i = 0; i < reclaim->nr_taken; i++)
		finish_taken(reclaim, reclaim->taken[i]);
	reclaim->nr_taken = 0;
}

void reclaim_finish(struct reclaim *reclaim, u32 left)
{
	u32 first, kept = 0;

	vm_unmap_flush(&reclaim->batch);
	if (!reclaim->nr_writes)
		return;
	swap_write_flush();
	first = reclaim->nr_writes > left ? reclaim->nr_writes - left : 0;
	/* The oldest come first. Of the others some have ended, too. */
	for (u32 i = 0; i < reclaim->nr_writes; i++) {
		struct page *page = reclaim->writes[i];

		if (i < first)
			swap_wait_page(page, PG_WRITEBACK);
		if (test_page_flag(page, PG_WRITEBACK))
			reclaim->writes[kept++] = page;
		else
			free_swapped(reclaim, page);
	}
	reclaim->nr_writes = kept;
}

/* --- pages of objects ------------------------------------------------------------------------- */

/* The object of a page, locked; NULL if the page has none, or the lock is not free. */
static struct vm_object *lock_object(struct reclaim *reclaim, const struct page *page)
{
	u32 id = READ_ONCE(page->a);
	struct vm_object *object = reclaim->objects ? vm_object_of(id) : NULL;

	if (!object || (!object->ops && reclaim->no_swap))
		return NULL;
	if (!mutex_trylock(&object->lock)) {
		reclaim->locked++;
		return NULL;
	}
	/* Only now the label of the page can be believed. */
	if (READ_ONCE(page->a) == id && page_state(page) == PAGE_OBJECT &&
	    radix_tree_lookup(&object->pages, READ_ONCE(page->b)) == page)
		return object;
	mutex_unlock(&object->lock);
	return NULL;
}

/*
 * The object is locked. Without a read that runs, a page that is not up to date is the rest of one
 * that has failed: nothing maps it.
 */
static bool is_read_or_rest(const struct page *page)
{
	return page_is_of_disk(page) || READ_ONCE(page->refcount) == 1;
}

static enum page_look look_at_object(struct reclaim *reclaim, struct page *page)
{
	struct vm_object *object;
	enum page_look look = PAGE_UNUSED;

	if (in_io(page))
		return PAGE_BUSY;
	object = lock_object(reclaim, page);
	if (!object)
		return PAGE_BUSY;
	if (in_io(page) || (object->ops && !is_read_or_rest(page)))
		look = PAGE_BUSY;
	else if (READ_ONCE(page->refcount) != 1 &&
		 page_test_clear_accessed(page, object, &reclaim->batch))
		look = PAGE_ACTIVE;
	if (look != PAGE_BUSY && test_page_flag(page, PG_REFERENCED)) {
		clear_page_flag(page, PG_REFERENCED);
		look = PAGE_ACTIVE;
	}
	mutex_unlock(&object->lock);
	return look;
}

/* The object is locked. */
static bool take_file(struct reclaim *reclaim, struct vm_object *object, struct page *page)
{
	if (test_page_flag(page, PG_DIRTY)) {
		reclaim->dirty++;
		return false;
	}
	if (READ_ONCE(page->refcount) != 1 &&
	    try_to_unmap(page, object, &reclaim->batch) != UNMAP_DONE)
		return false;
	if (!page_is_idle(page))
		return false;
	history_evicted(object, page);
	vm_object_remove_page(object, page);
	return true;
}

static bool take_from_object(struct reclaim *reclaim, struct page *page)
{
	struct vm_object *object = lock_object(reclaim, page);
	bool taken;

	if (!object)
		return false;
	if (object->ops)
		taken = take_file(reclaim, object, page);
	else
		taken = try_to_unmap(page, object, &reclaim->batch) == UNMAP_DONE;
	mutex_unlock(&object->lock);
	return taken;
}

/* --- any page --------------------------------------------------------------------------------- */

/* Is there a slot for it, or does it have one? */
static bool may_swap(const struct reclaim *reclaim, const struct page *page)
{
	return !reclaim->no_swap && (page_swap_slot(page) || swap_free_pages());
}

enum page_look reclaim_look(struct reclaim *reclaim, struct page *page)
{
	const enum page_state state = page_state(page);

	if (state == PAGE_OBJECT)
		return look_at_object(reclaim, page);
	if (state < PAGE_ANON || !may_swap(reclaim, page) || in_io(page))
		return PAGE_BUSY;
	if (state == PAGE_SWAP)
		return PAGE_UNUSED;
	return page_test_clear_accessed(page, NULL, &reclaim->batch) ? PAGE_ACTIVE : PAGE_UNUSED;
}

bool reclaim_take(struct reclaim *reclaim, struct page *page)
{
	const enum page_state state = page_state(page);
	bool taken = false;

	if (state == PAGE_OBJECT)
		taken = take_from_object(reclaim, page);
	else if (state > PAGE_USED && may_swap(reclaim, page))
		taken = try_to_unmap(page, NULL, &reclaim->batch) == UNMAP_DONE;
	if (taken)
		reclaim->taken[reclaim->nr_taken++] = page;
	return taken;
}
