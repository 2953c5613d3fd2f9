/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pagetable.h>
#include <lib/limits.h>
#include <mm/page.h>

struct mm;
struct table;
struct vm_object;

/*
 * The reverse mapping: from a page to the entries of page tables that map it. vm/rmap.c is the
 * chapter.
 */

/*
 * Families that a search for a shared page looks at, before it gives up; or all of them, even if as
 * many entries were found as the page has references.
 */
#define RMAP_MOST 64u
#define RMAP_ALL  UINT_MAX

/**
 * typedef rmap_fn - what is done with an entry
 * @mm: its address space, whose page tables are locked
 * @addr: its address
 * @table: the table of the entry, mapped; the entry names the page
 * @arg: as given to rmap_walk()
 *
 * Return: false if the walk ends here.
 */
typedef bool rmap_fn(struct mm *mm, unsigned long addr, const struct table *table, void *arg);

/**
 * rmap_walk() - visit all entries that map a page
 * @page: any page. Its label may change during the walk; only entries that name it are visited
 * @most: most families to look at: RMAP_MOST or RMAP_ALL
 * @fn: called for each entry
 * @arg: passed on
 *
 * Context: may sleep; no lock of an address space, of an object or of page tables held.
 * Return: number of entries visited.
 */
u32 rmap_walk(const struct page *page, u32 most, rmap_fn *fn, void *arg);

/**
 * rmap_try_walk() - rmap_walk() for reclaim, which may hold any lock but a spinlock
 * @page: any frame in use
 * @object: of a page in state PAGE_OBJECT, locked by the caller; otherwise NULL
 * @fn: called for each entry
 * @arg: passed on
 *
 * Looks at RMAP_MOST families.
 * Context: thread; does not wait for a lock that is held for long.
 * Return: false if a lock was not free; otherwise all was looked at, up to the limit.
 */
bool rmap_try_walk(const struct page *page, struct vm_object *object, rmap_fn *fn, void *arg);

/**
 * rmap_leads_to() - would a walk find an entry?
 * @page: is mapped there
 * @mm: its address space, whose page tables are locked
 * @table: frame number of the page table
 * @addr: the address of the entry
 *
 * Context: family lock held, as for page->a of an anonymous page; not for pages of objects.
 * Return: true if the label of the page leads there.
 */
bool rmap_leads_to(const struct page *page, const struct mm *mm, unsigned long table,
		   unsigned long addr);
