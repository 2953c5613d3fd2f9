/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/current_ip.h>
#include <asm/kmap_local.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <lib/types.h>
#include <mm/page.h>

/*
 * Addresses for a moment: a stack of fixmap slots per CPU. No lock, no search, no memory; usable from
 * the page tables on. For addresses that can be handed on see <mm/highmem.h>.
 */

/* With DEBUG=1: kmap_local_force_map=1 has lowmem pages mapped, too. */
#if DEBUG
extern bool kmap_local_force_map;
#else
#define kmap_local_force_map false
#endif

/**
 * kmap_local_page() - map a page for this thread
 * @page: any page
 *
 * Context: any, interrupts too. Up to KMAP_LOCAL_DEPTH mappings deep; one more panics.
 * Return: its address, valid until kunmap_local(), and for this thread only.
 */
static __always_inline void *kmap_local_page(const struct page *page)
{
	if (!page_is_highmem(page) && !kmap_local_force_map)
		return lowmem_page_address(page);
	return kmap_local_slot(page, current_ip());
}

/**
 * kunmap_local() - undo the latest kmap_local_page()
 * @addr: any address within the page
 *
 * Panics if it is not the latest. A touch of the address afterwards faults (highmem pages).
 * Context: that of kmap_local_page().
 */
static __always_inline void kunmap_local(const void *addr)
{
	if (!is_direct_map(addr))
		kunmap_local_slot(addr);
}

/**
 * kmap_atomic() - kmap_local_page(), with preemption and page-fault handling disabled
 * @page: any page
 */
static __always_inline void *kmap_atomic(const struct page *page)
{
	preempt_disable();
	pagefault_disable();
	return kmap_local_page(page);
}

/**
 * kunmap_atomic() - undo the latest kmap_atomic()
 * @addr: any address within the page
 */
static __always_inline void kunmap_atomic(const void *addr)
{
	kunmap_local(addr);
	pagefault_enable();
	preempt_enable();
}

/**
 * kmap_local_init() - make the slots usable, and those of the boot CPU
 *
 * Context: boot, once, after mem_map_init().
 */
void kmap_local_init(void);

/**
 * kmap_local_to_page() - which page is mapped in a slot?
 * @vaddr: any address
 *
 * Return: its descriptor; NULL if @vaddr is in no slot, or the slot is empty.
 */
struct page *kmap_local_to_page(unsigned long vaddr);

/* Whole pages and parts of them, through kmap_local_page(). Lengths in bytes, within the page. */

static inline void clear_highpage(struct page *page)
{
	void *addr = kmap_local_page(page);

	clear_page(addr);
	kunmap_local(addr);
}

static inline void copy_highpage(struct page *to, struct page *from)
{
	void *dst = kmap_local_page(to);
	void *src = kmap_local_page(from);

	copy_page(dst, src);
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
