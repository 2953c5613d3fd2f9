/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/page.h>

/*
 * The owners of all blocks, with DEBUG=1: the chain of calls that allocated each block. The
 * prompt command page_owner answers the question which code holds the memory.
 */

/**
 * page_owner_init() - allocate the table of owners
 *
 * Blocks that were allocated earlier have no owner. Without DEBUG=1 the call does nothing.
 *
 * Context: boot, once, after mem_map_init() and before memblock_free_all().
 */
void page_owner_init(void);

/**
 * page_owner_set() - note the owner of a new block
 * @page: its first frame
 * @order: its order
 * @caller: return address of the allocating call; frame pointers lead to the calls above it
 *
 * Context: any.
 */
void page_owner_set(const struct page *page, unsigned int order, unsigned long caller);

/**
 * page_owner_clear() - note that a block has no owner any more
 * @page: its first frame
 * @order: its order
 *
 * Context: any.
 */
void page_owner_clear(const struct page *page, unsigned int order);

/**
 * page_owner_split() - note the owner of a block for each of its pages
 * @page: its first frame
 * @order: its order
 *
 * Context: any.
 */
void page_owner_split(const struct page *page, unsigned int order);

/**
 * page_owner_show() - print the owners of the most pages, the largest first
 * @out: prints the text
 * @limit: number of owners to print
 *
 * Context: any.
 */
void page_owner_show(printf_fn *out, unsigned int limit);

#if !DEBUG
#define page_owner_init()           ((void)0)
#define page_owner_show(out, limit) ((void)0)
#endif
