/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/gfp.h>
#include <mm/page.h>

struct block_device;

/*
 * Swap: memory of programs on a disk. docs/swap.md is the chapter.
 *
 * A slot is room for one page. Slots of all areas have one sequence of numbers, and each area owns
 * a range of it. A slot has a count: entries of page tables and of objects that name it. The swap
 * cache finds the page of a slot that is in memory, too:
 *
 *	entry ─▶ slot ─┬─▶ page in the cache ─▶ slot (words a and b of the page)
 *	               └─▶ sectors of a device
 *
 *	out    swap_alloc(), swap_cache_add(), entries become slots, swap_write(),
 *	       swap_cache_delete()
 *	in     swap_read(), entries become pages, swap_free()
 *
 * A slot is free when nothing names it and the cache has no page of it. The cache has one reference
 * to each of its pages.
 *
 * Flags of a page in the cache, beside PAGE_SWAP, PAGE_ANON and PAGE_ANON_SHARED:
 *
 *	PG_LOCKED     is being read, or its owner changes what it is
 *	PG_DIRTY      the slot has other bytes
 *	PG_WRITEBACK  is being written to the slot
 *	PG_REFERENCED was read with another one, and nobody has wanted it yet
 *
 * No function takes memory, except where it says so.
 */

#define SWAP_SLOTS (1u << 24) /* slot 0 does not exist: it means none */

/* Pages that are read together, and the most that are written together. */
#define SWAP_READ_PAGES  8u
#define SWAP_WRITE_PAGES 32u

/**
 * page_swap_slot(), set_page_swap_slot() - the slot of a page in the swap cache
 * @page: in state PAGE_SWAP, PAGE_ANON or PAGE_ANON_SHARED
 * @slot: a slot, or 0 for none
 *
 * The upper 12 bits of word a have the lower half of the slot, those of b the upper half. Only the
 * swap cache sets it.
 * Context: callers that may change the words a and b; for a look, a reference.
 * Return: the slot; 0 if the cache does not have the page.
 */
static inline u32 page_swap_slot(const struct page *page)
{
	return READ_ONCE(page->a) >> 20 | READ_ONCE(page->b) >> 20 << 12;
}

static inline void set_page_swap_slot(struct page *page, u32 slot)
{
	page->a = (page->a & 0xfffffu) | slot << 20;
	page->b = (page->b & 0xfffffu) | slot >> 12 << 20;
}

/* --- slots: vm/swap_slots.c ------------------------------------------------------------------- */

/**
 * swap_is_on() - is there any area?
 *
 * Context: any.
 * Return: false if swap_alloc() would fail in any case.
 */
bool swap_is_on(void);

/**
 * swap_alloc() - take a free slot
 *
 * The areas of the highest priority are used in turn. Each CPU has a run of slots that follow each
 * other, so pages that a CPU swaps out one after the other can be written together.
 * Context: thread; does not sleep.
 * Return: a slot with a count of 1; 0 if no area has one.
 */
u32 swap_alloc(void);

/**
 * swap_dup() - more entries name a slot
 * @slot: in use; its count is not 0, or its page is in the cache and is PG_LOCKED
 * @nr: their number
 *
 * Context: thread; does not sleep. The lock of page tables may be held.
 */
void swap_dup(u32 slot, u32 nr);

/**
 * swap_free() - fewer entries name a slot
 * @slot: in use
 * @nr: their number
 *
 * Without any entry the slot is free, unless the cache has its page, which is then clean memory
 * with room on a disk. A page that only the cache has is freed, too, unless it is in I/O.
 * Context: thread; does not sleep. The lock of page tables may be held.
 */
void swap_free(u32 slot, u32 nr);

/**
 * swap_count() - number of entries that name a slot
 * @slot: any number
 *
 * Context: thread; does not sleep. A snapshot.
 * Return: the count; 0 if the slot is free, or no area owns it.
 */
u32 swap_count(u32 slot);

/**
 * swap_total_pages(), swap_free_pages(), swap_cached_pages() - numbers of all areas
 *
 * Context: any.
 * Return: slots; free ones; pages in the swap cache.
 */
unsigned long swap_total_pages(void);
unsigned long swap_free_pages(void);
unsigned long swap_cached_pages(void);

/* --- the cache: vm/swap_cache.c --------------------------------------------------------------- */

/**
 * swap_cache_add() - enter a page into the swap cache
 * @page: PG_LOCKED, with a reference of the caller, and with no slot. The cache takes a reference
 *	and sets the slot of the page
 * @slot: in use
 *
 * Context: thread; does not sleep.
 * Return: 0; -EEXIST if the cache has a page of the slot; -EAGAIN if the slot is not in use any
 * more.
 */
int swap_cache_add(struct page *page, u32 slot);

/**
 * swap_cache_get() - find the page of a slot
 * @slot: any
 *
 * The page may be PG_LOCKED: then it is being read. The caller waits with cache_wait_page(), and
 * looks at page_swap_slot(): a page that could not be read is not in the cache any more.
 * Context: thread; does not sleep.
 * Return: the page with a reference for the caller; NULL if the cache has none.
 */
struct page *swap_cache_get(u32 slot);

/**
 * swap_cache_delete() - take a page out of the swap cache
 * @page: any; the caller has a reference, and keeps it
 *
 * The slot of the page becomes 0. A slot that nothing names is free then.
 * Context: thread; does not sleep. The lock of page tables may be held.
 * Return: true if the page was in the cache, and only the cache and the caller had it, and it was
 * not PG_WRITEBACK, and nothing is lost: it was not PG_DIRTY, or no entry names its slot. PG_DIRTY
 * is clear afterwards.
 */
bool swap_cache_delete(struct page *page);

/* --- I/O: vm/swap_io.c ------------------------------------------------------------------------ */

/**
 * swap_write() - begin to write a page to its slot
 * @page: in the cache, PG_LOCKED, not PG_WRITEBACK; no entry that maps it allows writing
 *
 * Clears PG_DIRTY and sets PG_WRITEBACK. The end clears PG_WRITEBACK; after an error it sets
 * PG_DIRTY, too, and the log has the device and the sector. The caller clears PG_LOCKED, also
 * before the end.
 *
 * Pages of slots that follow each other become one request, which begins when it is full, or at
 * swap_write_flush(). So the caller calls that before it sleeps.
 * Context: thread, may sleep: waits for the end of other writes, never for memory.
 * Return: 0; -EIO if no area owns the slot.
 */
int swap_write(struct page *page);

/**
 * swap_write_flush() - begin the writes that wait for more pages
 *
 * Context: thread; does not sleep.
 */
void swap_write_flush(void);

/**
 * swap_wait_page() - wait for the end of a write, or of a lock
 * @page: with a reference of the caller
 * @flag: PG_WRITEBACK or PG_LOCKED
 *
 * Context: may sleep.
 */
void swap_wait_page(const struct page *page, enum page_flag flag);

/**
 * swap_unlock_page() - clear PG_LOCKED, and wake who waits for it
 * @page: the caller has set PG_LOCKED, and has a reference
 *
 * Context: any except NMI.
 */
void swap_unlock_page(struct page *page);

/**
 * struct swap_guess - how many slots an address space or object reads at once
 * @last: the slot that was wanted last and had to be read
 * @pages: how many were to be read then, at most SWAP_READ_PAGES
 * @guessed: how many others than @last were read
 * @hits: how many of such pages were wanted since
 * @beside: slots of the aligned group of SWAP_READ_PAGES that are likely to be wanted, a bit each
 *
 * The caller sets @beside; all is zero at first. Races cost a wrong guess.
 */
struct swap_guess {
	u32 last;
	u8 pages, guessed, hits;
	u8 beside;
};

/**
 * swap_read() - find the page of a slot, or read it
 * @slot: of an entry
 * @gfp: GFP_HIGHUSER and other flags, for the page
 * @guess: of the address space or object; changed
 * @page: set to the page, in the cache and not being read, with a reference for the caller
 *
 * Slots beside it that are in use are read with it, as long as such guesses are right. Their pages
 * stay in the cache. Reading counts as a major fault. A page that was read is in state PAGE_SWAP.
 * Context: may sleep; takes memory.
 * Return: 0; -ENOMEM; -EIO: the bytes of the page are lost; -EAGAIN: nothing names the slot any
 * more, so the caller looks at its entry again.
 */
int swap_read(u32 slot, gfp_t gfp, struct swap_guess *guess, struct page **page);

/* --- areas: vm/swap_area.c -------------------------------------------------------------------- */

/**
 * struct swap_extent - pages of an area that follow each other on the device
 * @page: the first one; page 0 is the header
 * @nr: number of pages
 * @sector: where the first one is
 */
struct swap_extent {
	u32 page, nr;
	u64 sector;
};

#define SWAP_NAME 64u

/**
 * struct swap_source - what swapon(2) has found out about an area
 * @name: its path
 * @device: the device
 * @is_file: a file, not a device
 * @nr_pages: pages, with the header
 * @priority: a higher one is used first; SWAP_PRIORITY_NEXT: lower than all others
 * @extents: sorted by page, without overlap; pages in no extent are not used. Of kvmalloc();
 *	belongs to the area, if there was no error
 * @nr_extents: number of them
 * @bad: pages that cannot be used
 * @nr_bad: number of them
 * @key: names the area for the functions below
 * @private: argument of @release
 * @release: ends the use of the device or file
 */
struct swap_source {
	char name[SWAP_NAME];
	struct block_device *device;
	bool is_file;
	u32 nr_pages;
	s32 priority;
	struct swap_extent *extents;
	u32 nr_extents;
	const u32 *bad;
	u32 nr_bad;
	const void *key;
	void *private;
	void (*release)(void *private);
};

#define SWAP_PRIORITY_NEXT (-0x8000)

/**
 * swap_area_add() - begin to use an area
 * @source: copied
 *
 * Context: may sleep; takes memory.
 * Return: 0; -ENOMEM; -EPERM if there are too many areas, or no more slot numbers; -EINVAL if no
 * page of it can be used.
 */
int swap_area_add(const struct swap_source *source);

/**
 * swap_area_remove() - end the use of an area: all of its pages are read back
 * @key: member of the source
 *
 * Context: may sleep; takes memory.
 * Return: 0; -EINVAL if there is no such area; -EBUSY if it is being removed; -ENOMEM or -EINTR:
 * then it is used as before; -EIO if a page cannot be read.
 */
int swap_area_remove(const void *key);

/* --- what the other half of swap does --------------------------------------------------------- */

/**
 * vm_swap_in_all() - replace all entries that name slots of a range by pages
 * @first: the first slot
 * @end: one past the last slot
 *
 * No new slots of the range are given out meanwhile. It looks at each address space and each object
 * once. An entry that another thread copies at the same time may stay: it is called again.
 * Context: may sleep; takes memory.
 * Return: 0; -ENOMEM; -EINTR if a signal is pending; -EIO: a page cannot be read, and its entry
 * stays.
 */
int vm_swap_in_all(u32 first, u32 end);

/**
 * swap_check() - compare the counts of all slots with the entries that name them
 * @out: prints a line for each difference, up to ten
 * @walk: calls @found for each entry of a page table or an object that names a slot; NULL: the
 *	counts are not looked at
 *
 * Nothing else changes entries meanwhile.
 * Context: may sleep; takes memory.
 * Return: number of differences; -ENOMEM.
 */
int swap_check(printf_fn *out, void (*walk)(void (*found)(u32 slot)));
