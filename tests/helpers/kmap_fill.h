/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/highmem.h>
#include <mm/kmap_slots.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * For tests that need all slots of kmap() held. The command `hold` may hold some for as long as
 * the user wants, so a test asks how many are left.
 */

/**
 * kmap_slots_left() - count the slots that have no user
 *
 * Context: any.
 * Return: number of idle and empty slots.
 */
static inline unsigned int kmap_slots_left(void)
{
	unsigned int left = 0;

	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		left += kmap_slot_users(&kmap_slots[slot]) <= 0;
	return left;
}

/**
 * struct kmap_fill - pages of high memory, each mapped by kmap()
 * @nr: number of mapped pages
 * @pages: descriptors of these pages
 */
struct kmap_fill {
	unsigned int nr;
	struct page *pages[LAST_PKMAP];
};

/**
 * kmap_fill_pop() - unmap and free the page that was mapped last
 * @fill: at least one page
 *
 * Context: that of kunmap().
 */
static inline void kmap_fill_pop(struct kmap_fill *fill)
{
	struct page *page = fill->pages[--fill->nr];

	kunmap(page);
	__free_page(page);
}

/**
 * kmap_fill_undo() - unmap and free all pages that are still mapped
 * @fill: the pages; empty afterwards
 *
 * Context: that of kunmap().
 */
static inline void kmap_fill_undo(struct kmap_fill *fill)
{
	while (fill->nr)
		kmap_fill_pop(fill);
}

/**
 * kmap_fill() - hold a number of slots
 * @fill: receives the mapped pages
 * @nr: number of slots to hold
 *
 * Context: may sleep.
 * Return: number of held slots; less than @nr if there is too little high memory.
 */
static inline unsigned int kmap_fill(struct kmap_fill *fill, unsigned int nr)
{
	for (fill->nr = 0; fill->nr < nr; fill->nr++) {
		struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);

		if (page && !page_is_highmem(page))
			__free_page(page);
		if (!page || !page_is_highmem(page))
			break;
		fill->pages[fill->nr] = page;
		kmap(page);
	}
	return fill->nr;
}

/* A test with all slots held needs this many for itself. */
#define KMAP_FILL_MIN 4u

/**
 * kmap_fill_all() - hold all slots that are left
 * @fill: receives the mapped pages
 *
 * Context: may sleep.
 * Return: false if there are fewer than KMAP_FILL_MIN slots, or too little high memory. Nothing is
 * mapped then, and the running test counts as skipped.
 */
static inline bool kmap_fill_all(struct kmap_fill *fill)
{
	const unsigned int wanted = kmap_slots_left();

	fill->nr = 0;
	if (wanted >= KMAP_FILL_MIN && kmap_fill(fill, wanted) == wanted)
		return true;
	kmap_fill_undo(fill);
	ktest_skip("fewer free pages of high memory than slots of kmap(), or too few slots");
	return false;
}
