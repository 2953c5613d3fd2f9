/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/kvmalloc.h>
#include <sched/mutex.h>
#include <vm/swap_slots.h>

/*
 * The checker of swap. It counts the entries that name each slot anew, and compares everything that
 * is known of a slot: a slot that is lost is used by nothing and not free, and one that is used
 * twice has more entries than its count. Both would show only when a program reads wrong bytes.
 */

#define MOST_SHOWN 10

/* For found(); a check runs alone. */
static struct mutex check_lock;
static u16 *entries;
static u32 nr_slots, nr_foreign;

static void found(u32 slot)
{
	if (slot < nr_slots)
		__atomic_fetch_add(&entries[slot], 1, __ATOMIC_RELAXED);
	else
		nr_foreign++;
}

static u32 end_of_slots(void)
{
	const struct swap_area *area;
	u32 end = 0;

	spin_lock_unfair(&swap_lock);
	list_for_each_entry(area, &swap_areas, link)
		end = max(end, area->first + area->nr_pages);
	spin_unlock(&swap_lock);
	return end;
}

/* Returns the fault of a slot, or NULL. swap_lock is held. */
static const char *check_slot(const struct swap_entry *entry, u32 slot)
{
	u32 count = entry->table->count[entry->at], pfn = entry->table->cached[entry->at];
	bool used = entry->area->used[entry->page / SWAP_RUN] >> entry->page % SWAP_RUN & 1;

	if (used != (count || pfn))
		return used ? "is lost: nothing uses it" : "is free, and something uses it";
	if (pfn && (!pfn_valid(pfn) || page_swap_slot(pfn_to_page(pfn)) != slot ||
		    !pfn_to_page(pfn)->refcount))
		return "has a page in the cache that does not know it";
	if (entries && entries[slot] != (count == SWAP_BAD ? 0 : count))
		return "has another count than it has entries";
	return NULL;
}

static int check_slots(printf_fn *out)
{
	struct swap_entry entry;
	int wrong = 0;

	for (u32 slot = 0; slot < nr_slots; slot++) {
		u32 count = 0, pfn = 0, named = entries ? entries[slot] : 0;
		const char *what = NULL;

		spin_lock_unfair(&swap_lock);
		if (swap_entry_map(&entry, slot)) {
			what = check_slot(&entry, slot);
			count = entry.table->count[entry.at];
			pfn = entry.table->cached[entry.at];
			swap_entry_unmap(&entry);
		} else if (named) {
			what = "is named, and is in no area";
		}
		spin_unlock(&swap_lock);
		if (what && wrong++ < MOST_SHOWN)
			out("swap: slot %u %s: count %u, %u entries, frame %#x\n", slot, what,
			    count, named, pfn);
	}
	return wrong;
}

static int check_areas(printf_fn *out)
{
	const struct swap_area *area;
	int wrong = 0;

	spin_lock_unfair(&swap_lock);
	list_for_each_entry(area, &swap_areas, link) {
		u32 nr_free = 0;

		for (u32 page = 0; page < area->nr_pages; page++)
			nr_free += !(area->used[page / SWAP_RUN] >> page % SWAP_RUN & 1);
		if (nr_free == area->nr_free)
			continue;
		wrong++;
		out("swap: %s: %u slots are free, and %u are counted\n", area->source.name, nr_free,
		    area->nr_free);
	}
	spin_unlock(&swap_lock);
	return wrong;
}

int swap_check(printf_fn *out, void (*walk)(void (*found)(u32 slot)))
{
	int wrong = -ENOMEM;

	mutex_lock(&check_lock);
	nr_slots = end_of_slots();
	nr_foreign = 0;
	entries = walk ? kvzalloc((nr_slots + 1) * sizeof(entries[0]), GFP_KERNEL | __GFP_NOWARN)
		       : NULL;
	if (entries || !walk) {
		if (walk)
			walk(found);
		wrong = check_slots(out) + check_areas(out);
		if (nr_foreign)
			out("swap: %u entries name slots that do not exist\n", nr_foreign);
		wrong += (int)nr_foreign;
	}
	kvfree(entries);
	entries = NULL;
	mutex_unlock(&check_lock);
	return wrong;
}
