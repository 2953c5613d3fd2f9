/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/**
 * evict_init() - let the page allocator evict pages before a request fails
 *
 * Context: boot, once.
 */
void evict_init(void);

/**
 * evict_pages() - free clean pages of the page cache that nothing maps
 * @most: how many
 * @below: only frames below this one
 * @look: frames to look at
 *
 * Waits for no lock.
 * Context: thread, may sleep; any locks but spinlocks may be held.
 * Return: number of pages that were freed.
 */
unsigned long evict_pages(unsigned long most, unsigned long below, unsigned long look);

/**
 * evict_alloc_page() - allocate a page for the page cache
 * @gfp: GFP_HIGHUSER, and others
 *
 * While little high memory is free, others leave the cache first.
 * Context: may sleep; no lock of an object held, since its own pages may have to go.
 * Return: the page; NULL if there is no memory.
 */
struct page *evict_alloc_page(gfp_t gfp);
