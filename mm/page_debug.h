/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/direct_map.h>
#include <mm/page_owner.h>
#include <mm/page_poison.h>

/*
 * What DEBUG=1 does with a block when it gets an owner and when it loses one, in the order in which it has to
 * be done. Each part is explained where it lives; without DEBUG=1 nothing is left of it.
 */

static inline void page_debug_alloc(struct page *page, unsigned int order, unsigned long caller)
{
#if DEBUG
	if (!page_is_highmem(page))
		kernel_map_pages(page_to_pfn(page), 1ul << order);
	page_check_poison(page, order);
	page_owner_set(page, order, caller);
#endif
}

static inline void page_debug_free(struct page *page, unsigned int order)
{
#if DEBUG
	page_owner_clear(page, order);
	page_poison(page, order);
	if (!page_is_highmem(page))
		kernel_unmap_pages(page_to_pfn(page), 1ul << order);
#endif
}

/* Of one block become many. */
static inline void page_debug_split(struct page *page, unsigned int order)
{
#if DEBUG
	page_owner_split(page, order);
#endif
}
