/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/direct_map.h>
#include <mm/page_owner.h>
#include <mm/page_poison.h>

/*
 * The steps that DEBUG=1 adds when a block gets an owner, and when it loses its owner. Each step is
 * explained where it is implemented; this file has their order. Without DEBUG=1 the functions are
 * empty.
 */

/**
 * page_debug_alloc() - map a new block, check that nobody wrote to it while it was free, note its
 * owner
 * @page: its first frame
 * @order: its order
 * @caller: return address of the allocating call
 *
 * Context: any.
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

/**
 * page_debug_free() - forget the owner of a block, fill the block with poison, unmap it
 * @page: its first frame
 * @order: its order
 *
 * Context: any.
 */
static inline void page_debug_free(struct page *page, unsigned int order)
{
#if DEBUG
	page_owner_clear(page, order);
	page_poison(page, order);
	if (!page_is_highmem(page))
		kernel_unmap_pages(page_to_pfn(page), 1ul << order);
#endif
}

/**
 * page_debug_split() - note the owner of a block for each of its pages
 * @page: its first frame
 * @order: its order
 *
 * Context: any.
 */
static inline void page_debug_split(struct page *page, unsigned int order)
{
#if DEBUG
	page_owner_split(page, order);
#endif
}
