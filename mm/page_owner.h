/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/page.h>

/*
 * DEBUG=1: who allocated each block, by the calls that led there. The answer to "where has the memory gone?"
 */

/**
 * page_owner_init() - make the table; before that nothing is noted
 *
 * Context: boot, once, after mem_map_init(), while memblock still gives memory. Does nothing without DEBUG=1.
 */
void page_owner_init(void);

/**
 * page_owner_set() - note who allocates a block
 * @page: its first frame
 * @order: its order
 * @caller: return address of the allocating call; those above it are found by the frame pointers
 *
 * Context: any.
 */
void page_owner_set(const struct page *page, unsigned int order, unsigned long caller);

/**
 * page_owner_clear() - the block has no owner any more
 * @page: its first frame
 * @order: its order
 *
 * Context: any.
 */
void page_owner_clear(const struct page *page, unsigned int order);

/**
 * page_owner_split() - the block has become single pages, all of the same owner
 * @page: its first frame
 * @order: its order
 *
 * Context: any.
 */
void page_owner_split(const struct page *page, unsigned int order);

/**
 * page_owner_show() - who has most, in order
 * @out: where to
 * @most: so many owners
 *
 * Context: any.
 */
void page_owner_show(printf_fn *out, unsigned int most);

#if !DEBUG
#define page_owner_init()          ((void)0)
#define page_owner_show(out, most) ((void)0)
#endif
