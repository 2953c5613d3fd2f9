/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/mmzone.h>
#include <mm/page_alloc.h>
#include <thread/thread.h>
#include <vm/cache_io.h>
#include <vm/cache_page.h>
#include <vm/protect.h>
#include <vm/reclaim_settings.h>
#include <vm/writeback.h>

/*
 * Write-back: dirty pages go to the disk. Three parties want it:
 *
 *	a thread      every 5 s writes files whose oldest change is older than 30 s, and all
 *	              the time while more than 10 % of the memory that may hold dirty pages is dirty
 *	writers       wait while more than 20 % of it is dirty or being written
 *	sync, fsync   want all pages of a range, and wait for the end
 *
 * The memory that may hold dirty pages is what is free, and what the cache has: high memory
 * included, since pages of the cache are there.
 *
 * A batch of pages that follow each other goes in one step, with the object locked: each page loses
 * DIRTY, gets WRITEBACK, and no program may write to it any more (vm/protect.c). A change after
 * that makes the page dirty again. So what was dirty is written once, and no change is lost. Bytes
 * behind the end of the file, which a program may have written to a page that it maps, become zero.
 *
 * The lock of the object is not held while the file system is asked and the disk works. But
 * disk_lock is, until the requests are submitted: a truncation in between would free the blocks.
 */

#define TICK           (5 * HZ)
#define OLD_NS         (30 * 1000000000ull)
#define MOST_IN_FLIGHT 4096u /* pages that are written at the same time */

static struct wait_queue flusher_queue;
static bool flusher_wanted, flusher_runs, memory_is_short;
static u32 last_pass;

/* --- one object ------------------------------------------------------------------------------- */

/* Takes dirty pages that follow each other. The object is locked. Returns their number. */
static u32 take_batch(struct vm_object *object, unsigned long *first, unsigned long last,
		      struct page **pages)
{
	struct page *page = radix_tree_next_tagged(&object->pages, first);
	u32 tail = (u32)object->size % PAGE_SIZE, nr = 0;

	if (!page || *first > last)
		return 0;
	for (; page && nr < CACHE_IO_PAGES && *first + nr <= last; nr++) {
		if (!test_page_flag(page, PG_DIRTY) || test_page_flag(page, PG_WRITEBACK))
			break;
		cache_take_dirty(object, page);
		pages[nr] = page;
		page = radix_tree_lookup(&object->pages, *first + nr + 1);
	}
	if (!nr)
		return 0;
	protect_object(object, *first, nr);
	if (tail && *first + nr == object_end(object))
		zero_user(pages[nr - 1], tail, PAGE_SIZE - tail);
	return nr;
}

/* The first dirty page is still being written in its old form. */
static void wait_for_page(struct vm_object *object, unsigned long index)
{
	struct page *page;

	mutex_lock(&object->lock);
	page = radix_tree_lookup(&object->pages, index);
	if (page)
		get_page(page);
	mutex_unlock(&object->lock);
	if (!page)
		return;
	cache_wait_page(page, PG_WRITEBACK);
	put_page(page);
}

static bool may_write_more(void)
{
	return READ_ONCE(cache_counts.writeback) < MOST_IN_FLIGHT;
}

/* Writes the dirty pages of a range. The disk_lock of the object is held. */
static void write_range(struct vm_object *object, unsigned long first, unsigned long last)
{
	struct page *pages[CACHE_IO_PAGES];
	bool more = !object->detached;

	while (more) {
		unsigned long index = first;
		u32 nr;

		wait_event(&cache_written, may_write_more());
		mutex_lock(&object->lock);
		nr = take_batch(object, &index, last, pages);
		more = nr || (radix_tree_next_tagged(&object->pages, &first) && first <= last);
		mutex_unlock(&object->lock);
		if (nr) {
			cache_io(object, BLOCK_WRITE, index, pages, nr);
			first = index + nr;
			more = first > index && first <= last;
		} else if (more) {
			wait_for_page(object, first);
		}
	}
}

static void write_all(struct vm_object *object, u32 pass)
{
	mutex_lock(&object->disk_lock);
	WRITE_ONCE(object->sync_pass, pass);
	write_range(object, 0, ULONG_MAX);
	mutex_unlock(&object->disk_lock);
}

int vm_object_sync(struct vm_object *object, u64 from, u64 to)
{
	if (!object->ops || from >= to)
		return 0;
	to = min(to, VM_OBJECT_MAX);
	mutex_lock(&object->disk_lock);
	write_range(object, (unsigned long)(from >> PAGE_SHIFT),
		    (unsigned long)((to - 1) >> PAGE_SHIFT));
	cache_wait_written(object);
	mutex_unlock(&object->disk_lock);
	return __atomic_exchange_n(&object->error, 0, __ATOMIC_RELAXED);
}

/* --- many objects ----------------------------------------------------------------------------- */

/* Which objects a pass wants. */
struct pass {
	u32 number;
	const struct block_device *device; /* NULL: any */
	u64 before;                        /* dirty since then, or longer */
};

static bool is_wanted(const struct vm_object *object, void *arg)
{
	const struct pass *pass = arg;

	return (s32)(READ_ONCE(object->sync_pass) - pass->number) < 0 &&
	       (!pass->device || object->device == pass->device) &&
	       object->dirty_since <= pass->before;
}

static struct pass begin_pass(const struct block_device *device, u64 before)
{
	return (struct pass){ __atomic_add_fetch(&last_pass, 1, __ATOMIC_RELAXED), device, before };
}

/* Writes the next object of a pass. Returns false if there is none. */
static bool write_next(struct pass *pass)
{
	struct vm_object *object = cache_find_dirty(is_wanted, pass);

	if (!object)
		return false;
	write_all(object, pass->number);
	vm_object_put(object);
	return true;
}

/* Waits for the writes of all objects that a pass has written. */
static void wait_for_pass(const struct block_device *device)
{
	struct vm_object *object;

	for (u32 id = 1; id && (object = vm_object_next(id)); id++) {
		id = object->id;
		if (object->ops && (!device || object->device == device)) {
			mutex_lock(&object->disk_lock);
			cache_wait_written(object);
			mutex_unlock(&object->disk_lock);
		}
		vm_object_put(object);
	}
}

void cache_sync_device(struct block_device *device)
{
	struct pass pass = begin_pass(device, ~(u64)0);

	while (write_next(&pass))
		;
	wait_for_pass(device);
}

void cache_sync_all(void)
{
	cache_sync_device(NULL);
}

/* --- the thread, and writers that wait for it ------------------------------------------------- */

struct writeback_limits writeback_limits(void)
{
	unsigned long pages = READ_ONCE(cache_counts.disk_pages);
	const struct zone *zone;

	for_each_zone(zone)
		pages += READ_ONCE(zone->free_pages);
	/* 128 GiB times 100 fit. */
	return (struct writeback_limits){ pages * dirty_background_ratio() / 100,
					  pages * dirty_ratio() / 100 };
}

static unsigned long nr_dirty(void)
{
	return READ_ONCE(cache_counts.dirty);
}

static unsigned long nr_unwritten(void)
{
	return nr_dirty() + READ_ONCE(cache_counts.writeback);
}

static bool too_many(void)
{
	return nr_dirty() > writeback_limits().background;
}

static void kick(void)
{
	WRITE_ONCE(flusher_wanted, true);
	wake_up(&flusher_queue);
}

void writeback_kick(void)
{
	WRITE_ONCE(memory_is_short, true);
	kick();
}

void cache_balance(void)
{
	unsigned long now = nr_unwritten();
	struct writeback_limits limits;

	if (likely(now < 64))
		return;
	limits = writeback_limits();
	if (now <= limits.background)
		return;
	kick();
	if (now <= limits.hard)
		return;
	__atomic_fetch_add(&cache_counts.throttled, 1, __ATOMIC_RELAXED);
	wait_event(&cache_written, nr_unwritten() <= writeback_limits().hard);
}

/* Sleeps until the next tick, or until there is more to do. */
static void flusher_sleep(void)
{
	struct waiter waiter = { 0 };

	prepare_to_wait(&flusher_queue, &waiter);
	if (!READ_ONCE(flusher_wanted))
		schedule_timeout(TICK);
	finish_wait(&flusher_queue, &waiter);
	WRITE_ONCE(flusher_wanted, false);
}

/* Writes objects, each once, or until few pages are dirty. Returns false if there was none. */
static bool write_some(u64 before)
{
	struct pass pass = begin_pass(NULL, before);
	bool any = write_next(&pass);

	while (any && write_next(&pass))
		if (before == ~(u64)0 && !too_many())
			break;
	return any;
}

static void write_each_once(void)
{
	struct pass pass = begin_pass(NULL, ~(u64)0);

	while (write_next(&pass))
		;
}

static int flusher(void *unused)
{
	thread_is_service();
	/* Pages that it has written can be freed: it gets the last pages, and does not reclaim. */
	current->reclaims = true;
	for (;;) {
		flusher_sleep();
		if (READ_ONCE(memory_is_short)) {
			WRITE_ONCE(memory_is_short, false);
			write_each_once();
		}
		/* Files may become dirty again while others are written. */
		while (too_many() && write_some(~(u64)0))
			;
		if (time_ns() > OLD_NS)
			while (write_some(time_ns() - OLD_NS))
				;
	}
	return 0;
}

int writeback_start(void)
{
	static struct mutex lock;
	int error = 0;

	if (likely(READ_ONCE(flusher_runs)))
		return 0;
	mutex_lock(&lock);
	if (!flusher_runs) {
		WRITE_ONCE(flusher_runs, kthread_run(flusher, NULL, "kflushd"));
		error = flusher_runs ? 0 : -ENOMEM;
	}
	mutex_unlock(&lock);
	return error;
}
