/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/*
 * Poison: with DEBUG=1 free lowmem is filled with a pattern, which must still be there when it is
 * allocated. A write through a pointer that was kept too long is found then, with its place; a read
 * finds 0xaaaaaaaa. Highmem pages have no address that could be kept, so they are left out: a late
 * touch of those faults.
 */

/**
 * page_poison() - fill a block that is about to become free
 * @page: its first frame
 * @order: its order
 *
 * Context: any. Only with DEBUG=1.
 */
void page_poison(struct page *page, unsigned int order);

/**
 * page_check_poison() - panic if a block was written to while it was free
 * @page: its first frame
 * @order: its order
 *
 * Context: any. Only with DEBUG=1.
 */
void page_check_poison(struct page *page, unsigned int order);
