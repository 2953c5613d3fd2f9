/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/layout.h>
#include <asm/percpu.h>
#include <asm/pgtable.h>
#include <lib/types.h>

/*
 * The slots of kmap_local_page(): a stack of fixmap pages on each CPU. The scheduler and the trap
 * handlers call these functions; other code uses <mm/kmap_local.h>. This layer names a page by the
 * address of its descriptor, and does not read the descriptor.
 */

struct page;

/* Bytes of RAM per byte of descriptor: a frame over its descriptor of 16 bytes. */
#define KMAP_LOCAL_SCALE (PAGE_SIZE / 16)

/* The constant in mk_local_pte(); kmap_local_init() sets it. */
extern pteval_t local_pte_base;

/**
 * mk_local_pte() - make the PTE that maps a page with PAGE_KERNEL_LOCAL
 * @page: any page
 *
 * A frame's physical address is the address of its descriptor times KMAP_LOCAL_SCALE, plus a
 * constant. That constant and the protection bits are added in local_pte_base.
 * Context: any.
 * Return: the PTE.
 */
static inline pte_t mk_local_pte(const struct page *page)
{
	return (pte_t){ local_pte_base + (pteval_t)(unsigned long)page * KMAP_LOCAL_SCALE };
}

/**
 * kmap_local_slot() - map a page in the next slot: the slow part of kmap_local_page()
 * @page: any page
 * @caller: address in the calling function, for reports
 *
 * Context: that of kmap_local_page().
 * Return: that of kmap_local_page().
 */
void *kmap_local_slot(const struct page *page, unsigned long caller);

/**
 * kunmap_local_slot() - undo the latest kmap_local_slot()
 * @addr: any address within the page; panics if the latest mapping is another one
 *
 * Context: that of kunmap_local().
 */
void kunmap_local_slot(const void *addr);

/**
 * struct kmap_local_use - the last use of a slot
 * @page: page that it mapped; NULL: the slot was never used
 * @caller: address in the function that mapped it
 */
struct kmap_local_use {
	const struct page *page;
	unsigned long caller;
};

/**
 * struct kmap_local_stack - the mappings of a thread that does not run
 * @nr: number of slots that it has taken
 * @mapped: bit n: slot n maps @use[n].page. A clear bit: the thread was preempted after it took
 *	the slot and before it wrote the PTE, or while it unmapped the page
 * @use: last use of each slot, beginning with the first slot
 */
struct kmap_local_stack {
	u32 nr;
	u32 mapped;
	struct kmap_local_use use[KMAP_LOCAL_DEPTH];
};

/*
 * Address of the slot of this CPU that was mapped last. It is that of the guard below the slots,
 * kmap_bottom, while nothing is mapped.
 */
DECLARE_PER_CPU(u32, kmap_top);
DECLARE_PER_CPU(u32, kmap_bottom);

/**
 * kmap_local_save(), kmap_local_restore() - the slow parts of the functions below
 * @save: receives the mappings
 * @saved: the mappings
 *
 * Context: that of the callers.
 */
void kmap_local_save(struct kmap_local_stack *save);
void kmap_local_restore(struct kmap_local_stack *saved);

/**
 * kmap_local_switch_out() - save the mappings of the running thread, and clear their slots
 * @save: empty; receives the mappings
 *
 * The translations are flushed, since the next thread uses the same addresses.
 * Context: the scheduler, interrupts off.
 */
static inline void kmap_local_switch_out(struct kmap_local_stack *save)
{
	if (unlikely(this_cpu(kmap_top) != this_cpu(kmap_bottom)))
		kmap_local_save(save);
}

/**
 * kmap_local_switch_in() - restore the mappings of a thread at their former addresses
 * @saved: from kmap_local_switch_out() on the same CPU; empty afterwards
 *
 * Context: the scheduler, interrupts off; nothing is mapped.
 */
static inline void kmap_local_switch_in(struct kmap_local_stack *saved)
{
	if (unlikely(saved->nr))
		kmap_local_restore(saved);
}

/**
 * kmap_local_held() - count the mappings of the running thread
 *
 * Context: interrupts or preemption are disabled, or the thread has a mapping, so that it stays on
 * its CPU.
 * Return: number of mappings. It is KMAP_LOCAL_DEPTH + 1 for an interrupt handler that has
 * interrupted a kmap_local_page() without a free slot, just before that panics.
 */
unsigned int kmap_local_held(void);

/**
 * kmap_local_too_deep() - panic, since kmap_local_held() is more than KMAP_LOCAL_DEPTH
 *
 * A guard follows the last slot, and then the slots of the next CPU begin. The scheduler and the
 * trap handlers call this function before they run code that could map a page there.
 * Context: any.
 */
void kmap_local_too_deep(void) __noreturn;

/**
 * kmap_local_show_held() - print the latest mappings of this CPU: address, frame and caller of each
 * @nr: print at most this many
 * @out: function that prints
 *
 * Context: any on a CPU that the caller does not leave.
 */
void kmap_local_show_held(unsigned int nr, printf_fn *out);

/**
 * kmap_local_describe() - print the last use of the slot at an address
 * @vaddr: any address; nothing is printed if no slot is there
 * @out: function that prints
 *
 * Context: any.
 */
void kmap_local_describe(unsigned long vaddr, printf_fn *out);

/**
 * kmap_local_init_slots() - write the guards of all CPUs, and make the slots of the boot CPU usable
 * @frame_0: descriptor of frame 0, the first of the array of all descriptors
 *
 * Context: boot, once.
 */
void kmap_local_init_slots(const struct page *frame_0);

/**
 * kmap_local_init_cpu() - make the slots of this CPU usable
 *
 * Context: once on each other CPU, after kmap_local_init_slots().
 */
void kmap_local_init_cpu(void);

/**
 * kmap_local_pfn() - find the frame that a slot maps
 * @vaddr: any address
 * @pfn: receives the frame number
 *
 * Context: any.
 * Return: false if no slot is at @vaddr, or the slot is empty.
 */
bool kmap_local_pfn(unsigned long vaddr, unsigned long *pfn);

/**
 * kmap_local_slot_address() - address of a slot
 * @cpu: number of a CPU
 * @nr: number of the slot on that CPU, from 0 on, less than KMAP_LOCAL_DEPTH
 *
 * Context: any.
 * Return: the address, whether or not the slot is in use.
 */
unsigned long kmap_local_slot_address(u32 cpu, u32 nr);

/**
 * kmap_local_in_use() - count the slots in use of all CPUs
 *
 * Context: any. A snapshot.
 * Return: number of slots that map a page now; mappings of threads that do not run are not counted.
 */
unsigned int kmap_local_in_use(void);

/**
 * kmap_local_show() - print the slots in use of all CPUs: address, frame and caller of each
 * @out: function that prints
 *
 * Context: any. A slot that changes meanwhile is printed as it was before or after the change.
 */
void kmap_local_show(printf_fn *out);
