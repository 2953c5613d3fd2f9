/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/pagetable.h>
#include <lib/types.h>
#include <mm/page.h>

/* The frame of zeroes that programs see where they read memory which they have never written. */

/**
 * zero_page_init() - allocate the frame of zeroes
 *
 * Context: boot, once, when the page allocator works.
 */
void zero_page_init(void);

/* Its number. No mapping of it is counted, and nothing ever writes to it. */
extern unsigned long zero_pfn;

/* Its descriptor, and the entry of programs for it, which allows neither writing nor execution. */
extern struct page *zero_frame;
extern pte_t zero_pte;

/**
 * is_zero_pfn() - is this the frame of zeroes?
 * @pfn: frame number of a page-table entry
 *
 * Context: any.
 * Return: true if it is; then the entry holds no reference and is in no count.
 */
static inline bool is_zero_pfn(unsigned long pfn)
{
	return pfn == zero_pfn;
}

/**
 * zero_page() - the frame of zeroes
 *
 * Context: any.
 * Return: its descriptor.
 */
static inline struct page *zero_page(void)
{
	return zero_frame;
}
