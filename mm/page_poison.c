/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/page_poison.h>

/*
 * One pattern for all free memory. A block is filled before anybody can allocate it and checked
 * after nobody else can; splitting and merging change nothing in it. Price: two passes over each
 * block, and at boot one over all lowmem, so only with DEBUG=1.
 */

#if DEBUG

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
