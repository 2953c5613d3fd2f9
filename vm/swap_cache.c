/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <vm/swap_slots.h>

/*
 * The swap cache: pages that are in memory and have a slot. It is a column of the tables of
 * vm/swap_slots.c, so it needs no memory of its own.
 *
 *	on the way out   entries name the slot already, and the disk does not have the bytes yet
 *	after a fault    an entry maps the page; as long as it is not written to, the bytes on the
 *	                 disk are true, and the page can leave again without I/O
 *	read-around      no entry maps the page yet
 *
 * Threads that want the same slot at the same time meet here, so a slot is read once, and no two
 * pages have the bytes of one slot.
 *
 * The invariant, with swap_lock free: table[slot] == page if and only if the slot of the page is
 * this one; such a page has a reference of the cache. A page leaves the cache with the lock held,
 * and only if it is not PG_WRITEBACK: otherwise the slot could be given to another page, whose
 * write could reach the disk first.
 *
 * The label of a page in another state would be read as a slot. Hence the state is looked at first,
 * and the table decides.
 */

/* Guarded by swap_lock. */
static unsigned long nr_cached;

unsigned long swap_cached_pages(void)
{
	return READ_ONCE(nr_cached);
}

/* With the lock held: finds the place of a page in the cache. */
static bool map_page(struct swap_entry *entry, const struct page *page)
{
	enum page_state state = page_state(page);

	if (state != PAGE_SWAP && state != PAGE_ANON && state != PAGE_ANON_SHARED)
		return false;
	if (!swap_entry_map(entry, page_swap_slot(page)))
		return false;
	if (entry->table->cached[entry->at] == page_to_pfn(page))
		return true;
	swap_entry_unmap(entry);
	return false;
}

int swap_cache_add(struct page *page, u32 slot)
{
	struct swap_entry entry;
	int error = -EAGAIN;

	spin_lock_unfair(&swap_lock);
	if (swap_entry_map(&entry, slot)) {
		u32 count = entry.table->count[entry.at];

		if (entry.table->cached[entry.at]) {
			error = -EEXIST;
		} else if (count && count != SWAP_BAD) {
			get_page(page);
			set_page_swap_slot(page, slot);
			entry.table->cached[entry.at] = (u32)page_to_pfn(page);
			nr_cached++;
			error = 0;
		}
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	return error;
}

struct page *swap_cache_get(u32 slot)
{
	struct swap_entry entry;
	struct page *page = NULL;

	spin_lock_unfair(&swap_lock);
	if (swap_entry_map(&entry, slot)) {
		u32 pfn = entry.table->cached[entry.at];

		if (pfn) {
			page = pfn_to_page(pfn);
			get_page(page);
		}
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	return page;
}

void swap_cache_take(struct swap_entry *entry, struct page *page)
{
	entry->table->cached[entry->at] = 0;
	set_page_swap_slot(page, 0);
	__atomic_fetch_and(&page->flags, ~(1u << PG_DIRTY | 1u << PG_REFERENCED), __ATOMIC_RELAXED);
	nr_cached--;
}

bool swap_cache_delete(struct page *page)
{
	struct swap_entry entry;
	bool taken = false;

	spin_lock_unfair(&swap_lock);
	if (map_page(&entry, page)) {
		taken = READ_ONCE(page->refcount) == 2 && !test_page_flag(page, PG_WRITEBACK) &&
			!(entry.table->count[entry.at] && test_page_flag(page, PG_DIRTY));
		if (taken) {
			swap_cache_take(&entry, page);
			swap_entry_settle(&entry);
		}
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	if (taken)
		put_page(page);
	return taken;
}

bool swap_cache_remove(struct page *page, bool lost)
{
	struct swap_entry entry;
	bool taken = false;

	spin_lock_unfair(&swap_lock);
	if (map_page(&entry, page)) {
		taken = !test_page_flag(page, PG_WRITEBACK) &&
			(lost || !entry.table->count[entry.at]);
		if (taken) {
			swap_cache_take(&entry, page);
			swap_entry_settle(&entry);
		}
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	if (taken)
		put_page(page);
	return taken;
}

struct swap_area *swap_cache_begin_write(struct page *page, u32 *at)
{
	struct swap_entry entry;
	struct swap_area *area = NULL;

	spin_lock_unfair(&swap_lock);
	if (map_page(&entry, page)) {
		area = entry.area;
		*at = entry.page;
		set_page_flag(page, PG_WRITEBACK);
		clear_page_flag(page, PG_DIRTY);
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	return area;
}

struct page *swap_next_cached(const struct swap_area *area, u32 *page)
{
	struct page *found = NULL;

	while (!found && *page < area->nr_pages)
		if (area->used[*page / SWAP_RUN] >> *page % SWAP_RUN & 1)
			found = swap_cache_get(area->first + (*page)++);
		else
			++*page;
	return found;
}
