/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <mm/map_range.h>
#include <mm/mmzone.h>

/*
 * PTEs of neighbours are neighbours, up to the end of a table. So the directory is asked once a table, and
 * each further page costs a store (two with PAE).
 *
 * Mapping needs no flush, since what was not present is in no TLB. What was mapped for a moment before the
 * memory for a table ran out is flushed: the CPU may have looked at it on its own.
 */

/* The PTE of a page, after that of the page below it, which is NULL for the first page. */
static inline pte_t *next_pte(pte_t *pte, unsigned long vaddr)
{
	return pte && pte_index(vaddr) ? pte + 1 : pte_alloc_kernel(vaddr);
}

int map_frame_range(unsigned long vaddr, unsigned long pfn, unsigned long count, pgprot_t prot)
{
	pte_t *pte = NULL;

	for (unsigned long i = 0; i < count; i++) {
		pte = next_pte(pte, vaddr + (i << PAGE_SHIFT));
		if (!pte) {
			unmap_range(vaddr, i);
			return -ENOMEM;
		}
		set_pte(pte, mk_pte(pfn + i, prot));
	}
	return 0;
}

int map_page_array(unsigned long vaddr, struct page **pages, unsigned long count, pgprot_t prot)
{
	pte_t *pte = NULL;

	for (unsigned long i = 0; i < count; i++) {
		pte = next_pte(pte, vaddr + (i << PAGE_SHIFT));
		if (!pte) {
			unmap_range(vaddr, i);
			return -ENOMEM;
		}
		set_pte(pte, mk_pte(page_to_pfn(pages[i]), prot));
	}
	return 0;
}

int map_chain(unsigned long vaddr, u32 pfn, pgprot_t prot)
{
	pte_t *pte = NULL;

	for (unsigned long i = 0; pfn != PFN_NONE; i++) {
		pte = next_pte(pte, vaddr + (i << PAGE_SHIFT));
		if (!pte) {
			unmap_range(vaddr, i);
			return -ENOMEM;
		}
		set_pte(pte, mk_pte(pfn, prot));
		pfn = pfn_to_page(pfn)->a;
	}
	return 0;
}

void clear_range(unsigned long vaddr, unsigned long count)
{
	pte_t *pte = NULL;

	for (; count; count--, vaddr += PAGE_SIZE) {
		pte = pte && pte_index(vaddr) ? pte + 1 : pte_lookup(vaddr);
		if (pte)
			clear_pte(pte);
	}
}

void unmap_range(unsigned long vaddr, unsigned long count)
{
	clear_range(vaddr, count);
	if (count)
		flush_tlb_kernel_range(vaddr, vaddr + (count << PAGE_SHIFT), TLB_UNMAP);
}
