/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pagetable.h>
#include <lib/limits.h>
#include <mm/page.h>

struct mm;

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
 * @ptep: the entry; it names the page
 * @arg: as given to rmap_walk()
 */
typedef void rmap_fn(struct mm *mm, unsigned long addr, pte_t *ptep, void *arg);

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
