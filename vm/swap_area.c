/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/kvmalloc.h>
#include <mm/page_alloc.h>
#include <sched/mutex.h>
#include <sched/sched.h>
#include <vm/cache.h>
#include <vm/swap_slots.h>

/*
 * The life of an area of swap. It begins when all memory that it will ever need is there: the
 * tables of its slots, and requests for writes.
 *
 * Its end is the long part. The area is closed, so that no new slot of it is given out. Then all
 * entries that name its slots are replaced by pages (the other half of swap, vm_swap_in_all()), and
 * pages that are in memory already leave the cache. A copy of an entry can escape the first look,
 * for example during a fork, and a program that ends or just reads a page needs its time. So both
 * are repeated until no slot is in use:
 *
 *	swapon ─▶ in use ─▶ closed ─▶ entries become pages ─▶ cache is emptied ─▶ gone
 *	             ▲        │               ▲                     │
 *	             └────────┤               └── a slot is in use ─┘
 *	                      └ no memory, or a signal
 */

#define MOST_ROUNDS 100u
#define ROUND_MS    20u

/* One call of swap_area_add() at a time, or the last part of swap_area_remove(). */
static struct mutex area_lock;

/* --- making an area --------------------------------------------------------------------------- */

static u32 nr_tables(const struct swap_area *area)
{
	return (area->source.nr_pages + SWAP_PER_TABLE - 1) / SWAP_PER_TABLE;
}

static void free_area(struct swap_area *area)
{
	for (u32 i = 0; area->tables && i < nr_tables(area) && area->tables[i]; i++)
		__free_page(area->tables[i]);
	kvfree(area->tables);
	kvfree(area->used);
	kfree(area);
}

static void set_bad(struct swap_area *area, u32 page)
{
	struct swap_table *table = kmap_local_page(area->tables[page / SWAP_PER_TABLE]);

	table->count[page % SWAP_PER_TABLE] = SWAP_BAD;
	kunmap_local(table);
	area->used[page / SWAP_RUN] |= 1u << page % SWAP_RUN;
}

/* The header, bad pages, and those without sectors. */
static void set_all_bad(struct swap_area *area)
{
	const struct swap_source *source = &area->source;
	u32 page = 0;

	for (u32 i = 0; i < source->nr_extents; i++) {
		while (page < min(source->extents[i].page, area->nr_pages))
			set_bad(area, page++);
		page = source->extents[i].page + source->extents[i].nr;
	}
	while (page < area->nr_pages)
		set_bad(area, page++);
	for (u32 i = 0; i < source->nr_bad; i++)
		if (source->bad[i] < area->nr_pages)
			set_bad(area, source->bad[i]);
	set_bad(area, 0);
}

static struct swap_area *make_area(const struct swap_source *source)
{
	struct swap_area *area = kzalloc(sizeof(*area), GFP_KERNEL);
	const gfp_t gfp = GFP_KERNEL | __GFP_NOWARN;
	u32 nr;

	if (!area)
		return NULL;
	area->source = *source;
	area->source.nr_pages = min(source->nr_pages, SWAP_SLOTS);
	area->nr_pages = area->source.nr_pages;
	nr = nr_tables(area);
	area->tables = kvzalloc(nr * sizeof(area->tables[0]), gfp);
	area->used = kvzalloc((area->nr_pages / SWAP_RUN + 1) * sizeof(u32), gfp);
	if (area->tables && area->used &&
	    alloc_pages_bulk(GFP_HIGHUSER | __GFP_ZERO | __GFP_NOWARN, nr, area->tables) == nr) {
		set_all_bad(area);
		return area;
	}
	free_area(area);
	return NULL;
}

int swap_area_add(const struct swap_source *source)
{
	struct swap_area *area;
	int error = -ENOMEM;

	/* The tables of a large area may be more than all memory. */
	current->gives_way = true;
	area = make_area(source);
	current->gives_way = false;
	mutex_lock(&area_lock);
	if (area && !swap_io_init()) {
		error = swap_slots_add(area);
		if (list_empty(&swap_areas))
			swap_io_exit();
	}
	mutex_unlock(&area_lock);
	if (error) {
		if (area)
			free_area(area);
		return error;
	}
	pr_info("swap: %s: %u pages, priority %d, slots from %u on\n", area->source.name,
		area->nr_slots, area->source.priority, area->first + 1);
	if (area->nr_pages < source->nr_pages)
		pr_warn("swap: %s: %u pages at the end are not used: %u slots are all\n",
			area->source.name, source->nr_pages - area->nr_pages, SWAP_SLOTS - 1);
	return 0;
}

/* --- the end of an area ----------------------------------------------------------------------- */

/* Pages that no entry needs leave the cache. */
static void empty_cache(struct swap_area *area)
{
	struct page *page;
	u32 at = 0;

	while ((page = swap_next_cached(area, &at))) {
		while (test_and_set_page_flag(page, PG_LOCKED))
			swap_wait_page(page, PG_LOCKED);
		swap_wait_page(page, PG_WRITEBACK);
		swap_cache_remove(page, false);
		swap_unlock_page(page);
		swap_put_page(page);
	}
}

static int try_to_empty(struct swap_area *area)
{
	for (u32 round = 0; round < MOST_ROUNDS; round++) {
		int error = vm_swap_in_all(area->first, area->first + area->nr_pages);

		empty_cache(area);
		if (error)
			return error;
		if (READ_ONCE(area->nr_free) == area->nr_slots)
			return 0;
		if (signal_pending())
			return -EINTR;
		msleep(ROUND_MS);
	}
	return -EBUSY;
}

/* A guess: what is free, and what can be had without this area. */
static bool has_room(const struct swap_area *area)
{
	unsigned long used = area->nr_slots - READ_ONCE(area->nr_free);

	return used <= nr_free_pages() + swap_free_pages() + swap_cached_pages() +
			       READ_ONCE(cache_counts.disk_pages);
}

/* If the pages do not fit into memory, they stay on the disk: no other program is ended for it. */
static int empty_area(struct swap_area *area)
{
	int error = -ENOMEM;

	current->gives_way = true;
	if (has_room(area))
		error = try_to_empty(area);
	current->gives_way = false;
	return error;
}

static struct swap_area *find_area(const void *key)
{
	struct swap_area *area, *found = NULL;

	spin_lock_unfair(&swap_lock);
	list_for_each_entry(area, &swap_areas, link)
		if (area->source.key == key)
			found = area;
	spin_unlock(&swap_lock);
	return found;
}

int swap_area_remove(const void *key)
{
	struct swap_area *area = NULL;
	int error = -EBUSY;

	mutex_lock(&area_lock);
	area = find_area(key);
	if (area && swap_slots_close(area, true))
		error = 0;
	mutex_unlock(&area_lock);
	if (!area)
		return -EINVAL;
	if (error)
		return error;
	error = empty_area(area);
	if (!error && !swap_slots_remove(area))
		error = -EBUSY;
	if (error) {
		swap_slots_close(area, false);
		return error;
	}
	mutex_lock(&area_lock);
	if (list_empty(&swap_areas))
		swap_io_exit();
	mutex_unlock(&area_lock);
	if (area->source.release)
		area->source.release(area->source.private);
	kvfree(area->source.extents);
	free_area(area);
	return 0;
}
