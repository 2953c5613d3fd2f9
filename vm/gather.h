/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/area.h>
#include <vm/family.h>
#include <vm/tables.h>

/*
 * Unmapping: entries are cleared, CPUs flush, and only then references to the pages are dropped.
 * vm/gather.c is the chapter.
 */

#define GATHER_FEW 16

/**
 * struct gather - pages and tables that wait for a flush
 * @mm: the address space
 * @start, @end: addresses that owe the flush; @start is not below @end if there are none
 * @keep_tables: empty tables stay
 * @leaving: the tables are loaded nowhere: no flush is owed
 * @share: shared pages that are mapped less often now
 * @nr, @room: pages in @pages, and the number that it has room for
 * @pages: @few, or a page of lowmem
 * @tables: frame number of the first empty table, linked through word b; PFN_NONE: none
 * @few: so that a small unmapping allocates nothing
 */
struct gather {
	struct mm *mm;
	unsigned long start, end;
	bool keep_tables, leaving;
	struct family_share share;
	u32 nr, room;
	struct page **pages;
	u32 tables;
	struct page *few[GATHER_FEW];
};

/**
 * gather_begin() - begin to unmap
 * @gather: any contents
 * @mm: the address space, whose lock is held for writing, or which nobody uses any more
 *
 * Context: thread.
 */
static inline void gather_begin(struct gather *gather, struct mm *mm)
{
	gather->mm = mm;
	gather->start = ULONG_MAX;
	gather->end = 0;
	gather->leaving = gather->keep_tables = false;
	gather->share = (struct family_share){ 0 };
	gather->nr = 0;
	gather->room = GATHER_FEW;
	gather->pages = gather->few;
	gather->tables = PFN_NONE;
}

/**
 * gather_range() - unmap a range
 * @gather: begun
 * @start, @end: the range; without addresses of an area that keeps its pages
 *
 * Tables that become empty are freed.
 * Context: thread; takes the lock of the page tables.
 */
void gather_range(struct gather *gather, unsigned long start, unsigned long end);

/**
 * gather_complete() - the slow part of gather_finish(): something was found
 * @gather: begun
 *
 * Context: that of gather_finish().
 */
void gather_complete(struct gather *gather);

/**
 * gather_finish() - flush, and drop the references to what was unmapped
 * @gather: begun
 *
 * Context: thread, no spinlock held.
 */
static inline void gather_finish(struct gather *gather)
{
	/* Gathered pages owe a flush, except those of tables that are loaded nowhere. */
	if (gather->end || gather->leaving)
		gather_complete(gather);
}

/**
 * vm_zap() - unmap the pages of a range, and nothing else
 * @mm: its lock is held; for reading is enough
 * @start, @end: the range
 *
 * Context: thread, no spinlock held.
 */
void vm_zap(struct mm *mm, unsigned long start, unsigned long end);

/**
 * vm_zap_object() - vm_zap() for truncation
 * @mm: without its lock. The lock of the object is held, which keeps the areas where they are
 * @start, @end: the range
 *
 * Tables stay, since others may rely on them without the lock of the page tables.
 * Context: thread, no spinlock held.
 */
void vm_zap_object(struct mm *mm, unsigned long start, unsigned long end);
