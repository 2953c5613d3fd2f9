/* SPDX-License-Identifier: MIT */
#pragma once

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

/* What was done so far; read by `tlbstat` and the benchmarks. */
struct tlb_counts {
	unsigned long one; /* invlpg */
	unsigned long cr3; /* CR3 loads */
	unsigned long all; /* CR4.PGE toggles */
};

extern struct tlb_counts tlb_counts;

/**
 * flush_tlb_one() - drop the translation of one page
 * @vaddr: any address in it
 *
 * On a 386 there is no invlpg; the 486 is the oldest CPU that the kernel runs on.
 */
static inline void flush_tlb_one(unsigned long vaddr)
{
	__asm__ volatile("invlpg (%0)" ::"r"(vaddr) : "memory");
	tlb_counts.one++;
}

/**
 * flush_tlb_local() - drop all translations that are not global
 */
static inline void flush_tlb_local(void)
{
	unsigned long cr3;

	__asm__ volatile("movl %%cr3, %0; movl %0, %%cr3" : "=r"(cr3)::"memory");
	tlb_counts.cr3++;
}

/**
 * flush_tlb_all() - drop all translations, global ones too
 */
void flush_tlb_all(void);

/**
 * flush_tlb_kernel_range() - drop the translations of a range
 * @start: first byte
 * @end: one past the last
 *
 * Page by page, or everything where that is cheaper.
 */
void flush_tlb_kernel_range(unsigned long start, unsigned long end);
