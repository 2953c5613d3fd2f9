/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <vm/cache_page.h>
#include <vm/cache_read.h>
#include <vm/cache_write.h>
#include <vm/history.h>

/*
 * Changing pages of the page cache. Bytes go into a page of the cache, which becomes dirty; the
 * disk gets them later. But the place on the disk is found at once, so that a full disk is an error
 * of the write that does not fit, and not of the write-back, which nobody waits for.
 *
 * A write to a part of a page needs the rest of it:
 *
 *	part of a page that exists      it is read first
 *	above the end, or a hole        zeroes
 *	a whole page                    nothing: no byte of the disk stays
 *
 * The order matters. The page is in the tree before blocks are allocated. Otherwise a reader could
 * find a new block in between, and read what some deleted file has left there. A whole page has no
 * bytes yet, so it has PG_LOCKED until it does, and readers wait. If the copy fails in the middle,
 * it leaves the tree again.
 *
 * A program that maps a file gets the right to write when its page has all blocks below the end of
 * the file. Write-back allocates blocks only where the file became longer after that.
 */

/* Allocates blocks. Returns the number of bytes from @pos on that have one, or the first error. */
static long make_blocks(struct vm_object *object, u64 pos, u32 size)
{
	u64 at = pos & ~(u64)511;
	const u64 end = ALIGN_UP(pos + size, (u64)512);

	while (at < end) {
		struct disk_run run = { 0 };
		int error = object->ops->map(object, at, (u32)(end - at), true, &run);

		if (!error && (!run.bytes || run.hole))
			error = -EIO;
		if (error)
			return at > pos ? (long)(at - pos) : error;
		at += run.bytes;
	}
	return size;
}

/* --- the page --------------------------------------------------------------------------------- */

/* Does nothing of a page exist on the disk? Or all of it? */
static int look_at_disk(struct vm_object *object, unsigned long index, bool *none, bool *all)
{
	struct disk_run run = { 0 };
	int error = object->ops->map(object, (u64)index << PAGE_SHIFT, PAGE_SIZE, false, &run);

	*none = !error && run.hole && run.bytes >= PAGE_SIZE;
	*all = !error && !run.hole && run.bytes >= PAGE_SIZE;
	return error;
}

/* Is nobody reading a page, and has nobody? Such a page is the rest of a read that has failed. */
static bool is_empty(const struct page *page)
{
	/* In this order: a read that ends now sets the one, and then clears the other. */
	return !test_page_flag(page, PG_LOCKED) && !test_page_flag(page, PG_UPTODATE);
}

/* Enters a page of zeroes that is up to date, or one with PG_LOCKED. -EEXIST: there is one now. */
static int enter(struct vm_object *object, unsigned long index, enum page_flag flag,
		 struct page **result)
{
	gfp_t gfp = flag == PG_UPTODATE ? GFP_HIGHUSER_MOVABLE | __GFP_ZERO : GFP_HIGHUSER_MOVABLE;
	struct page *fresh = alloc_page(gfp | __GFP_NOWARN), *page;
	int error = 0;

	if (!fresh)
		return -ENOMEM;
	mutex_lock(&object->lock);
	page = radix_tree_lookup(&object->pages, index);
	if (!page) {
		error = vm_object_insert_page(object, index, fresh);
		page = fresh;
	} else if (!is_empty(page)) {
		error = -EEXIST;
	} else if (flag == PG_UPTODATE) {
		clear_highpage(page);
	}
	if (!error) {
		set_page_flag(page, flag);
		get_page(page);
		*result = page;
	}
	mutex_unlock(&object->lock);
	if (error || page != fresh)
		__free_page(fresh);
	return error;
}

/* Finds or makes the page of a write, with a reference. It is up to date, or has our PG_LOCKED. */
static int begin(struct vm_object *object, unsigned long index, bool whole, struct page **page)
{
	int error;

	do {
		bool none = true, all = false, there, above;

		mutex_lock(&object->lock);
		*page = radix_tree_lookup(&object->pages, index);
		there = *page && !is_empty(*page);
		above = index >= object_end(object);
		mutex_unlock(&object->lock);
		error = there || above ? 0 : look_at_disk(object, index, &none, &all);
		if (error)
			return error;
		if (!there && none)
			error = enter(object, index, PG_UPTODATE, page);
		else if (!there && all && whole)
			error = enter(object, index, PG_LOCKED, page);
		else
			error = cache_get(object, index, CACHE_SINGLE, page);
	} while (error == -EEXIST);
	return error;
}

/* The copy into a new page has failed. Readers that wait for it look for the page again. */
static void give_up(struct vm_object *object, struct page *page)
{
	mutex_lock(&object->lock);
	vm_object_remove_page(object, page);
	mutex_unlock(&object->lock);
	cache_end_page(page, PG_LOCKED);
	cache_drop_page(page);
}

/* A write has ended early. Pages and blocks above the end go. */
static void trim(struct vm_object *object)
{
	u32 chain;

	mutex_lock(&object->lock);
	chain = vm_object_cut(object, object_end(object));
	mutex_unlock(&object->lock);
	vm_object_free_cut(object, chain);
	if (object->ops->trim)
		object->ops->trim(object);
}

/* Copies into a page that has blocks, and makes it dirty. Returns the number of bytes copied. */
static size_t copy_in(cache_copy_fn *copy, struct vm_object *object, struct page *page, u64 pos,
		      const void *data, size_t size)
{
	char *to;
	size_t copied;

	mutex_lock(&object->lock);
	to = kmap_local_page(page);
	copied = size - copy(to + (u32)pos % PAGE_SIZE, data, size);
	kunmap_local(to);
	if (!test_page_flag(page, PG_LOCKED) || copied == PAGE_SIZE) {
		set_page_flag(page, PG_UPTODATE);
		history_used(object, page);
		/* Also without a copied byte: a new block has old bytes of the disk. */
		cache_mark_dirty(object, page);
		if (copied && pos + copied > object->size)
			object->size = pos + copied;
	}
	mutex_unlock(&object->lock);
	return copied;
}

long cache_write(cache_copy_fn *copy, struct vm_object *object, unsigned long index, u32 offset,
		 const void *data, size_t size)
{
	u64 pos = ((u64)index << PAGE_SHIFT) + offset;
	struct page *page;
	long made, copied = 0;
	int error = begin(object, index, size == PAGE_SIZE, &page);
	bool locked;

	if (error)
		return error;
	/* Only this thread clears the flag of a page that it has entered. */
	locked = !test_page_flag(page, PG_UPTODATE);
	made = make_blocks(object, pos, (u32)size);
	if (made > 0)
		copied = (long)copy_in(copy, object, page, pos, data, (size_t)made);
	if (locked && copied != PAGE_SIZE) {
		give_up(object, page);
		copied = 0;
	} else if (locked) {
		cache_end_page(page, PG_LOCKED);
	}
	put_page(page);
	if (copied < (long)size && pos + size > object->size)
		trim(object);
	return made < 0 ? made : copied;
}

/* --- shared mappings -------------------------------------------------------------------------- */

int cache_begin_shared_write(struct vm_object *object, unsigned long index, struct page **page)
{
	u64 pos = (u64)index << PAGE_SHIFT, size;
	long made;
	int error;

	/* Truncation waits, so the page and its blocks stay. */
	mutex_lock(&object->disk_lock);
	error = cache_get(object, index, CACHE_AROUND, page);
	if (error) {
		mutex_unlock(&object->disk_lock);
		return error;
	}
	mutex_lock(&object->lock);
	size = object->size;
	mutex_unlock(&object->lock);
	made = make_blocks(object, pos, (u32)min(size - pos, (u64)PAGE_SIZE));
	if (made < 0) {
		mutex_unlock(&object->disk_lock);
		put_page(*page);
		return (int)made;
	}
	mutex_lock(&object->lock);
	cache_mark_dirty(object, *page);
	return 0;
}

void cache_end_shared_write(struct vm_object *object, struct page *page)
{
	mutex_unlock(&object->lock);
	mutex_unlock(&object->disk_lock);
	put_page(page);
	if (object->ops->dirtied)
		object->ops->dirtied(object);
}
