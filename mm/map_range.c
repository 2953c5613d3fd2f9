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

/* There is no memory for the table of an address: what was mapped below it goes. */
static noinline int undo(unsigned long start, unsigned long vaddr)
{
	unmap_range(start, (vaddr - start) >> PAGE_SHIFT);
	return -ENOMEM;
}

/* Behind the last PTE of a table: a table is a page. */
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
