/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <lib/string.h>
#include <mm/mem_map_high.h>
#include <mm/memblock.h>

/*
 * The frame table of a machine that has more RAM above the direct map than the direct map has room for
 * descriptors: 8 MiB below and 2 GiB above 4 GiB, say, where the table is 24 MiB long. It is mapped, not
 * allocated in one piece:
 *
 *	frames    RAM  │      hole       │ RAM                 │
 *	table     page │ zero zero zero  │ page page page page │   in the vmalloc range
 *
 * A page of the table that describes RAM is a page of high memory. One that describes nothing but holes
 * is the same page of zeroes for all of them, read-only: PAGE_HOLE is 0. So holes cost an entry in a page
 * table, and pfn_valid() may ask about any frame.
 */

_Static_assert(PAGE_HOLE == 0, "a page of zeroes describes holes");

#define FRAMES_PER_PAGE (PAGE_SIZE / sizeof(struct page))

static bool __init describes_ram(unsigned long table_page)
{
	phys_addr_t base = PFN_PHYS(table_page * FRAMES_PER_PAGE);

	return memblock_overlaps_region(&memblock.memory, base,
					(phys_addr_t)FRAMES_PER_PAGE << PAGE_SHIFT);
}

/* Maps one page of the table; false if there is no memory for it. */
static bool __init map_table_page(unsigned long vaddr, phys_addr_t zeroes, bool ram)
{
	phys_addr_t phys = zeroes;
	pte_t *pte = pte_alloc_kernel(vaddr);

	if (ram)
		phys = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, PFN_PHYS(max_low_pfn),
						 PFN_PHYS(max_pfn));
	if (!pte || !phys)
		return false;
	set_pte(pte, mk_pte(PFN_DOWN(phys), ram ? PAGE_KERNEL : PAGE_KERNEL_RO));
	if (ram)
		clear_page((void *)vaddr);
	return true;
}

struct page *__init mem_map_alloc_high(u64 size)
{
	unsigned long start = vmalloc_start;
	phys_addr_t zeroes;
	void *zero_page;

	if (size > (VMALLOC_END - vmalloc_start) / 2 || max_low_pfn == max_pfn)
		return NULL;
	zero_page = memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	if (!zero_page)
		return NULL;
	zeroes = __pa(zero_page);
	for (unsigned long page = 0; page < PFN_UP(size); page++)
		if (!map_table_page(start + (page << PAGE_SHIFT), zeroes, describes_ram(page)))
			return NULL;
	/* A page behind it stays unmapped. */
	vmalloc_start = ALIGN_UP(start + (unsigned long)size + PAGE_SIZE, PDE_SIZE);
	return (struct page *)start;
}
