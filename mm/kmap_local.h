/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/backtrace.h>
#include <asm/pgtable.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <lib/types.h>
#include <mm/page.h>

/*
 * Addresses for a moment: a stack of fixmap slots per CPU. No lock, no search, no memory; usable from
 * the page tables on. For addresses that can be handed on see <mm/highmem.h>.
 */

/* Slots of kmap_local_page() that a CPU has. */
#define KMAP_LOCAL_DEPTH 16

/* With DEBUG=1: kmap_local_force_map=1 has lowmem pages mapped, too. */
#if DEBUG
extern bool kmap_local_force_map;
#else
#define kmap_local_force_map false
#endif

/* What mk_local_pte() adds; set by kmap_local_init(). */
extern pteval_t local_pte_base;

/**
 * mk_local_pte() - the entry that maps a page with PAGE_KERNEL_LOCAL
 * @page: any page
 *
 * The address of the frame is FRAME_SCALE times that of its descriptor, but for a constant: one addition makes
 * an entry of it.
 */
static inline pte_t mk_local_pte(const struct page *page)
{
	return (pte_t){ local_pte_base + (pteval_t)(unsigned long)page * FRAME_SCALE };
}

/**
 * kmap_local_slot() - map a page that has no other address: the part of kmap_local_page() that is work
 * @page: any page
 * @caller: who it is for, in reports
 */
void *kmap_local_slot(const struct page *page, unsigned long caller);

/**
 * kunmap_local_slot() - undo the latest kmap_local_slot()
 * @addr: any address within the page; panics if it is not of the latest
 */
void kunmap_local_slot(const void *addr);

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
 * struct kmap_local_use - what a slot was used for last
 * @page: the page that it was mapped to; NULL: the slot was never used
 * @caller: the code that had it mapped
 */
struct kmap_local_use {
	const struct page *page;
	unsigned long caller;
};

/**
 * struct kmap_local_stack - the mappings of a thread that does not run
 * @nr: how many slots it has
 * @mapped: bit n: slot n is mapped, to @use[n].page; else it was taken and is not mapped yet, or no longer
 * @use: of each slot, from the first
 */
struct kmap_local_stack {
	u32 nr;
	u32 mapped;
	struct kmap_local_use use[KMAP_LOCAL_DEPTH];
};

/**
 * kmap_local_switch_out() - take the running thread's mappings off this CPU's slots
 * @save: what they are
 *
 * The translations are flushed: who runs next uses the same addresses.
 * Context: the scheduler, interrupts off.
 */
void kmap_local_switch_out(struct kmap_local_stack *save);

/**
 * kmap_local_switch_in() - put a thread's mappings back, at the addresses where they were
 * @saved: from kmap_local_switch_out() on the same CPU; empty afterwards
 *
 * Context: the scheduler, interrupts off.
 */
void kmap_local_switch_in(struct kmap_local_stack *saved);

/**
 * kmap_local_held() - how many mappings the running thread has
 *
 * Context: on a CPU that the caller does not leave: with interrupts or preemption disabled, or with a mapping.
 * Return: their number. One more than KMAP_LOCAL_DEPTH in code that has interrupted a kmap_local_page() for
 * which there is no slot: it is about to panic.
 */
unsigned int kmap_local_held(void);

/**
 * kmap_local_too_deep() - panic, since kmap_local_held() is more than KMAP_LOCAL_DEPTH
 *
 * What comes behind the last slot is the first one of the next CPU, and nothing may be mapped there: code that
 * maps pages, or lets other code do so, calls this instead.
 */
void kmap_local_too_deep(void) __noreturn;

/**
 * kmap_local_show_held() - the latest mappings of this CPU, one line each: address, frame, and who mapped it
 * @nr: how many, at most
 * @out: where to
 */
void kmap_local_show_held(unsigned int nr, printf_fn *out);

/**
 * kmap_local_describe() - what the slot at an address was used for last
 * @vaddr: any address; nothing is printed for one that is in no slot
 * @out: where to
 */
void kmap_local_describe(unsigned long vaddr, printf_fn *out);

/**
 * kmap_local_init() - make the slots usable, and those of the boot CPU
 *
 * Context: boot, once, after mem_map_init().
 */
void kmap_local_init(void);

/**
 * kmap_local_init_cpu() - make this CPU's slots usable
 *
 * Context: once on each CPU, the boot CPU after kmap_local_init().
 */
void kmap_local_init_cpu(void);

/**
 * kmap_local_to_page() - which page is mapped in a slot?
 * @vaddr: any address
 *
 * Return: its descriptor; NULL if @vaddr is in no slot, or the slot is empty.
 */
struct page *kmap_local_to_page(unsigned long vaddr);

/**
 * kmap_local_show() - the slots in use of all CPUs, one line each: address, frame, and who mapped it
 * @out: where to
 *
 * Context: any; a slot that changes meanwhile is shown as before or as after.
 */
void kmap_local_show(printf_fn *out);

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
