/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/current_ip.h>
#include <asm/kmap_local.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <lib/types.h>
#include <mm/page.h>

/*
 * Addresses of high pages for a short time: a stack of fixmap slots on each CPU. It needs no lock,
 * no search and no memory, so it works as soon as page tables do. <mm/highmem.h> has addresses
 * that can be passed to other threads.
 */

/* With DEBUG=1 and kmap_local_force_map=1, lowmem pages get slots, too. */
#if DEBUG
extern bool kmap_local_force_map;
#else
#define kmap_local_force_map false
#endif

/**
 * kmap_local_page() - map a page for this thread
 * @page: any page
 *
 * KMAP_LOCAL_DEPTH mappings can be nested, those of interrupts included; one more panics.
 * Context: any, interrupts too. The thread may sleep and be preempted while it has the mapping.
 * Return: address of the page, valid for this thread until kunmap_local().
 */
static __always_inline void *kmap_local_page(const struct page *page)
{
	if (!page_is_highmem(page) && !kmap_local_force_map)
		return lowmem_page_address(page);
	return kmap_local_slot(page, current_ip());
}

/**
 * kunmap_local() - undo the latest kmap_local_page()
 * @addr: any address within the page; panics if the latest mapping is another one
 *
 * A later touch of the address of a highmem page faults.
 * Context: that of kmap_local_page().
 */
static __always_inline void kunmap_local(const void *addr)
{
	if (!is_direct_map(addr))
		kunmap_local_slot(addr);
}

/**
 * kmap_atomic() - map a page, and disable preemption
 * @page: any page
 *
 * It also counts pagefault_disable(), as Linux does. No handler of page faults reads this count
 * yet.
 * Context: that of kmap_local_page(); the caller may not sleep until kunmap_atomic().
 * Return: address of the page, valid for this thread until kunmap_atomic().
 */
static __always_inline void *kmap_atomic(const struct page *page)
{
	preempt_disable();
	pagefault_disable();
	return kmap_local_page(page);
}

/**
 * kunmap_atomic() - undo the latest kmap_atomic()
 * @addr: any address within the page; panics if the latest mapping is another one
 *
 * Context: that of kmap_local_page().
 */
static __always_inline void kunmap_atomic(const void *addr)
{
	kunmap_local(addr);
	pagefault_enable();
	preempt_enable();
}

/**
 * kmap_local_init() - write the guards of all CPUs, and make the slots of the boot CPU usable
 *
 * Context: boot, once, after mem_map_init().
 */
void kmap_local_init(void);

/**
 * kmap_local_to_page() - find the page that a slot maps
 * @vaddr: any address
 *
 * Context: any.
 * Return: descriptor of the page; NULL if no slot is at @vaddr, or the slot is empty.
 */
struct page *kmap_local_to_page(unsigned long vaddr);

/* Each of these maps its pages by kmap_local_page(), so it may be called in any context. */

/**
 * clear_highpage() - fill a page with zeroes
 * @page: any page
 *
 * Context: any.
 */
static inline void clear_highpage(struct page *page)
{
	void *addr = kmap_local_page(page);

	clear_page(addr);
	kunmap_local(addr);
}

/**
 * copy_highpage() - copy a whole page
 * @to: page to write
 * @from: page to read
 *
 * Context: any.
 */
static inline void copy_highpage(struct page *to, struct page *from)
{
	void *dst = kmap_local_page(to);
	void *src = kmap_local_page(from);

	copy_page(dst, src);
	kunmap_local(src);
	kunmap_local(dst);
}

/**
 * memcpy_to_page() - copy bytes into a page
 * @page: page to write
 * @offset: first byte in the page
 * @from: bytes to copy
 * @len: number of bytes; they must not cross the end of the page
 *
 * Context: any.
 */
static inline void memcpy_to_page(struct page *page, size_t offset, const void *from, size_t len)
{
	char *addr = kmap_local_page(page);

	memcpy(addr + offset, from, len);
	kunmap_local(addr);
}

/**
 * memcpy_from_page() - copy bytes out of a page
 * @to: memory to write
 * @page: page to read
 * @offset: first byte in the page
 * @len: number of bytes; they must not cross the end of the page
 *
 * Context: any.
 */
static inline void memcpy_from_page(void *to, struct page *page, size_t offset, size_t len)
{
	char *addr = kmap_local_page(page);

	memcpy(to, addr + offset, len);
	kunmap_local(addr);
}

/**
 * zero_user() - fill a part of a page with zeroes
 * @page: any page
 * @start: first byte in the page
 * @len: number of bytes; they must not cross the end of the page
 *
 * Context: any.
 */
static inline void zero_user(struct page *page, size_t start, size_t len)
{
	char *addr = kmap_local_page(page);

	memset(addr + start, 0, len);
	kunmap_local(addr);
}
