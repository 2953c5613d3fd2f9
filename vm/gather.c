/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <vm/anon.h>
#include <vm/gather.h>
#include <vm/zero_page.h>

/*
 * Taking pages away from a program. A CPU may use a translation until it has flushed it. If the
 * page were free before, the next owner's data could be seen or overwritten through the old
 * translation. So there are three steps, in this order:
 *
 *	clear      entries, under the lock of the page tables; pages are gathered in an array
 *	flush      the CPUs that have the tables loaded
 *	drop       the references; the last one frees the page
 *
 * A flush costs an interrupt on each of these CPUs, so as many pages as possible share one: 16 on
 * the stack of the caller, or 1024 in an extra page if there is one. The flush happens with the
 * lock held if the array is full in the middle of a table; the lock keeps interrupts on, so this
 * is allowed.
 *
 * A table without entries is taken out of its directory and waits for the same flush, since CPUs
 * cache directory entries as well (Intel SDM 3A, 4.10.3).
 *
 * When the last user has left an address space, all CPUs have left its tables before. Then nothing
 * is cached any more: the flush is not needed, and pages are freed at once.
 */

static inline void owe_flush(struct gather *gather, unsigned long start, unsigned long end)
{
	gather->start = min(gather->start, start);
	gather->end = max(gather->end, end);
}

/* Drops the references to the pages. Pages without another reference are freed together. */
static inline void drop_pages(struct gather *gather)
{
	unsigned int left = 0, anon = 0;

	for (u32 i = 0; i < gather->nr; i++) {
		struct page *page = gather->pages[i];

		if (likely(page_is_single(page, PAGE_ANON) && READ_ONCE(page->refcount) == 1)) {
			/* vm_was_last(), and counted once for all. */
			page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(PAGE_ANON, 0, 0);
			anon++;
		} else if (!vm_was_last(page)) {
			continue;
		}
		gather->pages[left++] = page;
	}
	gather->nr = 0;
	if (anon)
		__atomic_fetch_sub(&nr_anon_pages, anon, __ATOMIC_RELAXED);
	free_page_array(gather->pages, left);
}

/* Flushes, and drops what was gathered so far. */
static void flush_and_drop(struct gather *gather)
{
	if (gather->start < gather->end)
		flush_tlb_user_range(&gather->mm->pagetable, gather->start, gather->end);
	gather->start = ULONG_MAX;
	gather->end = 0;
	if (gather->nr)
		drop_pages(gather);
	while (gather->tables != PFN_NONE) {
		struct page *page = pfn_to_page(gather->tables);

		gather->tables = page->b;
		table_put(page);
	}
}

static noinline void make_room(struct gather *gather)
{
	struct page **more = NULL;

	if (gather->pages == gather->few)
		more = (struct page **)__get_free_pages(GFP_NOWAIT | __GFP_NOWARN, 0);
	if (!more) {
		flush_and_drop(gather);
		return;
	}
	memcpy(more, gather->few, sizeof(gather->few));
	gather->pages = more;
	gather->room = PAGE_SIZE / sizeof(*more);
}

void gather_complete(struct gather *gather)
{
	if (gather->share.nr)
		family_share_end(&gather->share);
	flush_and_drop(gather);
	if (gather->pages != gather->few)
		free_pages((unsigned long)gather->pages, 0);
}

/* An entry is zero now. Returns its page, if a reference has to be dropped; otherwise NULL. */
static inline struct page *page_of_cleared(struct gather *gather, pte_t old)
{
	struct page *page = pte_page(old);

	if (likely(page_is_single(page, PAGE_ANON)))
		return page;
	if (is_zero_pfn(pte_pfn(old))) {
		page = NULL;
		gather->mm->anon_pages++; /* the caller counts all entries as anonymous */
	} else if (page_state(page) == PAGE_OBJECT) {
		gather->mm->anon_pages++;
		mapped_add(gather->mm, -1);
	} else {
		family_share_add(&gather->share, page_family(page), -1);
	}
	return page;
}

/* The array is full in the middle of a table. Returns the place of the next page. */
static noinline struct page **go_on(struct gather *gather, unsigned long start, unsigned long end)
{
	gather->nr = gather->room;
	owe_flush(gather, start, end);
	make_room(gather);
	return gather->pages + gather->nr;
}

/* An entry that names a slot is cleared. The caller counts all entries as anonymous. */
static noinline void forget_slot(struct mm *mm, pte_t *ptep)
{
	const u32 slot = pte_swap_slot(*ptep);

	set_pte(ptep, (pte_t){ 0 });
	mm->anon_pages++;
	mm->swap_pages--;
	swap_free(slot, 1);
}

/* At @start is an entry. The table counts its entries, so the loop ends at the last one. */
static inline void clear_entries(struct gather *gather, const struct table *table,
				 unsigned long start, unsigned long end)
{
	pte_t *ptep = table_entry(table, start);
	pte_t *const last = ptep + ((end - start) >> PAGE_SHIFT);
	struct page **next = gather->pages + gather->nr;
	struct page **full = gather->pages + gather->room;
	u32 left = table->page->b;

	for (; ptep != last && left; ptep++) {
		const pte_t old = *ptep;
		struct page *page;

		if (!pte_names_page(old)) {
			if (pte_is_swap(old)) {
				left--;
				forget_slot(gather->mm, ptep);
			}
			continue;
		}
		if (unlikely(next == full)) {
			next = go_on(gather, start, end);
			full = gather->pages + gather->room;
		}
		left--;
		pte_forget(ptep);
		page = page_of_cleared(gather, old);
		if (page)
			*next++ = page;
	}
	gather->nr = (u32)(next - gather->pages);
	gather->mm->anon_pages -= table->page->b - left;
	table->page->b = left;
	/* Also without an entry: an empty table may still be in a paging-structure cache. */
	owe_flush(gather, start, end);
}

/*
 * The same where no CPU has the table loaded: entries are cleared by plain stores, and pages are
 * dropped at once. @stop is where the loop ends if all entries up to there are used.
 */
static noinline void leave_entries(struct gather *gather, const struct table *table,
				   unsigned long start, unsigned long end)
{
	pte_t *const first = table->ptes + pte_index(start);
	pte_t *const last = first + ((end - start) >> PAGE_SHIFT);
	pte_t *stop = first + min((unsigned long)table->page->b, (end - start) >> PAGE_SHIFT);
	u32 unused = 0, files = 0, zeroes = 0, used, label = 0;
	s32 shared = 0;
	pte_t *ptep;

	for (ptep = first; ptep != stop; ptep++) {
		pte_t pte = *ptep;
		struct page *page;

		if (!pte_names_page(pte)) {
			const u32 skipped = pte_unused(pte) ? ptes_unused(ptep, last) : 0;

			if (!skipped) {
				forget_slot(gather->mm, ptep);
				continue;
			}
			unused += skipped;
			stop += min(skipped, (u32)(last - stop));
			ptep += skipped - 1;
			continue;
		}
		*ptep = (pte_t){ 0 };
		page = pte_page(pte);
		if (page_is_single(page, PAGE_ANON_SHARED)) {
			if (unlikely(page->a != label)) {
				family_share_add(&gather->share, label, -shared);
				label = page_family(page);
				shared = 1;
				if (unlikely(page->a != label)) {
					vm_put_page(page);
					continue;
				}
				shared = 0;
			}
			shared++;
			/* Mostly another program still has it. */
			if (__atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL))
				continue;
			page->refcount = 1;
		} else if (page_is_single(page, PAGE_OBJECT)) {
			files++;
		} else if (!page_is_single(page, PAGE_ANON)) {
			zeroes++;
			continue;
		}
		vm_put_page(page);
	}
	if (shared)
		family_share_add(&gather->share, label, -shared);
	used = (u32)(ptep - first) - unused;
	table->page->b -= used;
	gather->mm->anon_pages -= used - files - zeroes;
	if (files)
		mapped_add(gather->mm, -(long)files);
}

static inline void clear_table(struct gather *gather, const struct table *table,
			       unsigned long start, unsigned long end)
{
	u32 left;

	if (gather->leaving)
		leave_entries(gather, table, start, end);
	else
		clear_entries(gather, table, start, end);
	left = table->page->b;
	table_unmap(table);
	if (left || gather->keep_tables)
		return;
	table_detach(&gather->mm->pagetable, start, table->page);
	table->page->b = gather->tables;
	gather->tables = (u32)page_to_pfn(table->page);
}

/* The first address of a range that has an entry, or the end of the range. */
static inline unsigned long first_used(const struct table *table, unsigned long start,
				       unsigned long end)
{
	for (const pte_t *ptep = table_entry(table, start); start != end && pte_unused(*ptep);
	     ptep++)
		start += PAGE_SIZE;
	return start;
}

void gather_range(struct gather *gather, unsigned long start, unsigned long end)
{
	struct pagetable *pt = &gather->mm->pagetable;
	struct table table;

	do {
		spin_lock(&pt->lock);
		if (table_map_next(pt, &start, end, &table)) {
			unsigned long next = start + (table_part(start, end) << PAGE_SHIFT);

			/* Mostly a range without entries shares its table with others. */
			if (table.page->b)
				start = first_used(&table, start, next);
			if (start != next)
				clear_table(gather, &table, start, next);
			else
				table_unmap(&table);
			start = next;
		} else {
			start = end;
		}
		spin_unlock(&pt->lock);
	} while (start < end);
}

void vm_zap(struct mm *mm, unsigned long start, unsigned long end)
{
	struct gather gather;

	gather_begin(&gather, mm);
	/* The area stays, so a part of a table is mostly touched again. */
	gather.keep_tables = end - start < PDE_SIZE;
	gather_range(&gather, start, end);
	gather_finish(&gather);
}

void vm_zap_object(struct mm *mm, unsigned long start, unsigned long end)
{
	struct gather gather;

	gather_begin(&gather, mm);
	gather.keep_tables = true;
	gather_range(&gather, start, end);
	gather_finish(&gather);
}
