/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/*
 * Poison, with DEBUG=1: free lowmem is filled with a pattern. A caller that writes to a page
 * after it freed the page damages the pattern: the next allocation of the page panics, and names
 * the address. A caller that reads such a page finds 0xaaaaaaaa. Highmem is left out: a free
 * highmem page is not mapped, so a late access to it faults.
 */

/**
 * page_poison() - fill a block with the pattern, before it becomes free
 * @page: its first frame
 * @order: its order
 *
 * Context: any. Exists with DEBUG=1 only.
 */
void page_poison(struct page *page, unsigned int order);

/**
 * page_check_poison() - panic if a block does not contain the pattern any more
 * @page: its first frame
 * @order: its order
 *
 * Context: any. Exists with DEBUG=1 only.
 */
void page_check_poison(struct page *page, unsigned int order);
