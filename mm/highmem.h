/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>
#include <kernel/preempt.h>
#include <mm/kmap_local.h>
#include <mm/page.h>

/*
 * Addresses for pages that have none.
 *
 *	kmap_local_page()  for this thread, from one end of a function to the other; nested mappings
 *	                   are undone in reverse order. No lock, no search: a stack of fixmap slots.
 *	kmap_atomic()      the same, and until it is undone nothing else runs on this CPU.
 *	kmap()             for whoever gets the address, for as long as wanted; slots are few (one
 *	                   page table of them) and shared.
 *
 * All three give the direct-map address of a lowmem page. The first two are in <mm/kmap_local.h>, a
 * layer of its own: they need nothing but page tables.
 */

/**
 * kmap_init() - make the slots of kmap() usable
 *
 * Context: boot, once, after paging_init(), while memblock still gives memory.
 */
void kmap_init(void);

/**
 * kmap_watch_init() - begin to look for mappings that are held for too long, if kmap_leak_ms= says so
 *
 * Context: boot, once, when threads can be made.
 */
void kmap_watch_init(void);

/**
 * kmap_high() - kmap() of a highmem page
 * @page: a highmem page
 *
 * Context, and what it returns: see kmap(), which calls it.
 */
void *kmap_high(struct page *page);

/**
 * kunmap_high() - kunmap() of a highmem page, or of what may be none
 * @page: as given to kunmap()
 *
 * Context, and what it panics of: see kunmap(), which calls it.
 */
void kunmap_high(struct page *page);

/**
 * page_address_high() - page_address() of a highmem page
 * @page: a highmem page
 *
 * What it was asked for in vain is named when page 0 is touched afterwards.
 * Context, and what it returns: see page_address(), which calls it.
 */
void *page_address_high(const struct page *page);

/**
 * kmap() - map a page until kunmap()
 * @page: any page
 *
 * Mappings of the same page share a slot and are counted. The address may be handed on.
 * Where all slots are held it waits for one, in a line. If every thread waits, for a slot or for the end of a
 * thread that does, it panics and names the holders.
 * Context: may sleep: a thread, nothing disabled, else panic. (With a lowmem page it is only a DEBUG=1 kernel
 * that sees interrupts off.)
 * Return: its address.
 */
static __always_inline void *kmap(struct page *page)
{
	if (page_is_highmem(page))
		return kmap_high(page);
	if (DEBUG || unlikely(in_atomic()))
		might_sleep("kmap");
	return lowmem_page_address(page);
}

/**
 * kunmap() - undo one kmap()
 * @page: as given to kmap()
 *
 * The slot stays mapped until all slots are used up; then one flush makes all idle ones empty. With DEBUG=1
 * it is unmapped at once if the caller could sleep. Panics if the page is not mapped.
 * Context: any but interrupts; interrupts may be off, and spinlocks held.
 */
static __always_inline void kunmap(struct page *page)
{
	if (DEBUG || page_is_highmem(page))
		kunmap_high(page);
}

/**
 * kmap_to_page() - which page is mapped at an address?
 * @addr: of the direct map, or from any of the above
 *
 * Return: its descriptor; NULL if nothing is mapped there.
 */
struct page *kmap_to_page(const void *addr);

/**
 * page_address() - address of a page that has one
 * @page: any page
 *
 * Return: direct-map address, or that of its kmap() slot while it is held; NULL otherwise.
 */
static __always_inline void *page_address(const struct page *page)
{
	if (page_is_highmem(page))
		return page_address_high(page);
	return lowmem_page_address(page);
}

/**
 * kmapinfo_show() - who holds slots of kmap()
 * @out: where to
 */
void kmapinfo_show(printf_fn *out);
