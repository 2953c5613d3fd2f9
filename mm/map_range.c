/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <mm/map_range.h>

/*
 * Mapping needs no flush, since what was not present is in no TLB; unmapping flushes before it returns,
 * so that the frames may be given away at once.
 */

int map_frame_range(unsigned long vaddr, unsigned long pfn, unsigned long count, pgprot_t prot)
{
	for (unsigned long i = 0; i < count; i++) {
		pte_t *pte = pte_alloc_kernel(vaddr + (i << PAGE_SHIFT));

		if (!pte) {
			unmap_range(vaddr, i);
			return -ENOMEM;
		}
		set_pte(pte, mk_pte(pfn + i, prot));
	}
	return 0;
}

void unmap_range(unsigned long vaddr, unsigned long count)
{
	bool any = false;

	for (unsigned long i = 0; i < count; i++) {
		pte_t *pte = pte_lookup(vaddr + (i << PAGE_SHIFT));

		if (!pte || !pte_present(*pte))
			continue;
		clear_pte(pte);
		any = true;
	}
	if (any)
		flush_tlb_kernel_range(vaddr, vaddr + (count << PAGE_SHIFT), TLB_UNMAP);
}
