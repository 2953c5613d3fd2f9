/* SPDX-License-Identifier: MIT */
#include <mm/memblock_walk.h>

#include <asm/page.h>
#include <mm/memblock_attributes.h>
#include <mm/memblock_lists.h>

/*
 * The steps of the loops in <mm/memblock_walk.h>. A loop variable is the whole state of a loop:
 * each step continues from its value.
 *
 * Walking free memory is the interesting case. Number the gaps of `reserved`: gap g is below
 * reserved region g, and one more gap is above the last. A free piece is where a region of
 * `memory` and a gap meet:
 *
 *	memory      [========0=========]            [==========1===========]
 *	reserved        [0#]         [########1########]       [2#]
 *	gaps      ..0...    ....1....                   ...2...    .....3......
 *	free        |--|    |-------|                   |-----|    |-------|
 *
 * A walk holds one region and one gap, reports where they meet, and moves on from the one that
 * ends first. So each step takes constant time, and a whole walk takes time in proportion to the
 * sum of both lists. The loop variable has the number of the gap in its upper 32 bits and the
 * number of the region in its lower 32 bits.
 */

#define SET(ptr, value)                   \
	do {                              \
		if (ptr)                  \
			*(ptr) = (value); \
	} while (0)

static bool hidden(const struct memblock_type *type, const struct memblock_region *r)
{
	return type == &memblock.memory && (r->flags & MEMBLOCK_NOMAP);
}

/* *i is the number of entries that the loop has passed. */
void memblock_next_range(u64 *i, struct memblock_type *type, phys_addr_t *start, phys_addr_t *end)
{
	for (u64 next = *i; next < type->cnt; next++) {
		const struct memblock_region *r = &type->regions[next];

		if (hidden(type, r))
			continue;
		SET(start, r->base);
		SET(end, region_end(r));
		*i = next + 1;
		return;
	}
	*i = ULLONG_MAX;
}

/* *i is the number of entries that are left; ULLONG_MAX before the first step: all. */
void memblock_prev_range(u64 *i, struct memblock_type *type, phys_addr_t *start, phys_addr_t *end)
{
	for (u64 left = min(*i, (u64)type->cnt); left-- > 0;) {
		const struct memblock_region *r = &type->regions[left];

		if (hidden(type, r))
			continue;
		SET(start, r->base);
		SET(end, region_end(r));
		*i = left;
		return;
	}
	*i = ULLONG_MAX;
}

struct span {
	phys_addr_t start, end;
};

static struct span gap_at(u32 g)
{
	const struct memblock_type *type = &memblock.reserved;

	return (struct span){
		.start = g ? region_end(&type->regions[g - 1]) : 0,
		.end = g < nr_regions(type) ? type->regions[g].base : PHYS_ADDR_MAX,
	};
}

static struct span meet(const struct memblock_region *r, struct span gap)
{
	return (struct span){ max(r->base, gap.start), min(region_end(r), gap.end) };
}

static bool passed_over(struct memblock_region *r, int nid, enum memblock_flags flags)
{
	if (nid != NUMA_NO_NODE && nid != r->nid)
		return true;
	if (memblock_is_hotpluggable(r) && movable_node_is_enabled() && !(flags & MEMBLOCK_HOTPLUG))
		return true;
	if (!memblock_is_mirror(r) && (flags & MEMBLOCK_MIRROR))
		return true;
	return r->flags & ~flags & (MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED);
}

void memblock_next_free_range(u64 *i, int nid, enum memblock_flags flags, phys_addr_t *start,
			      phys_addr_t *end, int *nid_out)
{
	u32 region = (u32)*i, g = (u32)(*i >> 32), nr = (u32)nr_regions(&memblock.memory);

	while (region < nr) {
		struct memblock_region *r = &memblock.memory.regions[region];
		struct span gap = gap_at(g), piece = meet(r, gap);

		/* The region or the gap that ends first meets nothing else. */
		if (region_end(r) <= gap.end)
			region++;
		else
			g++;
		if (piece.start >= piece.end || passed_over(r, nid, flags))
			continue;
		SET(start, piece.start);
		SET(end, piece.end);
		SET(nid_out, r->nid);
		*i = (u64)g << 32 | region;
		return;
	}
	*i = ULLONG_MAX;
}

/* The lower half of *i counts the regions that are left, so that 0 can mean none. */
void memblock_prev_free_range(u64 *i, int nid, enum memblock_flags flags, phys_addr_t *start,
			      phys_addr_t *end, int *nid_out)
{
	u32 left = (u32)*i, g = (u32)(*i >> 32);

	if (*i == ULLONG_MAX) {
		left = (u32)nr_regions(&memblock.memory);
		g = (u32)nr_regions(&memblock.reserved);
	}
	while (left) {
		struct memblock_region *r = &memblock.memory.regions[left - 1];
		struct span gap = gap_at(g), piece = meet(r, gap);

		if (r->base >= gap.start)
			left--;
		else
			g--;
		if (piece.start >= piece.end || passed_over(r, nid, flags))
			continue;
		SET(start, piece.start);
		SET(end, piece.end);
		SET(nid_out, r->nid);
		*i = (u64)g << 32 | left;
		return;
	}
	*i = ULLONG_MAX;
}

/* The first whole page of a region; the base is not added to, which could wrap. */
static u64 first_pfn(const struct memblock_region *r)
{
	return r->base / PAGE_SIZE + (r->base % PAGE_SIZE != 0);
}

static u64 end_pfn_of(const struct memblock_region *r)
{
	return region_end(r) / PAGE_SIZE;
}

void memblock_next_pfn_range(int *i, int nid, unsigned long *start_pfn, unsigned long *end_pfn,
			     int *nid_out)
{
	while (++*i < (int)memblock.memory.cnt) {
		const struct memblock_region *r = &memblock.memory.regions[*i];

		if (nid != MAX_NUMNODES && nid != r->nid)
			continue;
		if (first_pfn(r) >= end_pfn_of(r))
			continue;
		SET(start_pfn, (unsigned long)first_pfn(r));
		SET(end_pfn, (unsigned long)end_pfn_of(r));
		SET(nid_out, r->nid);
		return;
	}
	*i = -1;
}
