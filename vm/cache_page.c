/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <mm/page_alloc.h>
#include <vm/cache_page.h>
#include <vm/history.h>

/*
 * The states of a page of the page cache, by its flags:
 *
 *	LOCKED                  is being read
 *	   │ the disk has answered
 *	   ▼
 *	UPTODATE ────────────▶ UPTODATE, DIRTY ────────▶ UPTODATE, WRITEBACK ─────▶ UPTODATE
 *	            a change                   write-back      │ a change     the disk
 *	                                                       ▼              has answered
 *	                                             UPTODATE, WRITEBACK, DIRTY
 *
 * A page whose read has failed has no flag, and is read again when it is wanted. LOCKED comes once
 * in the life of a good page: bytes that are there are never replaced by the disk's.
 *
 * Invariants:
 *
 *	1. DIRTY, the tag in the tree, and nr_dirty of the object agree while the lock of the
 *	   object is free
 *	2. a page in I/O stays allocated: eviction leaves it alone, and a thread that takes it out
 *	   of its object waits. So I/O has no reference of its own, and its end is two flag
 *	   operations
 *	3. an object is in the list of dirty ones if and only if it has dirty pages
 *	4. an entry of a page table that allows writing belongs to a page with DIRTY. So unmapping a
 *	   page has nothing to tell, and dirty bits of the CPU are not looked at
 *
 * The end of I/O runs in interrupts. Waiters sleep in one of a few queues, chosen by the number of
 * the frame. The price: a waiter may wake for another page.
 */

struct cache_counts cache_counts;
struct wait_queue cache_written;

#define QUEUES 16u

static struct wait_queue queues[QUEUES];

/* Guards the list; taken with the lock of an object held, or without. */
static spinlock_t dirty_lock;
static struct list_head dirty_objects = { &dirty_objects, &dirty_objects };

static void count(unsigned long *counter, long nr)
{
	__atomic_fetch_add(counter, (unsigned long)nr, __ATOMIC_RELAXED);
}

static struct wait_queue *queue_of(const struct page *page)
{
	return &queues[page_to_pfn(page) % QUEUES];
}

/* A look at the queue without its lock is enough: the locked operation before it is a barrier. */
static void wake(struct wait_queue *queue)
{
	if (READ_ONCE(queue->first))
		wake_up_all(queue);
}

void cache_wait_page(const struct page *page, enum page_flag flag)
{
	wait_event(queue_of(page), !test_page_flag(page, flag));
}

void cache_end_page(struct page *page, enum page_flag flag)
{
	struct wait_queue *queue = queue_of(page);

	clear_page_flag(page, flag);
	wake(queue);
}

void cache_count_pages(const struct vm_object *object, long nr)
{
	count(&cache_counts.disk_pages, nr);
	if (object->ops->raw)
		count(&cache_counts.raw_pages, nr);
}

/* --- dirty pages ------------------------------------------------------------------------------ */

void cache_mark_dirty(struct vm_object *object, struct page *page)
{
	if (test_and_set_page_flag(page, PG_DIRTY))
		return;
	radix_tree_set_tag(&object->pages, page->b);
	count(&cache_counts.dirty, 1);
	if (object->nr_dirty++)
		return;
	object->dirty_since = time_ns();
	spin_lock(&dirty_lock);
	list_add_tail(&object->dirty_link, &dirty_objects);
	spin_unlock(&dirty_lock);
}

static void no_longer_dirty(struct vm_object *object, struct page *page, unsigned long index)
{
	clear_page_flag(page, PG_DIRTY);
	radix_tree_clear_tag(&object->pages, index);
	count(&cache_counts.dirty, -1);
	if (--object->nr_dirty)
		return;
	spin_lock(&dirty_lock);
	list_del(&object->dirty_link);
	spin_unlock(&dirty_lock);
}

/* WRITEBACK is set first: a page without both flags could be evicted. */
void cache_take_dirty(struct vm_object *object, struct page *page)
{
	set_page_flag(page, PG_WRITEBACK);
	__atomic_fetch_add(&object->nr_writeback, 1, __ATOMIC_RELAXED);
	count(&cache_counts.writeback, 1);
	no_longer_dirty(object, page, page->b);
}

void cache_forget_dirty(struct vm_object *object, unsigned long first)
{
	struct page *page;

	while ((page = radix_tree_next_tagged(&object->pages, &first)))
		no_longer_dirty(object, page, first);
	/* Writers wait for fewer dirty pages. Perhaps no write of another page ends soon. */
	wake(&cache_written);
}

void cache_forget_page(struct vm_object *object, struct page *page)
{
	if (test_page_flag(page, PG_DIRTY))
		no_longer_dirty(object, page, page->b);
}

struct vm_object *cache_find_dirty(bool (*match)(const struct vm_object *object, void *arg),
				   void *arg)
{
	struct vm_object *object, *found = NULL;

	spin_lock(&dirty_lock);
	list_for_each_entry(object, &dirty_objects, dirty_link) {
		if (match(object, arg) && vm_object_try_get(object)) {
			found = object;
			break;
		}
	}
	spin_unlock(&dirty_lock);
	return found;
}

/* --- the end of I/O --------------------------------------------------------------------------- */

void cache_end_write(struct vm_object *object, struct page *page, int error)
{
	s32 none = 0;

	if (error)
		__atomic_compare_exchange_n(&object->error, &none, error, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	count(&cache_counts.writeback, -1);
	__atomic_fetch_sub(&object->nr_writeback, 1, __ATOMIC_RELEASE);
	cache_end_page(page, PG_WRITEBACK);
	wake(&cache_written);
}

void cache_wait_written(struct vm_object *object)
{
	wait_event(&cache_written, !__atomic_load_n(&object->nr_writeback, __ATOMIC_ACQUIRE));
}

/* --- pages without an object ------------------------------------------------------------------ */

void cache_drop_page(struct page *page)
{
	__atomic_fetch_and(&page->flags, ~PAGE_PG_MASK, __ATOMIC_RELEASE);
	put_page(page);
}

void cache_settle(u32 chain)
{
	while (chain != PFN_NONE) {
		struct page *page = pfn_to_page(chain);

		cache_wait_page(page, PG_LOCKED);
		cache_wait_page(page, PG_WRITEBACK);
		set_frame_bits(chain, 0);
		__atomic_fetch_and(&page->flags, ~PAGE_PG_MASK, __ATOMIC_RELEASE);
		chain = page->b;
	}
}
