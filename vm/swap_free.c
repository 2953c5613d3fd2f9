/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <vm/swap_slots.h>

/*
 * The end of a slot. When its last entry has gone, the page in the swap cache is freed too, unless
 * something uses that page: then reclaim finds it later.
 */

/* The page of a slot that nothing names, if only the cache has it. */
static struct page *take_unused(struct swap_entry *entry)
{
	const u32 busy = 1u << PG_LOCKED | 1u << PG_WRITEBACK;
	u32 pfn = entry->table->cached[entry->at];
	struct page *page = pfn_to_page(pfn);

	if (!pfn || READ_ONCE(page->refcount) != 1 || READ_ONCE(page->flags) & busy)
		return NULL;
	swap_cache_take(entry, page);
	return page;
}

void swap_free(u32 slot, u32 nr)
{
	struct page *page = NULL;
	struct swap_entry entry;
	u16 *count;

	if (!nr)
		return;
	spin_lock_unfair(&swap_lock);
	if (!swap_entry_map(&entry, slot))
		panic("swap_free: no area has slot %u", slot);
	count = &entry.table->count[entry.at];
	if (*count < nr || *count == SWAP_BAD)
		panic("swap_free: slot %u has a count of %u, less than %u", slot, *count, nr);
	*count = (u16)(*count - nr);
	if (!*count) {
		page = take_unused(&entry);
		swap_entry_settle(&entry);
	}
	swap_entry_unmap(&entry);
	spin_unlock(&swap_lock);
	if (page)
		swap_put_page(page);
}
