/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/pgtable.h>
#include <lib/types.h>

/*
 * The slots of kmap_local_page(): a stack of fixmap pages on each CPU, and what the scheduler and the trap handlers
 * do with them. Threads use <mm/kmap_local.h>. A page is named by the address of its descriptor, which is
 * not read here.
 */

struct page;

/* Bytes of RAM per byte of descriptor: a frame over its descriptor of 16 bytes. */
#define KMAP_LOCAL_SCALE (PAGE_SIZE / 16)

/* What mk_local_pte() adds; set by kmap_local_init(). */
extern pteval_t local_pte_base;

/**
 * mk_local_pte() - the entry that maps a page with PAGE_KERNEL_LOCAL
 * @page: any page
 *
 * A frame's physical address is its descriptor's address times KMAP_LOCAL_SCALE plus a constant. The constant and the
 * protection bits are folded into local_pte_base.
 */
static inline pte_t mk_local_pte(const struct page *page)
{
	return (pte_t){ local_pte_base + (pteval_t)(unsigned long)page * KMAP_LOCAL_SCALE };
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
 * kmap_local_init_slots() - make the slots usable, and those of the boot CPU
 * @frame_0: the descriptor of frame 0; the descriptors of all frames follow it, side by side
 *
 * Context: boot, once.
 */
void kmap_local_init_slots(const struct page *frame_0);

/**
 * kmap_local_init_cpu() - make this CPU's slots usable
 *
 * Context: once on each other CPU, after kmap_local_init_slots().
 */
void kmap_local_init_cpu(void);

/**
 * kmap_local_pfn() - tell which frame is mapped in a slot
 * @vaddr: any address
 * @pfn: set to the frame number, if there is one
 *
 * Context: any.
 * Return: false if @vaddr is in no slot, or the slot is empty.
 */
bool kmap_local_pfn(unsigned long vaddr, unsigned long *pfn);

/**
 * kmap_local_show() - the slots in use of all CPUs, one line each: address, frame, and who mapped it
 * @out: where to
 *
 * Context: any; a slot that changes meanwhile is shown as before or as after.
 */
void kmap_local_show(printf_fn *out);
