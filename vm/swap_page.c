/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <vm/anon.h>
#include <vm/swap_slots.h>

/*
 * The end of a page that has a slot. When the swap cache has the only reference, and no entry names
 * the slot, the page leaves the cache and is freed.
 */

void swap_put_page(struct page *page)
{
	if (READ_ONCE(page->refcount) == 1)
		__atomic_fetch_and(&page->flags, ~PAGE_PG_MASK, __ATOMIC_RELAXED);
	vm_put_page(page);
}

bool anon_forget_slot(struct page *page)
{
	const u32 slot = anon_slot(page);

	return slot && !swap_count(slot) && swap_cache_delete(page);
}

/* For a page whose last reference is dropped already. */
static bool ends(struct page *page)
{
	page->refcount = 1;
	return vm_was_last(page);
}

/* If others have the page, or it is being written, it stays until reclaim finds it. */
static void drop_from_cache(u32 slot)
{
	struct page *page = swap_count(slot) ? NULL : swap_cache_get(slot);

	if (!page)
		return;
	swap_cache_delete(page);
	if (__atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL) == 0 && ends(page))
		__free_page(page);
}

bool anon_was_last(struct page *page)
{
	const u32 slot = anon_slot(page);
	const u32 left = __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL);

	if (left == 1 && slot)
		drop_from_cache(slot);
	return !left && ends(page);
}
