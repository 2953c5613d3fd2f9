/* SPDX-License-Identifier: MIT */
#include <lib/limits.h>
#include <mm/kvmalloc.h>
#include <vm/clock.h>
#include <vm/history.h>

/*
 * The memory of reclaim.
 *
 * Four bits for each frame are beside the table of frames, and not in its descriptors: there the
 * order of a page of a program is always 0, and page faults, fork and exit compare and change the
 * whole low byte with one instruction. The price is half a byte for 4 KiB, which mostly comes from
 * high memory. Nobody clears the bits of an anonymous page that is freed. The next page there
 * inherits some credit until the hand comes; its CLOCK_ONCE has no meaning.
 *
 * Which pages of files have left? A page that comes back is used more often than once. A mark in
 * the tree of the file would keep nodes of trees for pages that are not there, without a limit. So
 * the marks are in a table of fixed size, one bit for a page:
 *
 *	hash of (object, index / 64) ─▶ │ which │ bits of 64 pages │
 *
 * A group that meets another one in its place replaces it. The table has room for twice as many
 * pages as memory. A mark that was lost, or is that of another file with the same name, costs no
 * more than a wrong guess.
 */

struct group {
	u32 which;
	u32 bits[2];
};

static u8 *table;
static struct group *groups;
static u32 nr_groups;
static unsigned long once[MAX_NR_ZONES];

void __init history_init(void)
{
	table = kvzalloc((max_pfn + 1) / 2, GFP_KERNEL | __GFP_NOWARN);
	nr_groups = (u32)(nr_managed_pages() / 32 + 16);
	groups = kvzalloc(nr_groups * sizeof(*groups), GFP_KERNEL | __GFP_NOWARN);
}

/* --- bits of frames --------------------------------------------------------------------------- */

u8 frame_bits(unsigned long pfn)
{
	return table ? READ_ONCE(table[pfn / 2]) >> (pfn % 2 * 4) & 0xf : 0;
}

void set_frame_bits(unsigned long pfn, u8 bits)
{
	u32 shift = pfn % 2 * 4;
	u8 *place = &table[pfn / 2], old, fresh;

	if (!table)
		return;
	old = READ_ONCE(*place);
	do
		fresh = (u8)((old & ~(0xfu << shift)) | (u32)bits << shift);
	while (!__atomic_compare_exchange_n(place, &old, fresh, true, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED));
	if (((u32)old >> shift ^ bits) & CLOCK_ONCE)
		__atomic_fetch_add(&once[page_zone(pfn_to_page(pfn))],
				   bits & CLOCK_ONCE ? 1ul : -1ul, __ATOMIC_RELAXED);
}

unsigned long once_pages(enum zone_type type)
{
	return READ_ONCE(once[type]);
}

/* --- pages that have left --------------------------------------------------------------------- */

static struct group *group_of(const struct vm_object *object, u32 index, u32 *which)
{
	*which = (object->id * 0x9e3779b1u ^ index / 64) * 0x85ebca6bu;
	return groups ? &groups[(*which >> 7) % nr_groups] : NULL;
}

/* Races between CPUs lose a mark, or leave one. */
static bool take_mark(const struct vm_object *object, u32 index)
{
	u32 which, bit = 1u << index % 32;
	struct group *group = group_of(object, index, &which);
	u32 *word;

	if (!group || READ_ONCE(group->which) != which)
		return false;
	word = &group->bits[index / 32 % 2];
	if (!(READ_ONCE(*word) & bit))
		return false;
	WRITE_ONCE(*word, *word & ~bit);
	return true;
}

static void put_mark(const struct vm_object *object, u32 index)
{
	u32 which;
	struct group *group = group_of(object, index, &which);

	if (!group)
		return;
	if (group->which != which)
		*group = (struct group){ .which = which };
	group->bits[index / 32 % 2] |= 1u << index % 32;
}

void history_entered(struct vm_object *object, const struct page *page)
{
	if (object->last_used == page->b)
		object->last_used = UINT_MAX;
	set_frame_bits(page_to_pfn(page),
		       take_mark(object, page->b) ? FRAME_NEW : FRAME_NEW | CLOCK_ONCE);
}

void history_used(struct vm_object *object, struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	u8 bits;

	if (object->last_used == page->b)
		return;
	object->last_used = page->b;
	bits = frame_bits(pfn);
	if (bits & FRAME_NEW) {
		set_frame_bits(pfn, bits & (u8)~FRAME_NEW);
		return;
	}
	if (bits & CLOCK_ONCE)
		set_frame_bits(pfn, bits & (u8)~CLOCK_ONCE);
	if (!test_page_flag(page, PG_REFERENCED))
		set_page_flag(page, PG_REFERENCED);
}

void history_evicted(const struct vm_object *object, const struct page *page)
{
	put_mark(object, page->b);
}
