/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/tlbflush.h>
#include <kernel/panic.h>
#include <lib/string.h>

/*
 * Mappings at fixed virtual addresses, for code that runs before vmalloc() or that must not
 * allocate. An address is a compile-time constant; only the frame behind it changes. The tables of
 * the fixmap are part of the image and exist from paging_init_early() on, so these functions cannot
 * fail for lack of memory.
 *
 * Early mappings of firmware tables share one window of FIX_EARLY_PAGES pages, so only one can
 * exist at a time.
 */

pte_t fixmap_ptes[FIXMAP_TABLES * PTRS_PER_PTE] __aligned(PAGE_SIZE);

void set_fixmap(enum fixed_address idx, phys_addr_t phys, pgprot_t prot)
{
	unsigned long vaddr = fix_to_virt(idx);
	pte_t *pte = pte_lookup(vaddr);

	if (pte_present(*pte)) {
		clear_pte(pte);
		/* The page was present, and may be global: invlpg drops both kinds. */
		flush_tlb_kernel_page(vaddr, TLB_FIXMAP);
	}
	if (prot.val)
		set_pte(pte, mk_pte(PFN_DOWN(phys), prot));
}

/*
 * Number of pages that the one early mapping uses. It begins at FIX_EARLY_BEGIN, at the lowest
 * address.
 */
static unsigned int early_pages;

static void *early_map(phys_addr_t phys, unsigned long size, pgprot_t prot)
{
	unsigned long offset = phys & ~PAGE_MASK;
	unsigned int pages = PFN_UP(offset + size);

	if (early_pages)
		panic("early mapping of %#llx: %u pages are mapped, expected early_iounmap() first",
		      phys, early_pages);
	if (pages > FIX_EARLY_PAGES)
		panic("early mapping of %lu bytes at %#llx: expected at most %lu", size, phys,
		      FIX_EARLY_PAGES * PAGE_SIZE - offset);
	for (early_pages = 0; early_pages < pages; early_pages++)
		set_fixmap(FIX_EARLY_BEGIN - early_pages,
			   phys - offset + ((phys_addr_t)early_pages << PAGE_SHIFT), prot);
	return (void *)(fix_to_virt(FIX_EARLY_BEGIN) + offset);
}

void *early_ioremap(phys_addr_t phys, unsigned long size)
{
	return early_map(phys, size, PAGE_KERNEL_NOCACHE);
}

const void *early_memremap(phys_addr_t phys, unsigned long size)
{
	return early_map(phys, size, PAGE_KERNEL_RO);
}

void early_iounmap(void)
{
	while (early_pages)
		clear_fixmap(FIX_EARLY_BEGIN - --early_pages);
}

/* Number of bytes, of @size at @phys, that one early mapping can show. */
static unsigned long early_piece(phys_addr_t phys, unsigned long size)
{
	return min(size, FIX_EARLY_PAGES * PAGE_SIZE - (unsigned long)(phys & ~PAGE_MASK));
}

void early_read(void *to, phys_addr_t phys, unsigned long size)
{
	char *at = to;

	while (size) {
		unsigned long piece = early_piece(phys, size);

		memcpy(at, early_memremap(phys, piece), piece);
		early_iounmap();
		at += piece;
		phys += piece;
		size -= piece;
	}
}

u8 early_sum(phys_addr_t phys, unsigned long size)
{
	u8 sum = 0;

	while (size) {
		unsigned long piece = early_piece(phys, size);
		const u8 *bytes = early_memremap(phys, piece);

		for (unsigned long i = 0; i < piece; i++)
			sum = (u8)(sum + bytes[i]);
		early_iounmap();
		phys += piece;
		size -= piece;
	}
	return sum;
}
