/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/highmem.h>
#include <mm/kmap_slots.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>

/*
 * For tests that use up the slots of kmap(). Somebody may hold slots for good (the command `hold` does), so a
 * test asks how many there are for it.
 */

/**
 * kmap_slots_left() - how many slots does nobody hold?
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
 * @nr: how many are mapped: the first ones
 * @pages: their descriptors
 */
struct kmap_fill {
	unsigned int nr;
	struct page *pages[LAST_PKMAP];
};

/**
 * kmap_fill_pop() - unmap and free the latest of the pages
 * @fill: with one at least
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
 * kmap_fill_undo() - unmap and free all of the pages that are still mapped
 * @fill: empty afterwards
 */
static inline void kmap_fill_undo(struct kmap_fill *fill)
{
	while (fill->nr)
		kmap_fill_pop(fill);
}

/**
 * kmap_fill() - hold slots
 * @fill: what is mapped
 * @nr: how many slots to hold
 *
 * Context: may sleep.
 * Return: how many are held; fewer than @nr if there is too little high memory.
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

/**
 * kmap_fill_all() - hold all slots that are left
 * @fill: what is mapped; nothing if the function returns false
 *
 * Return: false if there are fewer than four slots or too little high memory; the running test is skipped then.
 */
static inline bool kmap_fill_all(struct kmap_fill *fill)
{
	const unsigned int wanted = kmap_slots_left();

	fill->nr = 0;
	if (wanted >= 4 && kmap_fill(fill, wanted) == wanted)
		return true;
	kmap_fill_undo(fill);
	ktest_skip("less free high memory than slots of kmap(), or no slots");
	return false;
}
