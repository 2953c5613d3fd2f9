/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>

/*
 * The host's stand-in for the kernel's <asm/pgtable.h>: a host program has no page tables, so there is never
 * memory for one, and no entry is ever written.
 */

typedef struct {
	u64 val;
} pte_t;

#define PAGE_KERNEL    3u
#define PAGE_KERNEL_RO 1u

static inline pte_t mk_pte(unsigned long pfn, unsigned int prot)
{
	return (pte_t){ PFN_PHYS(pfn) | prot };
}

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	*ptep = pte;
}

static inline pte_t *pte_alloc_kernel(unsigned long vaddr)
{
	(void)vaddr;
	return NULL;
}
