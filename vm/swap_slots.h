/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <lib/list.h>
#include <vm/swap.h>

/* The areas of swap, for the files vm/swap_*.c. docs/swap.md is the chapter. */

#define SWAP_AREAS 16u

/* Entries of struct swap_table: as many as fit into a page, in whole runs. */
#define SWAP_RUN       32u
#define SWAP_PER_TABLE 672u

/* The count of a slot that cannot be used: the header, or a bad page. */
#define SWAP_BAD 0xffffu

/**
 * struct swap_table - what is known of 672 slots; a page, perhaps of highmem
 * @cached: number of the frame in the swap cache; 0: none
 * @count: entries that name the slot; SWAP_BAD
 */
struct swap_table {
	u32 cached[SWAP_PER_TABLE];
	u16 count[SWAP_PER_TABLE];
};

_Static_assert(sizeof(struct swap_table) <= PAGE_SIZE && SWAP_PER_TABLE % SWAP_RUN == 0, "");

/**
 * struct swap_area - a device or a file that has slots
 * @link: in the list of areas, highest priority first; equal ones in the order of their turns
 * @source: of the caller of swap_area_add(), and the extents
 * @first: slot of page 0; page p of the area is slot @first + p
 * @nr_pages: pages, with the header
 * @nr_slots: those that can be used
 * @nr_free: slots that nothing uses
 * @tables: the tables
 * @used: a bit for each page: a count, the cache, or bad. A word is a run
 * @next_run: where the search for a run continues
 * @scattered: there was no free run when one was looked for
 * @closing: no slot of it is given out any more
 */
struct swap_area {
	struct list_head link;
	struct swap_source source;
	u32 first, nr_pages, nr_slots, nr_free;
	struct page **tables;
	u32 *used;
	u32 next_run;
	bool scattered, closing;
};

/*
 * Guards the list of areas, their counts and tables, and the slots of pages in the cache. Acquired
 * with the lock of page tables held, or with none.
 */
extern spinlock_t swap_lock;

extern struct list_head swap_areas;

/**
 * swap_area_of() - find the area that owns a slot
 * @slot: any number
 *
 * Context: swap_lock held.
 * Return: the area; NULL if there is none.
 */
struct swap_area *swap_area_of(u32 slot);

/**
 * struct swap_entry - a slot, and its place in a table that is mapped
 * @area, @page: where it is
 * @table, @at: the table, mapped by kmap_local_page(), and the place in it
 */
struct swap_entry {
	struct swap_area *area;
	u32 page;
	struct swap_table *table;
	u32 at;
};

/**
 * swap_entry_map(), swap_entry_unmap() - look at what is known of a slot
 * @entry: set to the place
 * @slot: any number
 *
 * Context: swap_lock held.
 * Return: false if no area owns the slot; then nothing is mapped.
 */
bool swap_entry_map(struct swap_entry *entry, u32 slot);
void swap_entry_unmap(struct swap_entry *entry);

/**
 * swap_entry_settle() - a slot without count and page is free
 * @entry: a count has become 0, or a page has left the cache
 *
 * Context: swap_lock held.
 */
void swap_entry_settle(struct swap_entry *entry);

/**
 * swap_cache_take() - take a page out of the cache
 * @entry: its slot
 * @page: the page, which loses its slot and the mark PG_DIRTY. The reference of the cache is the
 *	caller's
 *
 * Context: swap_lock held. swap_entry_settle() follows.
 */
void swap_cache_take(struct swap_entry *entry, struct page *page);

/**
 * swap_put_page() - drop a reference to a page that is perhaps the last one
 * @page: not in the cache
 *
 * Context: any.
 */
void swap_put_page(struct page *page);

/**
 * swap_slots_add() - give an area numbers, and let others use it
 * @area: with empty tables, and bits in @used for the pages that cannot be used
 *
 * Context: thread; does not sleep.
 * Return: 0; -EPERM if there are too many areas. The area is shortened if there are not enough
 * numbers; -EPERM without any. -EINVAL if no page of it can be used.
 */
int swap_slots_add(struct swap_area *area);

/**
 * swap_slots_close() - give out no more slots of an area, or do so again
 * @area: any
 * @closing: no more
 *
 * Context: thread; does not sleep.
 * Return: false if it was so already.
 */
bool swap_slots_close(struct swap_area *area, bool closing);

/**
 * swap_slots_remove() - take an area out
 * @area: closed
 *
 * Context: thread; does not sleep.
 * Return: false if a slot of it is in use.
 */
bool swap_slots_remove(struct swap_area *area);

/**
 * swap_next_cached() - find a page of an area in the cache
 * @area: closed
 * @page: first page of the area to look at; set to one behind the page found
 *
 * Context: thread; does not sleep.
 * Return: the page with a reference; NULL if there is none.
 */
struct page *swap_next_cached(const struct swap_area *area, u32 *page);

/**
 * swap_cache_remove() - take a page out of the cache, even if others have it
 * @page: PG_LOCKED, with a reference of the caller
 * @lost: also if entries name its slot: it could not be read
 *
 * Context: thread; does not sleep.
 * Return: true if the page is not in the cache any more.
 */
bool swap_cache_remove(struct page *page, bool lost);

/**
 * swap_cache_begin_write() - PG_DIRTY becomes PG_WRITEBACK
 * @page: as for swap_write()
 * @at: set to the page of the area
 *
 * Context: thread; does not sleep.
 * Return: the area; NULL if the page is not in the cache.
 */
struct swap_area *swap_cache_begin_write(struct page *page, u32 *at);

/**
 * swap_sector() - find the sector of a page of an area
 * @area: it stays, since a page of it is in the cache, and PG_LOCKED or PG_WRITEBACK
 * @page: in an extent
 *
 * Context: any.
 * Return: the sector.
 */
u64 swap_sector(const struct swap_area *area, u32 page);

/**
 * struct swap_counts - what was done since boot; changed by locked operations
 * @in, @out: pages that were read and written
 * @errors: pages that could not be read or written
 */
struct swap_counts {
	unsigned long in, out, errors;
};

extern struct swap_counts swap_counts;

/**
 * swap_io_init(), swap_io_exit() - make or free the memory for writes
 *
 * Context: may sleep. One of them at a time; swap_io_exit() without any area, once or more.
 * Return: 0; -ENOMEM.
 */
int swap_io_init(void);
void swap_io_exit(void);
