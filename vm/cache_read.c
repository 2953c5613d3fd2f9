/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <vm/cache_io.h>
#include <vm/cache_page.h>
#include <vm/cache_read.h>
#include <vm/history.h>

/*
 * Reading into the page cache. A reader finds its page up to date, or waits for a read that another
 * has begun, or begins one itself:
 *
 *	1. pages are allocated, without any lock: the cache may have to give up others for them
 *	2. they enter the tree with PG_LOCKED. From now on nobody else reads them
 *	3. the file system says where they are, and the requests go to the disk
 *	4. the end of the read clears PG_LOCKED, and wakes the readers
 *
 * A truncation between 2 and 4 takes the pages out of the tree, and waits for 4 before the blocks
 * get another use. So what was found at 3 is right until 4.
 *
 * Read-ahead. A reader that continues where it has stopped gets twice as many pages as the time
 * before, from 4 to 32. When it arrives in the middle of what it got last, the next window is
 * begun, and nobody waits for it:
 *
 *	│ ... read ... │ window of 16 pages │ next window of 32 pages            │
 *	                       ▲ reader here: the next window begins
 *
 * All others get the pages they ask for. There is one such state for each object, which two readers
 * of a file disturb each other in: the price is some pages that are read too early.
 */

#define AHEAD_LEAST 4u
#define AROUND      16u

/*
 * Pages from @first on that are not there are entered, up to the first one that is. Returns their
 * number; it may be 0; or -ENOMEM.
 */
static int enter(struct vm_object *object, unsigned long first, u32 nr, struct page **fresh,
		 struct page **pages)
{
	int n = 0, used = 0, error = 0;

	mutex_lock(&object->lock);
	for (; n < (int)nr && first + (u32)n < object_end(object); n++) {
		struct page *page = radix_tree_lookup(&object->pages, first + (u32)n);

		/* In this order: a read that ends now sets the one, and then clears the other. */
		if (page && (test_page_flag(page, PG_LOCKED) || test_page_flag(page, PG_UPTODATE)))
			break;
		if (!page) {
			page = fresh[used];
			error = vm_object_insert_page(object, first + (u32)n, page);
			if (error)
				break;
			fresh[used++] = NULL;
		}
		set_page_flag(page, PG_LOCKED);
		pages[n] = page;
	}
	mutex_unlock(&object->lock);
	return n ? n : error;
}

/*
 * Begins to read pages that are not there. They need not exist. Returns 0 or -ENOMEM; other errors
 * leave pages that are not up to date.
 */
static int fill(struct vm_object *object, unsigned long first, u32 nr)
{
	struct page *fresh[CACHE_IO_PAGES] = { 0 }, *pages[CACHE_IO_PAGES];
	u32 got = 0;
	int n;

	nr = min(nr, CACHE_IO_PAGES);
	while (got < nr && (fresh[got] = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_NOWARN)))
		got++;
	if (!got)
		return -ENOMEM;
	n = enter(object, first, got, fresh, pages);
	for (u32 i = 0; i < got; i++)
		if (fresh[i])
			__free_page(fresh[i]);
	if (n <= 0)
		return n;
	cache_io(object, BLOCK_READ, first, pages, (u32)n);
	return 0;
}

/* --- read-ahead ------------------------------------------------------------------------------- */

struct window {
	unsigned long first;
	u32 nr;
};

static struct window next_window(struct vm_object *object, unsigned long first, u32 want)
{
	u32 size = min(max(2 * object->ahead_size, AHEAD_LEAST), CACHE_IO_PAGES);

	size = min(max(size, want), CACHE_IO_PAGES);
	object->ahead_size = size;
	object->ahead_next = (u32)first + size;
	return (struct window){ first, size };
}

/* The page is not there. What is read? The object is locked. */
static struct window window_of_miss(struct vm_object *object, unsigned long index, u32 want)
{
	unsigned long first = index, block = index & ~(unsigned long)(AROUND - 1);

	if (index == object->ahead_next || index == 0)
		return next_window(object, index, want);
	object->ahead_size = 0;
	object->ahead_next = (u32)index + max(want, 1u);
	if (want != CACHE_AROUND)
		return (struct window){ index, min(want, CACHE_IO_PAGES) };
	while (first > block && !radix_tree_lookup(&object->pages, first - 1))
		first--;
	object->ahead_next = (u32)block + AROUND;
	return (struct window){ first, (u32)(block + AROUND - first) };
}

/* The page is there. Is it time to begin the next window? */
static struct window window_of_hit(struct vm_object *object, unsigned long index, u32 want)
{
	if (object->ahead_size < AHEAD_LEAST ||
	    index + object->ahead_size / 2 != object->ahead_next ||
	    object->ahead_next >= object_end(object))
		return (struct window){ 0 };
	return next_window(object, object->ahead_next, want);
}

/* --- one page --------------------------------------------------------------------------------- */

/* A page that is up to date gets a reference. The object is locked, and is released. */
static void found(struct vm_object *object, struct page *page, u32 want)
{
	struct window window;

	get_page(page);
	history_used(object, page);
	window = window_of_hit(object, page->b, want);
	mutex_unlock(&object->lock);
	/* If that fails, the reader finds out when it is there. */
	if (window.nr)
		fill(object, window.first, window.nr);
}

int cache_get(struct vm_object *object, unsigned long index, u32 want, struct page **result)
{
	bool tried = false;

	for (;;) {
		struct window window;
		struct page *page;
		int error;

		mutex_lock(&object->lock);
		page = radix_tree_lookup(&object->pages, index);
		if (index >= object_end(object)) {
			mutex_unlock(&object->lock);
			return -EINVAL;
		}
		if (page && test_page_flag(page, PG_UPTODATE)) {
			found(object, page, want);
			*result = page;
			return 0;
		}
		if (page && test_page_flag(page, PG_LOCKED)) {
			get_page(page);
			mutex_unlock(&object->lock);
			cache_wait_page(page, PG_LOCKED);
			put_page(page);
			continue;
		}
		/* The read may have ended between the two looks. */
		if (page && test_page_flag(page, PG_UPTODATE)) {
			mutex_unlock(&object->lock);
			continue;
		}
		window = window_of_miss(object, index, want);
		mutex_unlock(&object->lock);
		/* Our own read has failed. Another's is tried again. */
		if (page && tried)
			return -EIO;
		error = fill(object, window.first, window.nr);
		if (error)
			return error;
		tried = true;
	}
}
