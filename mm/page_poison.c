/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/page_poison.h>

/*
 * Poison: one pattern fills all free lowmem, with DEBUG=1. A block is filled before any other
 * caller can allocate it. When it is allocated again, the pattern must be intact. Splitting and
 * coalescing do not change the contents of a block, so the pattern survives both.
 *
 * Price: two passes over the memory of each block, and one pass over all lowmem at boot.
 */

#if DEBUG

/* Alternating bits: no address, and no small number. */
#define POISON 0xaaaaaaaau

void page_poison(struct page *page, unsigned int order)
{
	u32 *word, *end;

	if (page_is_highmem(page))
		return;
	word = lowmem_page_address(page);
	end = word + (PAGE_SIZE << order) / sizeof(*word);
	for (; word < end; word++)
		*word = POISON;
}

void page_check_poison(struct page *page, unsigned int order)
{
	const u32 *word, *end;

	if (page_is_highmem(page))
		return;
	word = lowmem_page_address(page);
	end = word + (PAGE_SIZE << order) / sizeof(*word);
	for (; word < end; word++)
		if (unlikely(*word != POISON))
			panic("frame %#lx was written to while it was free: %#x at %p, expected "
			      "%#x",
			      page_to_pfn(virt_to_page(word)), *word, (const void *)word, POISON);
}

#endif
