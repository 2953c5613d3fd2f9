/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page_alloc.h>
#include <vm/mm.h>
#include <vm/tables.h>

/*
 * Ownership of anonymous pages, as far as mapping and unmapping has to know it. The lock of the page
 * tables is held around all functions here.
 */

/**
 * anon_added() - a new page, to which nobody else has a reference, is about to be mapped
 * @mm: the address space
 * @table: the table, mapped
 * @addr: where
 * @page: the page; its reference becomes that of the mapping
 */
static inline void anon_added(struct mm *mm, const struct table *table, unsigned long addr,
			      struct page *page)
{
	set_page_state(page, PAGE_ANON);
	page->a = (u32)page_to_pfn(table->page);
	page->b = pte_index(addr);
	mm->anon_pages++;
}

/**
 * anon_try_reuse() - may a page that was shared by fork be written in place?
 * @mm: the address space that writes
 * @table: the table, mapped
 * @addr: where it is mapped
 * @page: the page
 *
 * Return: true if no other address space maps it; it is exclusive from now on.
 */
static inline bool anon_try_reuse(struct mm *mm, const struct table *table, unsigned long addr,
				  struct page *page)
{
	return READ_ONCE(page->refcount) == 1;
}

/**
 * anon_shared_by_fork() - a page is about to be mapped into the child, too
 * @parent: the address space that maps it now
 * @child: the new address space
 * @addr: where it is mapped, in both
 * @page: the page; takes the reference of the new mapping
 */
static inline void anon_shared_by_fork(struct mm *parent, struct mm *child, unsigned long addr,
				       struct page *page)
{
	__atomic_fetch_add(&page->refcount, 1, __ATOMIC_RELAXED);
	child->anon_pages++;
}

/**
 * anon_removed() - an entry that mapped a page was cleared; its reference is still held
 * @mm: the address space
 * @page: the page
 */
static inline void anon_removed(struct mm *mm, struct page *page)
{
	mm->anon_pages--;
}
