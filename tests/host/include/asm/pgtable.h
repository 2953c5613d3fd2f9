/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>

/*
 * The host's version of <asm/pgtable.h>. A host program has no page tables, so there is never
 * memory for one, and no entry is ever written.
 */

typedef struct {
	u64 val;
} pte_t;

typedef struct {
	u64 val;
} pgprot_t;

#define PAGE_KERNEL    ((pgprot_t){ 3 })
#define PAGE_KERNEL_RO ((pgprot_t){ 1 })

static inline pte_t mk_pte(unsigned long pfn, pgprot_t prot)
{
	return (pte_t){ PFN_PHYS(pfn) | prot.val };
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
