/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>
#include <kernel/preempt.h>
#include <mm/kmap_local.h>
#include <mm/page.h>

/*
 * Addresses for pages that have none.
 *
 *	kmap_local_page()  For this thread, from the beginning to the end of a function. Nested
 *	                   mappings are undone in reverse order. No lock, no search: a stack of
 *	                   fixmap slots.
 *	kmap_atomic()      The same; until it is undone, no other thread runs on this CPU.
 *	kmap()             For all threads on all CPUs, for any time. The slots are shared and
 *	                   few: one page table of them.
 *
 * All three return the direct-map address of a lowmem page. The first two are in
 * <mm/kmap_local.h>, a layer of its own, since they need only page tables.
 */

/**
 * kmap_init() - make the slots of kmap() usable
 *
 * Context: boot, once, after paging_init() and while memblock still gives memory.
 */
void kmap_init(void);

/**
 * kmap_high() - the part of kmap() for a highmem page
 * @page: a highmem page
 *
 * Context: that of kmap().
 * Return: that of kmap().
 */
void *kmap_high(struct page *page);

/**
 * kunmap_high() - the part of kunmap() for a highmem page; with DEBUG=1, for any page
 * @page: argument of kunmap(), not checked yet
 *
 * Context: that of kunmap().
 */
void kunmap_high(struct page *page);

/**
 * page_address_high() - the part of page_address() for a highmem page
 * @page: a highmem page
 *
 * If page 0 is touched after this function returned NULL, the report of the fault names the page.
 *
 * Context: that of page_address().
 * Return: that of page_address().
 */
void *page_address_high(const struct page *page);

/**
 * kmap() - map a page until kunmap()
 * @page: any page
 *
 * Mappings of the same page share a slot and are counted. Any thread on any CPU may use the
 * address and undo the mapping. If all slots are held, kmap() waits until it gets one. If no thread
 * is left that could give a slot back, it panics and names the holders.
 * Context: may sleep: a thread with interrupts and preemption enabled, else panic. (For a lowmem
 * page only a DEBUG=1 kernel notices that interrupts are off.)
 * Return: address of the page.
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
 * @page: the page that was mapped, not its address
 *
 * The address may remain usable for some time (mm/kmap.c), but the caller must not use it. For a
 * highmem page: panics in an interrupt handler, or if the page is not mapped. A lowmem page is not
 * checked.
 * Context: a thread; interrupts may be off, and spinlocks held.
 */
static __always_inline void kunmap(struct page *page)
{
	if (DEBUG || page_is_highmem(page))
		kunmap_high(page);
}

/**
 * kmap_to_page() - find the page that is mapped at an address
 * @addr: address in the direct map, or from any of the functions above
 *
 * Context: any.
 * Return: descriptor of the page; NULL if no page is mapped there.
 */
struct page *kmap_to_page(const void *addr);

/**
 * page_address() - address of a page, if it has one
 * @page: any page
 *
 * Context: any.
 * Return: address in the direct map; for a highmem page, address of its slot while a kmap() holds
 * it, else NULL. (While an idle slot has a mistaken user, also its address: see mm/kmap.c.)
 */
static __always_inline void *page_address(const struct page *page)
{
	if (page_is_highmem(page))
		return page_address_high(page);
	return lowmem_page_address(page);
}

/**
 * kmapinfo_show() - print how many slots of kmap() are held, idle and empty, and the holders
 * @out: function that prints
 *
 * Context: any that does not hold the lock of the list of threads.
 */
void kmapinfo_show(printf_fn *out);
