/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <block/block.h>
#include <kernel/panic.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <vm/swap_slots.h>

/*
 * The slots of swap. A table entry of six bytes says what is known of a slot: how many entries of
 * page tables and objects name it, and which frame of the swap cache has its page. The tables are
 * pages of highmem, which swapon(2) allocates. So swapping takes no memory, and no lowmem.
 *
 *	area     │ hdr │ 1 │ 2 │ 3 │ bad │ 5 │ ...
 *	count       -    1   0   3    -    0
 *	cached      -    0   0  pfn   -   pfn
 *	used        1    1   0   1    1    1          one bit: a run of 32 is a word
 *
 * Pages that leave memory together come back together, and one large request is cheaper than many
 * small ones. So a CPU owns a run: 32 slots, of which no other CPU takes any while it lasts. A free
 * run is a word of zeroes. If there is none left, a run is a word with any free slot, and the area
 * is remembered as scattered until a run becomes free.
 *
 * The invariant, with swap_lock free: the bit of a slot is set if and only if its count is not 0,
 * or the cache has its page, or it is bad. nr_free of an area is the number of clear bits.
 *
 * The price: 6 bytes and a bit for each slot, 0.15 % of the area. A search for a run looks at one
 * word per 128 KiB of swap, and happens once for 32 slots.
 */

spinlock_t swap_lock;
struct list_head swap_areas = { &swap_areas, &swap_areas };

static u32 nr_areas;
/* Of areas that are not closed. Guarded by swap_lock. */
static unsigned long nr_total, nr_free_slots;

/* The run of each CPU: pages of the area from @page on, up to a multiple of SWAP_RUN. */
static struct {
	struct swap_area *area;
	u32 page;
} runs[NR_CPUS];

bool swap_is_on(void)
{
	return READ_ONCE(nr_total);
}

unsigned long swap_total_pages(void)
{
	return READ_ONCE(nr_total);
}

unsigned long swap_free_pages(void)
{
	return READ_ONCE(nr_free_slots);
}

/* --- a slot ----------------------------------------------------------------------------------- */

struct swap_area *swap_area_of(u32 slot)
{
	struct swap_area *area;

	list_for_each_entry(area, &swap_areas, link)
		if (slot - area->first < area->nr_pages)
			return area;
	return NULL;
}

bool swap_entry_map(struct swap_entry *entry, u32 slot)
{
	entry->area = swap_area_of(slot);
	if (!entry->area)
		return false;
	entry->page = slot - entry->area->first;
	entry->table = kmap_local_page(entry->area->tables[entry->page / SWAP_PER_TABLE]);
	entry->at = entry->page % SWAP_PER_TABLE;
	return true;
}

void swap_entry_unmap(struct swap_entry *entry)
{
	kunmap_local(entry->table);
}

void swap_entry_settle(struct swap_entry *entry)
{
	struct swap_area *area = entry->area;
	u32 *run = &area->used[entry->page / SWAP_RUN];

	if (entry->table->count[entry->at] || entry->table->cached[entry->at])
		return;
	*run &= ~(1u << entry->page % SWAP_RUN);
	if (!*run)
		area->scattered = false;
	area->nr_free++;
	nr_free_slots += !area->closing;
}

u64 swap_sector(const struct swap_area *area, u32 page)
{
	const struct swap_extent *extents = area->source.extents;
	u32 low = 0, high = area->source.nr_extents;

	while (high - low > 1) {
		u32 middle = low + (high - low) / 2;

		if (extents[middle].page <= page)
			low = middle;
		else
			high = middle;
	}
	return extents[low].sector + (u64)(page - extents[low].page) * (PAGE_SIZE / SECTOR_SIZE);
}

void swap_dup(u32 slot, u32 nr)
{
	struct swap_entry entry;
	u16 *count;

	spin_lock_unfair(&swap_lock);
	if (!swap_entry_map(&entry, slot))
		panic("swap_dup: no area has slot %u", slot);
	count = &entry.table->count[entry.at];
	if ((!*count && !entry.table->cached[entry.at]) || *count + nr >= SWAP_BAD)
		panic("swap_dup: slot %u has a count of %u, and gets %u more", slot, *count, nr);
	*count = (u16)(*count + nr);
	swap_entry_unmap(&entry);
	spin_unlock(&swap_lock);
}

u32 swap_count(u32 slot)
{
	struct swap_entry entry;
	u32 count = 0;

	spin_lock_unfair(&swap_lock);
	if (swap_entry_map(&entry, slot)) {
		count = entry.table->count[entry.at];
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	return count == SWAP_BAD ? 0 : count;
}

/* --- taking slots ----------------------------------------------------------------------------- */

/* Finds a word with a free slot, a whole run if possible. The area has a free slot. */
static u32 find_run(struct swap_area *area)
{
	u32 nr = (area->nr_pages + SWAP_RUN - 1) / SWAP_RUN, found = nr;

	for (u32 i = 0; i < nr; i++) {
		u32 run = (area->next_run + i) % nr;

		if (!area->used[run] || (area->scattered && ~area->used[run])) {
			found = run;
			break;
		}
		if (found == nr && ~area->used[run])
			found = run;
	}
	area->scattered = area->used[found];
	area->next_run = (found + 1) % nr;
	return found;
}

/* Puts the area behind the others of its priority. */
static void end_turn(struct swap_area *area)
{
	struct swap_area *next;

	list_for_each_entry(next, &swap_areas, link)
		if (next->source.priority < area->source.priority)
			break;
	list_del(&area->link);
	list_add_tail(&area->link, &next->link);
}

static bool has_run(u32 cpu)
{
	struct swap_area *area = runs[cpu].area;
	u32 page = runs[cpu].page;

	/* At the end of a run comes another one, perhaps of another area. */
	return area && page % SWAP_RUN && ~area->used[page / SWAP_RUN] >> page % SWAP_RUN;
}

static bool take_run(u32 cpu)
{
	struct swap_area *area;

	list_for_each_entry(area, &swap_areas, link) {
		if (area->closing || !area->nr_free)
			continue;
		runs[cpu].area = area;
		runs[cpu].page = find_run(area) * SWAP_RUN;
		end_turn(area);
		return true;
	}
	runs[cpu].area = NULL;
	return false;
}

u32 swap_alloc(void)
{
	struct swap_entry entry;
	struct swap_area *area;
	u32 cpu, page, slot = 0;

	spin_lock_unfair(&swap_lock);
	cpu = smp_processor_id();
	if (has_run(cpu) || take_run(cpu)) {
		area = runs[cpu].area;
		page = runs[cpu].page;
		page += (u32)__builtin_ctz(~area->used[page / SWAP_RUN] >> page % SWAP_RUN);
		runs[cpu].page = page + 1;
		slot = area->first + page;
		area->used[page / SWAP_RUN] |= 1u << page % SWAP_RUN;
		area->nr_free--;
		nr_free_slots--;
		swap_entry_map(&entry, slot);
		entry.table->count[entry.at] = 1;
		swap_entry_unmap(&entry);
	}
	spin_unlock(&swap_lock);
	return slot;
}

/* --- areas ------------------------------------------------------------------------------------ */

/* Numbers from @first on that no area has. */
static u32 room_at(u32 first)
{
	const struct swap_area *area;
	u32 end = SWAP_SLOTS;

	list_for_each_entry(area, &swap_areas, link) {
		if (first - area->first < area->nr_pages)
			return 0;
		if (area->first > first)
			end = min(end, area->first);
	}
	return end - first;
}

/* Chooses the first number: where there is room for all pages, or for most. */
static void choose_numbers(struct swap_area *area)
{
	const struct swap_area *other;
	u32 room = room_at(0);

	area->first = 0;
	list_for_each_entry(other, &swap_areas, link) {
		u32 first = other->first + other->nr_pages;

		if (room < area->nr_pages && room_at(first) > room) {
			room = room_at(first);
			area->first = first;
		}
	}
	area->nr_pages = min(area->nr_pages, room);
}

static s32 next_priority(void)
{
	const struct swap_area *area;
	s32 lowest = -1;

	list_for_each_entry(area, &swap_areas, link)
		lowest = min(lowest, area->source.priority);
	return lowest - 1;
}

/* Others wait for the lock: so whole runs are counted at once. */
static void count_free(struct swap_area *area)
{
	area->nr_free = 0;
	for (u32 page = 0; page < area->nr_pages; page++) {
		const u32 word = area->used[page / SWAP_RUN];

		if (!word && page % SWAP_RUN == 0 && area->nr_pages - page >= SWAP_RUN) {
			area->nr_free += SWAP_RUN;
			page += SWAP_RUN - 1;
		} else {
			area->nr_free += !(word >> page % SWAP_RUN & 1);
		}
	}
	area->nr_slots = area->nr_free;
}

int swap_slots_add(struct swap_area *area)
{
	struct swap_area *next;
	int error = 0;

	spin_lock_unfair(&swap_lock);
	choose_numbers(area);
	count_free(area);
	if (nr_areas == SWAP_AREAS || area->nr_pages < 2) {
		error = -EPERM;
	} else if (!area->nr_free) {
		error = -EINVAL;
	} else {
		if (area->nr_pages % SWAP_RUN)
			area->used[area->nr_pages / SWAP_RUN] |= ~0u << area->nr_pages % SWAP_RUN;
		if (area->source.priority == SWAP_PRIORITY_NEXT)
			area->source.priority = next_priority();
		list_for_each_entry(next, &swap_areas, link)
			if (next->source.priority < area->source.priority)
				break;
		list_add_tail(&area->link, &next->link);
		nr_areas++;
		nr_total += area->nr_slots;
		nr_free_slots += area->nr_free;
	}
	spin_unlock(&swap_lock);
	return error;
}

bool swap_slots_close(struct swap_area *area, bool closing)
{
	unsigned long sign = closing ? -1ul : 1;
	bool changed;

	spin_lock_unfair(&swap_lock);
	changed = area->closing != closing;
	if (changed) {
		area->closing = closing;
		nr_total += sign * area->nr_slots;
		nr_free_slots += sign * area->nr_free;
		for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
			if (runs[cpu].area == area)
				runs[cpu].area = NULL;
	}
	spin_unlock(&swap_lock);
	return changed;
}

bool swap_slots_remove(struct swap_area *area)
{
	bool empty;

	spin_lock_unfair(&swap_lock);
	empty = area->nr_free == area->nr_slots;
	if (empty) {
		list_del(&area->link);
		nr_areas--;
	}
	spin_unlock(&swap_lock);
	return empty;
}
