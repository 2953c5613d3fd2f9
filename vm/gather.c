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

void gather_begin(struct gather *gather, struct mm *mm)
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

/* Flushes, and drops what was gathered so far. */
static void flush_and_drop(struct gather *gather)
{
	u32 chain = PFN_NONE;

	if (gather->start < gather->end)
		flush_tlb_user_range(&gather->mm->pagetable, gather->start, gather->end);
	gather->start = ULONG_MAX;
	gather->end = 0;
	for (u32 i = 0; i < gather->nr; i++) {
		struct page *page = gather->pages[i];

		if (vm_was_last(page)) {
			page->a = chain;
			chain = (u32)page_to_pfn(page);
		}
	}
	gather->nr = 0;
	free_page_chain(chain);
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

void gather_finish(struct gather *gather)
{
	family_share_end(&gather->share);
	flush_and_drop(gather);
	if (gather->pages != gather->few)
		free_pages((unsigned long)gather->pages, 0);
}

static inline void clear_entry(struct gather *gather, pte_t *ptep)
{
	pte_t old = pte_take(ptep);
	struct page *page = pfn_to_page(pte_pfn(old));

	if (is_zero_pfn(pte_pfn(old)))
		return;
	if (page_state(page) == PAGE_OBJECT)
		mapped_add(gather->mm, -1);
	else
		anon_removed(gather->mm, page, &gather->share);
	if (gather->nr == gather->room)
		make_room(gather);
	gather->pages[gather->nr++] = page;
}

/* The table counts its entries, so the loop ends at the last one. */
static void clear_entries(struct gather *gather, const struct table *table, unsigned long start,
			  unsigned long end)
{
	u32 left = table->page->b;

	for (unsigned long addr = start; addr < end && left; addr += PAGE_SIZE) {
		pte_t *ptep = &table->ptes[pte_index(addr)];

		if (pte_none(*ptep))
			continue;
		gather->start = min(gather->start, addr);
		gather->end = max(gather->end, addr + PAGE_SIZE);
		left--;
		table->page->b = left;
		clear_entry(gather, ptep);
	}
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

		if (pte_none(pte)) {
			const u32 skipped = ptes_unused(ptep, last);

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
				label = page->a;
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

static void clear_table(struct gather *gather, unsigned long start, unsigned long end)
{
	struct pagetable *pt = &gather->mm->pagetable;
	struct table table;
	u32 left;

	if (!table_map(pt, start, &table))
		return;
	if (gather->leaving)
		leave_entries(gather, &table, start, end);
	else
		clear_entries(gather, &table, start, end);
	left = table.page->b;
	table_unmap(&table);
	if (left || gather->keep_tables)
		return;
	table_detach(pt, start, table.page);
	table.page->b = gather->tables;
	gather->tables = (u32)page_to_pfn(table.page);
	/* A table that was empty already may still be in a paging-structure cache. */
	if (!gather->leaving) {
		gather->start = min(gather->start, start);
		gather->end = max(gather->end, start + PAGE_SIZE);
	}
}

void gather_range(struct gather *gather, unsigned long start, unsigned long end)
{
	struct pagetable *pt = &gather->mm->pagetable;

	spin_lock(&pt->lock);
	while (table_next(pt, &start, end)) {
		unsigned long next = table_end(start, end);

		clear_table(gather, start, next);
		start = next;
		if (start == end)
			break;
		spin_unlock(&pt->lock);
		spin_lock(&pt->lock);
	}
	spin_unlock(&pt->lock);
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
