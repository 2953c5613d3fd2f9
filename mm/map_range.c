/* SPDX-License-Identifier: MIT */
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <mm/map_range.h>
#include <mm/mmzone.h>

/*
 * Mapping or unmapping a range means to write one PTE for each page. The PTEs of neighbouring
 * pages are neighbours in a page table, and one table covers 2 MiB (4 MiB without PAE):
 *
 *	directory   │ ... │ table 5 │ table 6 │ ... │
 *	                       │         └───────────┐
 *	                       ▼                     ▼
 *	PTEs        │ ... │ p0 │ p1 │ p2 │    │ p3 │ p4 │ ... │      a range of five pages
 *
 * So each loop below has an outer step for each table, which looks into the directory, and an
 * inner step for each page. The inner step costs one store, or two with PAE.
 *
 * A new mapping needs no flush, because no TLB holds a translation of a page that is not present.
 * The failure path is different: pages were mapped for a moment, and a CPU may have read their
 * PTEs speculatively. So undo() flushes (Intel SDM 3A, 4.10.4).
 *
 * Price: the three functions that map repeat the same loop. One loop with a callback for the next
 * frame would be shorter, but a call for each page would cost more than the store.
 */

/* Unmaps the pages below the address whose table could not be allocated. */
static noinline int undo(unsigned long start, unsigned long vaddr)
{
	unmap_range(start, (vaddr - start) >> PAGE_SHIFT);
	return -ENOMEM;
}

/* Is this the address after the last PTE of a table? A table fills a page. */
static inline bool at_table_end(const pte_t *pte)
{
	return (unsigned long)pte % PAGE_SIZE == 0;
}

static inline unsigned long next_table(unsigned long vaddr)
{
	return (vaddr | (PDE_SIZE - 1)) + 1;
}

int map_frame_range(unsigned long vaddr, unsigned long pfn, unsigned long count, pgprot_t prot)
{
	const unsigned long start = vaddr;

	for (; count; vaddr = next_table(vaddr)) {
		pte_t *pte = pte_alloc_kernel(vaddr);

		if (unlikely(!pte))
			return undo(start, vaddr);
		do
			set_pte(pte++, mk_pte(pfn++, prot));
		while (--count && !at_table_end(pte));
	}
	return 0;
}

int map_page_array(unsigned long vaddr, struct page **pages, unsigned long count, pgprot_t prot)
{
	const unsigned long start = vaddr;

	for (; count; vaddr = next_table(vaddr)) {
		pte_t *pte = pte_alloc_kernel(vaddr);

		if (unlikely(!pte))
			return undo(start, vaddr);
		do
			set_pte(pte++, (pte_t){ page_to_phys(*pages++) | prot.val });
		while (--count && !at_table_end(pte));
	}
	return 0;
}

int map_chain(unsigned long vaddr, u32 pfn, pgprot_t prot)
{
	const unsigned long start = vaddr;

	for (; pfn != PFN_NONE; vaddr = next_table(vaddr)) {
		pte_t *pte = pte_alloc_kernel(vaddr);

		if (unlikely(!pte))
			return undo(start, vaddr);
		do {
			set_pte(pte++, mk_pte(pfn, prot));
			pfn = pfn_to_page(pfn)->a;
		} while (pfn != PFN_NONE && !at_table_end(pte));
	}
	return 0;
}

void clear_range(unsigned long vaddr, unsigned long count)
{
	const unsigned long end = vaddr + (count << PAGE_SHIFT);

	for (; vaddr < end; vaddr = next_table(vaddr)) {
		pte_t *pte = pte_lookup(vaddr);
		unsigned long left = (end - vaddr) >> PAGE_SHIFT;

		if (unlikely(!pte))
			continue;
		do
			clear_pte(pte++);
		while (--left && !at_table_end(pte));
	}
}

void unmap_range(unsigned long vaddr, unsigned long count)
{
	clear_range(vaddr, count);
	if (count)
		flush_tlb_kernel_range(vaddr, vaddr + (count << PAGE_SHIFT), TLB_UNMAP);
}
