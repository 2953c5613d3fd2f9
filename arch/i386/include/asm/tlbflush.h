/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <lib/types.h>

/*
 * Which flush a change of a page-table entry owes (Intel SDM 3A, 4.10).
 *
 *	not present -> present     none: the CPU caches no entry that is not present (4.10.2.3)
 *	present -> anything else   invlpg of that address: drops the translation, global or not, and
 *	                           all paging-structure caches (4.10.4.1)
 *	many entries, not global   one CR3 load: drops every non-global translation
 *	many entries, global       CR4.PGE off and on: drops all
 *	a PDE that named a table   the same by its effect on addresses: the table's pages are flushed
 *	large page split           all its addresses, global: flush_tlb_all(). Size and rights are not
 *	                           changed in one step: the CPU may use entries of both sizes until the
 *	                           flush, and they must say the same (4.10.2.3, 4.10.4.3)
 *	a PDPTE (PAE)              a CR3 load: the four are read only then (4.4.1)
 *
 * Until the flush the CPU may use the old entry, the new one, or first one and then the other.
 */

/* Who asked for a flush on all CPUs. */
enum tlb_cause {
	TLB_BOOT,
	TLB_FIXMAP,
	TLB_KMAP,   /* slots of kmap() are recycled */
	TLB_UNMAP,  /* a vmalloc, vmap or ioremap range goes */
	TLB_RIGHTS, /* set_memory_...(), and splitting for it */
	NR_TLB_CAUSES
};

/* What this CPU has done so far. */
struct tlb_counts {
	u32 one; /* invlpg */
	u32 cr3; /* CR3 loads */
	u32 all; /* CR4.PGE toggles */
};

DECLARE_PER_CPU(struct tlb_counts, tlb_counts);

/**
 * flush_tlb_one() - drop this CPU's translation of one page
 * @vaddr: any address in it
 *
 * For what only this CPU can have used: its own kmap_local slots.
 * On a 386 there is no invlpg; the 486 is the oldest CPU that the kernel runs on.
 */
static inline void flush_tlb_one(unsigned long vaddr)
{
	__asm__ volatile("invlpg (%0)" ::"r"(vaddr) : "memory");
	this_cpu_add(tlb_counts.one, 1);
}

/**
 * flush_tlb_local() - drop all of this CPU's translations that are not global
 */
static inline void flush_tlb_local(void)
{
	unsigned long cr3;

	__asm__ volatile("movl %%cr3, %0; movl %0, %%cr3" : "=r"(cr3)::"memory");
	this_cpu_add(tlb_counts.cr3, 1);
}

/**
 * flush_tlb_all_local() - drop all of this CPU's translations, global ones too
 *
 * For a CPU that has just become one of those that are asked to flush.
 */
void flush_tlb_all_local(void);

/*
 * The following act on all CPUs, and return when all have done it: then no CPU can use the old entry any
 * more, and the frame behind it may be given away. One round of interrupts each, however large the range.
 *
 * Context: interrupts on (once there is more than one CPU), not in interrupts. Spinlocks may be held that
 * are never waited for with interrupts off.
 */

/**
 * flush_tlb_page() - drop the translation of one page
 * @vaddr: any address in it
 * @cause: for the statistics
 */
void flush_tlb_page(unsigned long vaddr, enum tlb_cause cause);

/**
 * flush_tlb_kernel_range() - drop the translations of a range
 * @start: first byte
 * @end: one past the last
 * @cause: for the statistics
 *
 * Page by page, or everything where that is cheaper.
 */
void flush_tlb_kernel_range(unsigned long start, unsigned long end, enum tlb_cause cause);

/**
 * flush_tlb_nonglobal() - drop all translations that are not global
 * @cause: for the statistics
 */
void flush_tlb_nonglobal(enum tlb_cause cause);

/**
 * flush_tlb_all() - drop all translations, global ones too
 * @cause: for the statistics
 */
void flush_tlb_all(enum tlb_cause cause);

/**
 * tlb_flushes() - flushes on all CPUs so far
 * @cause: of one cause
 */
u32 tlb_flushes(enum tlb_cause cause);

/**
 * tlb_ipis() - interrupts that they took
 * @cause: of one cause
 */
u32 tlb_ipis(enum tlb_cause cause);
