/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * A test that takes nearly all memory cannot allocate a list of the blocks that it holds. So the
 * blocks form a list through the two private words of their own frame descriptors:
 *
 *	set.head ──▶ frame 900 ──▶ frame 512 ──▶ PFN_NONE     word a: the next block
 *	              mark 900      mark 512                  word b: the block is in a set
 *
 * The mark depends on the frame number. If the allocator hands out a block a second time, the block
 * carries its mark already, and page_set_add() fails the test.
 */

/**
 * struct page_set - blocks that a test holds
 * @head: frame number of the block that was added last; PFN_NONE if the set is empty
 * @nr_pages: frames of all blocks together
 */
struct page_set {
	u32 head;
	unsigned long nr_pages;
};

#define PAGE_SET_EMPTY           \
	{                        \
		.head = PFN_NONE \
	}

/* The mark of a block in a set, in word b. */
#define PAGE_SET_MARK(pfn) (0x5e700000u ^ (u32)(pfn))

/**
 * page_set_add() - put a block into a set
 * @set: the set
 * @page: first frame of the block; if it is in a set already, the running test fails
 *
 * Context: any.
 * Return: false if the block was in a set already; nothing was changed then.
 */
static inline bool page_set_add(struct page_set *set, struct page *page)
{
	u32 pfn = (u32)page_to_pfn(page);

	if (page->b == PAGE_SET_MARK(pfn)) {
		ktest_fail(__FILE__, __LINE__, "frame %#x was handed out twice", pfn);
		return false;
	}
	page->a = set->head;
	page->b = PAGE_SET_MARK(pfn);
	set->head = pfn;
	set->nr_pages += 1ul << page_order(page);
	return true;
}

/**
 * page_set_next() - walk through a set
 * @set: the set
 * @page: NULL for the first block, else the block before
 *
 * Context: any.
 * Return: first frame of the next block; NULL at the end.
 */
static inline struct page *page_set_next(const struct page_set *set, const struct page *page)
{
	u32 pfn = page ? page->a : set->head;

	return pfn == PFN_NONE ? NULL : pfn_to_page(pfn);
}

/**
 * page_set_free() - free all blocks of a set
 * @set: the set; it is empty afterwards
 *
 * Context: that of put_page().
 */
static inline void page_set_free(struct page_set *set)
{
	while (set->head != PFN_NONE) {
		struct page *page = pfn_to_page(set->head);

		set->head = page->a;
		page->a = page->b = 0;
		put_page(page);
	}
	set->nr_pages = 0;
}

/**
 * page_set_take_highmem() - allocate all free high memory into a set
 * @set: the set
 *
 * The largest blocks come first, so a thousand calls are enough, not a million.
 * Context: that of alloc_pages() with GFP_HIGHUSER.
 */
static inline void page_set_take_highmem(struct page_set *set)
{
	/* Requests for highmem leave the reserve of DMA32, and those for DMA32 take it. */
	for (unsigned int i = 2 * (MAX_ORDER + 1); i-- > 0;) {
		gfp_t gfp = GFP_USER | __GFP_NOWARN | (i & 1 ? __GFP_HIGHMEM : __GFP_DMA32);
		unsigned int order = i / 2;
		struct page *page;

		while ((page = alloc_pages(gfp, order))) {
			if (!page_is_highmem(page)) {
				__free_pages(page, order);
				break;
			}
			if (!page_set_add(set, page))
				return;
		}
	}
}
