/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/string.h>
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
 * All three give the direct-map address of a lowmem page.
 */

/* Slots of kmap_local_page() that a CPU has. */
#define KMAP_LOCAL_DEPTH 16

/**
 * kmap_local_page() - map a page for this thread
 * @page: any page
 *
 * Context: any, interrupts too. Up to KMAP_LOCAL_DEPTH mappings deep; one more panics.
 * Return: its address, valid until kunmap_local(), and for this thread only.
 */
void *kmap_local_page(const struct page *page);

/**
 * kunmap_local() - undo the latest kmap_local_page()
 * @addr: any address within the page
 *
 * Panics if it is not the latest. A touch of the address afterwards faults (highmem pages).
 * Context: that of kmap_local_page().
 */
void kunmap_local(const void *addr);

/**
 * kmap_atomic() - kmap_local_page(), with preemption and page-fault handling disabled
 * @page: any page
 */
void *kmap_atomic(const struct page *page);

/**
 * kunmap_atomic() - undo the latest kmap_atomic()
 * @addr: any address within the page
 */
void kunmap_atomic(const void *addr);

/**
 * kmap() - map a page until kunmap()
 * @page: any page
 *
 * Mappings of the same page share a slot and are counted. The address may be handed on.
 * Context: may sleep; not in interrupts. Without threads, all slots in use panics and names them.
 * Return: its address.
 */
void *kmap(struct page *page);

/**
 * kunmap() - undo one kmap()
 * @page: as given to kmap()
 *
 * The slot stays mapped until all slots are used up; then one flush makes all unused ones free.
 * Context: any but interrupts.
 */
void kunmap(struct page *page);

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
void *page_address(const struct page *page);

/* Whole pages and parts of them, through kmap_local_page(). Lengths in bytes, within the page. */

static inline void clear_highpage(struct page *page)
{
	void *addr = kmap_local_page(page);

	memset(addr, 0, PAGE_SIZE);
	kunmap_local(addr);
}

static inline void copy_highpage(struct page *to, struct page *from)
{
	void *dst = kmap_local_page(to);
	void *src = kmap_local_page(from);

	memcpy(dst, src, PAGE_SIZE);
	kunmap_local(src);
	kunmap_local(dst);
}

static inline void memcpy_to_page(struct page *page, size_t offset, const void *from, size_t len)
{
	char *addr = kmap_local_page(page);

	memcpy(addr + offset, from, len);
	kunmap_local(addr);
}

static inline void memcpy_from_page(void *to, struct page *page, size_t offset, size_t len)
{
	char *addr = kmap_local_page(page);

	memcpy(to, addr + offset, len);
	kunmap_local(addr);
}

static inline void zero_user(struct page *page, size_t start, size_t len)
{
	char *addr = kmap_local_page(page);

	memset(addr + start, 0, len);
	kunmap_local(addr);
}
