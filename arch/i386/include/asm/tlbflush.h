/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <lib/types.h>

/*
 * The Translation Lookaside Buffer (TLB) of a CPU caches page-table entries. The CPU does not
 * notice that an entry in memory has changed, so the code that changes it must flush (Intel SDM 3A,
 * 4.10):
 *
 *	not present -> present     none: the CPU caches no entry that is not present (4.10.2.3)
 *	present -> anything else   invlpg of that address: drops the translation, global or not, and
 *	                           all paging-structure caches (4.10.4.1)
 *	many entries, not global   one CR3 load: drops every non-global translation
 *	many entries, global       CR4.PGE off and on: drops all
 *	a PDE that named a table   the flush that the addresses of the table need, before the table
 *	                           is freed
 *	rights of a large page     invlpg of one address of the page, or flush_tlb_all()
 *	a large page is split      flush_tlb_all(), since the addresses are global. The split must
 *	                           not change rights: until the flush, the CPU may use entries
 *	                           of both sizes, and they must agree (4.10.2.3, 4.10.4.3)
 *	a PDPTE (PAE)              a CR3 load: the CPU reads the four only then (4.4.1)
 *
 * Until the flush the CPU may use the old entry, the new one, or first one and then the other. A
 * flush on all CPUs costs one interrupt for each other CPU, which is why callers collect changes
 * and flush once.
 */

/* The reason for a flush on all CPUs, for the statistics. */
enum tlb_cause {
	TLB_BOOT,
	TLB_FIXMAP,
	TLB_KMAP,   /* slots of kmap() are recycled */
	TLB_UNMAP,  /* a vmalloc, vmap or ioremap range is removed */
	TLB_RIGHTS, /* set_memory_*() changes rights, or splits a large page */
	TLB_USER,   /* pages of programs; only CPUs that use the page tables */
	NR_TLB_CAUSES
};

/* Above this many pages a full flush is cheaper than one invlpg a page. */
#define FLUSH_RANGE_PAGES 32

/* Number of flushes that this CPU has done since boot. */
struct tlb_counts {
	u32 one; /* invlpg */
	u32 cr3; /* CR3 loads */
	u32 all; /* CR4.PGE toggles */
};

DECLARE_PER_CPU(struct tlb_counts, tlb_counts);

/* Flushes of all CPUs, and the interrupts that they sent; changed by locked additions. */
struct tlb_cause_counts {
	u32 flushes, ipis;
};

extern struct tlb_cause_counts tlb_causes[NR_TLB_CAUSES];

/**
 * flush_tlb_one() - drop this CPU's translation of one page
 * @vaddr: any address in the page
 *
 * For mappings that only this CPU can have used, such as its kmap_local slots. The 486 is the
 * oldest CPU that the kernel runs on, since the 386 has no invlpg.
 * Context: any, on a CPU that the caller does not leave.
 */
static inline void flush_tlb_one(unsigned long vaddr)
{
	__asm__ volatile("invlpg (%0)" ::"r"(vaddr) : "memory");
	this_cpu_add(tlb_counts.one, 1);
}

/**
 * flush_tlb_local() - drop all of this CPU's translations that are not global
 *
 * Context: any, on a CPU that the caller does not leave.
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
 * A CPU calls this once it takes part in the flushes of the others.
 * Context: any, on a CPU that the caller does not leave.
 */
void flush_tlb_all_local(void);

/*
 * The functions below act on all CPUs. When one returns, no CPU can use the old entry any more, and
 * the caller may free the frame behind it. Each call sends at most one round of interrupts, however
 * large the range is.
 *
 * Context: interrupts on (once there is more than one CPU), not in interrupts. The caller may hold
 * a spinlock only if no CPU waits for that lock with interrupts off.
 */

/**
 * flush_tlb_kernel_page() - drop the translation of one page on all CPUs
 * @vaddr: any address in the page
 * @cause: for the statistics
 *
 * Context: see above.
 */
void flush_tlb_kernel_page(unsigned long vaddr, enum tlb_cause cause);

/**
 * flush_tlb_kernel_range() - drop the translations of a range on all CPUs
 * @start: first byte
 * @end: one past the last byte
 * @cause: for the statistics
 *
 * Flushes page by page, or everything where that is cheaper.
 * Context: see above.
 */
void flush_tlb_kernel_range(unsigned long start, unsigned long end, enum tlb_cause cause);

/**
 * flush_tlb_nonglobal() - drop all translations that are not global, on all CPUs
 * @cause: for the statistics
 *
 * Context: see above.
 */
void flush_tlb_nonglobal(enum tlb_cause cause);

/**
 * flush_tlb_all() - drop all translations on all CPUs, global ones too
 * @cause: for the statistics
 *
 * Context: see above.
 */
void flush_tlb_all(enum tlb_cause cause);

/**
 * tlb_count() - count a flush that another file has done
 * @cause: for the statistics
 * @ipis: interrupts that it sent
 *
 * Context: any.
 */
static inline void tlb_count(enum tlb_cause cause, unsigned int ipis)
{
	__atomic_fetch_add(&tlb_causes[cause].flushes, 1, __ATOMIC_RELAXED);
	if (ipis)
		__atomic_fetch_add(&tlb_causes[cause].ipis, ipis, __ATOMIC_RELAXED);
}

/**
 * tlb_flushes() - count the flushes on all CPUs
 * @cause: only flushes of this cause count
 *
 * Context: any.
 * Return: their number since boot.
 */
u32 tlb_flushes(enum tlb_cause cause);

/**
 * tlb_flush_counter() - tell where the flushes of a cause are counted
 * @cause: which
 *
 * For readers outside of the machine (mm/view.c).
 * Context: any.
 * Return: address of the number of flushes since boot.
 */
const u32 *tlb_flush_counter(enum tlb_cause cause);

/**
 * tlb_ipis() - count the interrupts that flushes sent to other CPUs
 * @cause: only flushes of this cause count
 *
 * Context: any.
 * Return: their number since boot.
 */
u32 tlb_ipis(enum tlb_cause cause);
