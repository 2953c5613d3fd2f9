/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page_alloc.h>
#include <vm/family.h>
#include <vm/mm.h>
#include <vm/swap.h>
#include <vm/tables.h>

/*
 * Who owns an anonymous page? The two words of its descriptor say where it is mapped:
 *
 *	PAGE_ANON         a = frame of the page table, b = entry in it: the one place
 *	PAGE_ANON_SHARED  a = number of a family, b = page index: see vm/family.c. Each has 20 bits.
 *	                  The upper 12 bits of each are the slot of swap space that the page has
 *
 * A page with a slot is in the swap cache, which holds a reference to it. It is never exclusive,
 * even if one address space maps it, and never mapped so that it can be written. So whatever deals
 * with exclusive pages, or with entries that have the write bit, meets no slot. In state PAGE_SWAP,
 * it has a slot and no label: nothing maps it. PG_DIRTY says that the slot has other bytes.
 *
 * Nearly all pages are of the first kind, and finding their mapping costs no search. fork(2) turns
 * the label into the second kind. A write to a page that nobody else maps any more turns it back.
 *
 * The label changes only under the lock of the page tables of an address space that maps the page,
 * and only while that is the only mapping. So it does not change for another address
 * space that maps the page.
 *
 * The lock of the page tables is held around all functions here, unless they say otherwise.
 */

/*
 * Anonymous pages of all address spaces, mappings of pages of objects, and page faults that had to
 * wait for a disk; changed by locked operations.
 */
extern unsigned long nr_anon_pages, nr_mapped_pages, nr_major_faults;

/* The part of a word of a shared page that is no part of the slot. */
#define LABEL_MASK 0xfffffu

/**
 * page_family(), page_index() - the label of a shared page
 * @page: in state PAGE_ANON_SHARED
 *
 * Context: any.
 * Return: the number of the family; the page index.
 */
static inline u32 page_family(const struct page *page)
{
	return READ_ONCE(page->a) & LABEL_MASK;
}

static inline u32 page_index(const struct page *page)
{
	return READ_ONCE(page->b) & LABEL_MASK;
}

/**
 * anon_slot() - the slot of a page of a program
 * @page: any
 *
 * Context: any. Stable while an entry is known to name the slot, or the caller holds PG_LOCKED.
 * Return: the slot; 0: the page is not in the swap cache.
 */
static inline u32 anon_slot(const struct page *page)
{
	const enum page_state state = page_state(page);

	return state == PAGE_ANON_SHARED || state == PAGE_SWAP ? page_swap_slot(page) : 0;
}

/**
 * anon_forget_slot() - a page that is mapped has no use for its slot any more
 * @page: in state PAGE_ANON_SHARED
 *
 * Context: the lock of the page tables held.
 * Return: true if the page was in the swap cache and has left it: no entry names its slot, one
 * entry maps the page, and no thread uses it.
 */
bool anon_forget_slot(struct page *page);

/**
 * anon_may_have_slot() - a quick look whether anon_slot() has to be asked
 * @page: any
 *
 * Context: any.
 * Return: false if a page of a program has no slot.
 */
static inline bool anon_may_have_slot(const struct page *page)
{
	return (page->a | page->b) & ~LABEL_MASK;
}

/**
 * anon_was_last() - vm_was_last() for a page that may have a slot
 * @page: that of vm_was_last()
 *
 * A page that only the swap cache still has is freed, too, if no entry names its slot.
 * Context: thread; does not sleep.
 * Return: that of vm_was_last().
 */
bool anon_was_last(struct page *page);

/**
 * count_major_fault() - count a page fault that had to wait for a disk
 *
 * Context: any.
 */
static inline void count_major_fault(void)
{
	__atomic_fetch_add(&nr_major_faults, 1, __ATOMIC_RELAXED);
}

/**
 * anon_gfp() - flags of a request for a page of private memory
 * @area: where it will be mapped
 *
 * A page of mlock(2) does not leave, so it needs more of the reserves.
 * Context: any.
 * Return: the flags.
 */
static inline gfp_t anon_gfp(const struct area *area)
{
	_Static_assert(AREA_LOCKED << 4 == __GFP_MOVABLE, "one bit becomes the other");
	return (GFP_HIGHUSER_MOVABLE | __GFP_NOWARN) & ~((area->flags & AREA_LOCKED) << 4);
}

/**
 * mapped_add() - count mappings of pages of objects
 * @mm: the address space
 * @nr: number of mappings; negative, if they were removed
 *
 * Context: the lock of the page tables held.
 */
static inline void mapped_add(struct mm *mm, long nr)
{
	mm->file_pages += (unsigned long)nr;
	__atomic_fetch_add(&nr_mapped_pages, (unsigned long)nr, __ATOMIC_RELAXED);
}

/**
 * anon_own() - name the one place of an exclusive page
 * @table: the table, mapped
 * @addr: address of its only mapping
 * @page: the page, without a slot
 *
 * Context: the lock of the page tables held.
 */
static inline void anon_own(const struct table *table, unsigned long addr, struct page *page)
{
	page->a = (u32)page_to_pfn(table->page);
	page->b = pte_index(addr);
}

/**
 * anon_added() - a new page, to which nobody else has a reference, is about to be mapped
 * @mm: the address space
 * @table: the table, mapped
 * @addr: where
 * @page: the page; its reference becomes that of the mapping
 *
 * Context: the lock of the page tables held.
 */
static inline void anon_added(struct mm *mm, const struct table *table, unsigned long addr,
			      struct page *page)
{
	page->a = (u32)page_to_pfn(table->page);
	page->b = pte_index(addr);
	/* No other CPU can reach it yet. */
	page->flags += PAGE_FLAGS(PAGE_ANON, 0, 0) - PAGE_FLAGS(PAGE_USED, 0, 0);
	mm->anon_pages++;
	__atomic_fetch_add(&nr_anon_pages, 1, __ATOMIC_RELAXED);
}

/**
 * anon_try_reuse() - may a page that was shared by fork be written in place?
 * @table: the table, mapped
 * @addr: where it is mapped
 * @page: the page
 *
 * Context: the lock of the page tables held.
 * Return: true if no other address space maps it; it is exclusive from now on.
 */
static inline bool anon_try_reuse(const struct table *table, unsigned long addr, struct page *page)
{
	if (page_state(page) == PAGE_ANON)
		return true;
	if (__atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE) != 1)
		return false;
	family_drop_mapping(page->a);
	anon_own(table, addr, page);
	change_page_state(page, PAGE_ANON_SHARED, PAGE_ANON);
	return true;
}

/**
 * anon_shared_by_fork() - a page is about to be mapped into the child, too
 * @parent: the address space that maps it now
 * @child: the new address space; its page tables are locked, too
 * @index: area_origin() of the address, which is the same in both
 * @page: the page; takes the reference of the new mapping
 * @share: collects counts; family_share_end() at the end
 *
 * Context: the lock of the page tables held.
 */
static inline void anon_shared_by_fork(struct mm *parent, struct mm *child, u32 index,
				       struct page *page, struct family_share *share)
{
	u32 id = parent->family->id;

	if (page_state(page) == PAGE_ANON) {
		page->a = id;
		page->b = index;
		set_page_state(page, PAGE_ANON_SHARED);
		family_share_add(share, id, 2);
	} else if (page->a != id && READ_ONCE(page->refcount) == 1) { /* it has no slot */
		/* Those above do not map it any more. */
		family_drop(family_of(page->a), 1);
		page->a = id;
		page->b = index;
		family_share_add(share, id, 2);
	} else {
		family_share_add(share, page_family(page), 1);
	}
	__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
	child->anon_pages++;
}

/**
 * anon_moved() - mremap(2) has moved the entry of a page
 * @table: the new table, mapped
 * @addr: the new address
 * @page: the page
 *
 * Context: the lock of the page tables held.
 */
static inline void anon_moved(const struct table *table, unsigned long addr, struct page *page)
{
	if (page_state(page) == PAGE_ANON)
		anon_own(table, addr, page);
}

/**
 * vm_was_last() - drop a reference to a page of a program, except the last one
 * @page: of a mapping that was removed, or of the caller
 *
 * Context: any.
 * Return: true if the caller has the last reference. The page is in no count any more, and the
 * caller frees it.
 */
static inline bool vm_was_last(struct page *page)
{
	enum page_state state;

	if (READ_ONCE(page->refcount) != 1) {
		if (unlikely(anon_may_have_slot(page)))
			return anon_was_last(page);
		if (__atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL))
			return false;
	}
	/* Nobody can reach the page now. The allocator wants to see the last reference. */
	page->refcount = 1;
	state = page_state(page);
	if (state == PAGE_ANON || state == PAGE_ANON_SHARED) {
		__atomic_fetch_sub(&nr_anon_pages, 1, __ATOMIC_RELAXED);
		page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(state, 0, 0);
	}
	return true;
}

/**
 * vm_put_page() - drop a reference to a page of a program
 * @page: of a mapping that was removed, or of the caller
 *
 * Like __free_page(), and counts anonymous pages.
 * Context: any.
 */
static inline void vm_put_page(struct page *page)
{
	if (vm_was_last(page))
		__free_page(page);
}
