/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <kernel/hook.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/memblock_lists.h>

/*
 * memblock in one file, which compiles outside of the kernel, too. <mm/memblock.h> is the overview.
 * Its parts build on each other in this order, and each begins with an essay:
 *
 *	the lists ─▶ flags and nodes ─▶ walking ─▶ allocating ─▶ growing
 *	questions and giving up RAM use the first three
 *
 * One call goes back, through a pointer: adding to a full list grows it, and growing allocates.
 */

/* --- the lists -------------------------------------------------------------------------------- */

/*
 * A list of ranges is an array of regions, sorted by base. Two operations do all the work.
 * split_at() makes an address a border between two entries:
 *
 *	list:                       [= A =======]         [== B =======]
 *	memblock_remove() of this:          |------------------|
 *	after two splits:           [= A ==][===]         [== B =][====]
 *	after dropping the middle:  [= A ==]                      [====]
 *
 * Marking a range and setting its node split in the same way, and change the entries in the
 * middle. next_uncovered() is for adding: it finds the next piece of a range that is in no entry,
 * which then becomes an entry.
 *
 * Invariant between calls: the entries are sorted, none is empty, no two overlap, and two that
 * touch differ in node or flags; total_size is the sum of their sizes. An empty list has one entry
 * of size 0, a dummy, so that reports and loops can always read an entry.
 *
 * Price: a search is binary, but each change moves the tail of an array, so its time grows with
 * the length of the list. That is acceptable for lists of some tens of entries that change during
 * boot.
 */

static struct memblock_region memory_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region reserved_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region physmem_regions[INIT_PHYSMEM_REGIONS];

struct memblock memblock = {
	.current_limit = PHYS_ADDR_MAX,
	.memory = {
		.cnt = 1,
		.max = INIT_MEMBLOCK_REGIONS,
		.regions = memory_regions,
		.name = "memory",
	},
	.reserved = {
		.cnt = 1,
		.max = INIT_MEMBLOCK_REGIONS,
		.regions = reserved_regions,
		.name = "reserved",
	},
};

struct memblock_type physmem = {
	.cnt = 1,
	.max = INIT_PHYSMEM_REGIONS,
	.regions = physmem_regions,
	.name = "physmem",
};

bool memblock_debug;
int (*memblock_grow)(struct memblock_type *type, phys_addr_t base, phys_addr_t size);

void memblock_trace(const char *what, const struct memblock_type *type, phys_addr_t base,
		    phys_addr_t size)
{
	if (memblock_debug && size)
		pr_info("memblock: %s %s [0x%016llx-0x%016llx]\n", what, type->name, base,
			base + size - 1);
}

/* --- reading a list --------------------------------------------------------------------------- */

unsigned long memblock_find_above(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned long low = 0, high = nr_regions(type);

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (region_end(&type->regions[mid]) > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct memblock_region *memblock_find_holder(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned long i = memblock_find_above(type, addr);

	if (i == nr_regions(type) || type->regions[i].base > addr)
		return NULL;
	return &type->regions[i];
}

/*
 * Finds the next piece of [*pos, end) that is in no entry. The caller passes in *i the first entry
 * that ends above *pos. The piece begins at the new value of *pos and ends at *piece_end.
 */
static bool next_uncovered(const struct memblock_type *type, unsigned long *i, phys_addr_t *pos,
			   phys_addr_t end, phys_addr_t *piece_end)
{
	unsigned long nr = nr_regions(type);

	while (*i < nr && type->regions[*i].base <= *pos && *pos < end) {
		*pos = region_end(&type->regions[*i]);
		(*i)++;
	}
	if (*pos >= end)
		return false;
	*piece_end = *i < nr ? min(end, type->regions[*i].base) : end;
	return true;
}

static unsigned long count_uncovered(const struct memblock_type *type, phys_addr_t base,
				     phys_addr_t end)
{
	unsigned long i = memblock_find_above(type, base), n = 0;
	phys_addr_t pos = base, piece_end;

	for (; next_uncovered(type, &i, &pos, end, &piece_end); pos = piece_end)
		n++;
	return n;
}

/* --- changing a list that has room ------------------------------------------------------------ */

static void make_empty(struct memblock_type *type)
{
	type->cnt = 1;
	type->total_size = 0;
	type->regions[0] = (struct memblock_region){ .nid = MAX_NUMNODES };
}

static void insert_at(struct memblock_type *type, unsigned long i, struct memblock_region new)
{
	struct memblock_region *r = &type->regions[i];

	memmove(r + 1, r, (type->cnt - i) * sizeof(*r));
	*r = new;
	type->cnt++;
}

/* Makes @addr a border between entries. Returns the first entry that begins at or above it. */
static unsigned long split_at(struct memblock_type *type, phys_addr_t addr)
{
	unsigned long i = memblock_find_above(type, addr);
	struct memblock_region *r = &type->regions[i], upper;

	if (i == nr_regions(type) || r->base >= addr)
		return i;
	upper = *r;
	upper.base = addr;
	upper.size = region_end(r) - addr;
	r->size = addr - r->base;
	insert_at(type, i + 1, upper);
	return i + 1;
}

void memblock_merge(struct memblock_type *type)
{
	struct memblock_region *last = type->regions;

	for (unsigned long i = 1; i < type->cnt; i++) {
		const struct memblock_region *r = &type->regions[i];

		if (region_end(last) == r->base && last->nid == r->nid && last->flags == r->flags)
			last->size += r->size;
		else
			*++last = *r;
	}
	type->cnt = (unsigned long)(last - type->regions) + 1;
}

void memblock_drop(struct memblock_type *type, unsigned long first, unsigned long last)
{
	if (last - first == type->cnt) {
		make_empty(type);
		return;
	}
	for (unsigned long i = first; i < last; i++)
		type->total_size -= type->regions[i].size;
	memmove(&type->regions[first], &type->regions[last],
		(type->cnt - last) * sizeof(*type->regions));
	type->cnt -= last - first;
}

/* --- changing any list ------------------------------------------------------------------------ */

static int grow(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	if (memblock_grow && memblock_grow(type, base, size) == 0)
		return 0;
	pr_err("memblock: %s is full: %lu regions, and no room for more\n", type->name, type->max);
	return -ENOMEM;
}

int memblock_make_room(struct memblock_type *type, unsigned long extra, phys_addr_t base,
		       phys_addr_t size)
{
	while (type->cnt + extra > type->max)
		if (grow(type, base, size))
			return -ENOMEM;
	return 0;
}

int memblock_add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size, int nid,
		       enum memblock_flags flags)
{
	struct memblock_region new = { base, cap_size(base, size), flags, nid };
	phys_addr_t end = region_end(&new), pos = base, piece_end;
	unsigned long i;

	memblock_trace("add to", type, base, new.size);
	if (!new.size)
		return 0;
	if (!nr_regions(type)) {
		type->cnt = 1;
		type->total_size = new.size;
		type->regions[0] = new;
		return 0;
	}
	/* Growing reserves the new array and frees the old one, so the count may change. */
	while (type->cnt + count_uncovered(type, base, end) > type->max)
		if (grow(type, base, new.size))
			return -ENOMEM;

	i = memblock_find_above(type, base);
	for (; next_uncovered(type, &i, &pos, end, &piece_end); pos = piece_end) {
		new.base = pos;
		new.size = piece_end - pos;
		insert_at(type, i++, new);
		type->total_size += new.size;
	}
	memblock_merge(type);
	return 0;
}

int memblock_isolate(struct memblock_type *type, phys_addr_t base, phys_addr_t size,
		     unsigned long *first, unsigned long *last)
{
	*first = *last = 0;
	size = cap_size(base, size);
	if (!size)
		return 0;
	if (memblock_make_room(type, 2, base, size))
		return -ENOMEM;
	*first = split_at(type, base);
	*last = split_at(type, base + size);
	return 0;
}

int memblock_remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	unsigned long first, last;

	memblock_trace("remove from", type, base, cap_size(base, size));
	if (memblock_isolate(type, base, size, &first, &last))
		return -ENOMEM;
	memblock_drop(type, first, last);
	return 0;
}

/* --- the calls -------------------------------------------------------------------------------- */

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return memblock_add_range(&memblock.memory, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags)
{
	return memblock_add_range(&memblock.memory, base, size, nid, flags);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return memblock_add_range(&memblock.reserved, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_physmem_add(phys_addr_t base, phys_addr_t size)
{
	return memblock_add_range(&physmem, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	return memblock_remove_range(&memblock.memory, base, size);
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	return memblock_remove_range(&memblock.reserved, base, size);
}

void memblock_free(void *ptr, size_t size)
{
	if (ptr)
		memblock_phys_free(__pa(ptr), size);
}

/* --- flags and nodes -------------------------------------------------------------------------- */

/*
 * Flags and nodes. Each function splits the regions at both ends of its range, changes the regions
 * inside, and merges neighbours that no longer differ.
 */

bool movable_node_enabled;
bool mirrored_kernelcore;
bool memblock_has_mirror;

static int change_flags(phys_addr_t base, phys_addr_t size, enum memblock_flags set,
			enum memblock_flags clear)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long first, last;

	if (memblock_isolate(type, base, size, &first, &last))
		return -ENOMEM;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].flags = (type->regions[i].flags & ~clear) | set;
	memblock_merge(type);
	return 0;
}

int memblock_mark_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_HOTPLUG, MEMBLOCK_NONE);
}

int memblock_clear_hotplug(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_NONE, MEMBLOCK_HOTPLUG);
}

int memblock_mark_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_NOMAP, MEMBLOCK_NONE);
}

int memblock_clear_nomap(phys_addr_t base, phys_addr_t size)
{
	return change_flags(base, size, MEMBLOCK_NONE, MEMBLOCK_NOMAP);
}

int memblock_mark_mirror(phys_addr_t base, phys_addr_t size)
{
	if (!mirrored_kernelcore)
		return 0;
	memblock_has_mirror = true;
	return change_flags(base, size, MEMBLOCK_MIRROR, MEMBLOCK_NONE);
}

int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid)
{
	unsigned long first, last;

	if (memblock_isolate(type, base, size, &first, &last))
		return -ENOMEM;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].nid = nid;
	memblock_merge(type);
	return 0;
}

/* --- walking ---------------------------------------------------------------------------------- */

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

/* --- allocating ------------------------------------------------------------------------------- */

/*
 * To allocate is to walk the free pieces from one end, take the first in which the block fits, and
 * add the block to `reserved`. A block has no header, and freeing it needs its size.
 *
 * First fit from the top is the default. It leaves low memory, which some devices need, for later
 * requests, and packs blocks tightly: blocks that touch become one entry of `reserved`.
 *
 * All functions end in memblock_alloc_range_nid(). It looks in up to four sets of regions:
 * mirrored memory of the wanted node, mirrored memory of any node, memory of the wanted node,
 * memory of any node. The first two are skipped where no memory is mirrored, and the second and
 * the fourth where the caller insists on its node.
 */

struct memblock_slab memblock_slab;

static phys_addr_t clamp_to(phys_addr_t addr, phys_addr_t low, phys_addr_t high)
{
	return addr < low ? low : min(addr, high);
}

static phys_addr_t find_from_top(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				 phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t low, high;
	u64 i;

	for_each_free_mem_range_reverse(i, nid, flags, &low, &high, NULL) {
		phys_addr_t base;

		low = clamp_to(low, start, end);
		high = clamp_to(high, start, end);
		if (high - low < size)
			continue;
		base = ALIGN_DOWN(high - size, align);
		if (base >= low)
			return base;
	}
	return 0;
}

static phys_addr_t find_from_bottom(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				    phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t low, high;
	u64 i;

	for_each_free_mem_range(i, nid, flags, &low, &high, NULL) {
		phys_addr_t base;

		low = clamp_to(low, start, end);
		high = clamp_to(high, start, end);
		base = ALIGN_UP(low, align);
		if (base >= low && base < high && high - base >= size) /* ALIGN_UP() may wrap */
			return base;
	}
	return 0;
}

phys_addr_t memblock_find_free(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			       phys_addr_t end, int nid, enum memblock_flags flags)
{
	/* Address 0 means failure, so the first page is never allocated. */
	start = max(start, (phys_addr_t)PAGE_SIZE);
	end = max(end, start);
	if (memblock.bottom_up)
		return find_from_bottom(size, align, start, end, nid, flags);
	return find_from_top(size, align, start, end, nid, flags);
}

/* Finds a place and reserves it. If `reserved` is full, the place is of no use. */
static phys_addr_t take_from(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			     phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t base = memblock_find_free(size, align, start, end, nid, flags);

	if (base && memblock_reserve(base, size))
		return 0;
	return base;
}

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid)
{
	enum memblock_flags flags = memblock_has_mirror ? MEMBLOCK_MIRROR : MEMBLOCK_NONE;
	static bool warned;
	phys_addr_t base;

	if (nid == MAX_NUMNODES) {
		if (!warned)
			pr_warn("memblock: asked for memory of node %d, expected NUMA_NO_NODE\n",
				nid);
		warned = true;
		nid = NUMA_NO_NODE;
	}
	if (!align)
		align = SMP_CACHE_BYTES;
	if (end == MEMBLOCK_ALLOC_ACCESSIBLE || end == MEMBLOCK_ALLOC_NOLEAKTRACE)
		end = memblock.current_limit;

	for (;;) {
		base = take_from(size, align, start, end, nid, flags);
		if (!base && nid != NUMA_NO_NODE && !exact_nid)
			base = take_from(size, align, start, end, NUMA_NO_NODE, flags);
		if (base || flags == MEMBLOCK_NONE)
			return base;
		pr_warn("memblock: no %llu bytes of mirrored memory\n", size);
		flags = MEMBLOCK_NONE;
	}
}

phys_addr_t memblock_phys_alloc_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				      phys_addr_t end)
{
	return memblock_alloc_range_nid(size, align, start, end, NUMA_NO_NODE, false);
}

phys_addr_t memblock_phys_alloc_try_nid(phys_addr_t size, phys_addr_t align, int nid)
{
	return memblock_alloc_range_nid(size, align, 0, MEMBLOCK_ALLOC_ACCESSIBLE, nid, false);
}

void memblock_use_slab(void *(*zalloc)(size_t size), void (*free)(const void *ptr))
{
	hook_set(memblock_slab.zalloc, zalloc);
	hook_set(memblock_slab.free, free);
}

static void *alloc_after_slab(phys_addr_t size)
{
	static bool warned;

	if (!warned)
		pr_warn("memblock: asked for %llu bytes, but slab is up: call kmalloc()\n", size);
	warned = true;
	return size > SIZE_MAX ? NULL : memblock_slab.zalloc((size_t)size);
}

static void *alloc_virtual(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			   phys_addr_t max_addr, int nid, bool exact_nid)
{
	phys_addr_t pa;

	if (memblock_slab.zalloc)
		return alloc_after_slab(size);
	max_addr = min(max_addr, memblock.current_limit);
	pa = memblock_alloc_range_nid(size, align, min_addr, max_addr, nid, exact_nid);
	if (!pa && min_addr)
		pa = memblock_alloc_range_nid(size, align, 0, max_addr, nid, exact_nid);
	return pa ? phys_to_virt(pa) : NULL;
}

void *memblock_alloc_try_nid(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			     phys_addr_t max_addr, int nid)
{
	void *ptr = alloc_virtual(size, align, min_addr, max_addr, nid, false);

	if (ptr)
		memset(ptr, 0, (size_t)size);
	return ptr;
}

void *memblock_alloc_try_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				 phys_addr_t max_addr, int nid)
{
	return alloc_virtual(size, align, min_addr, max_addr, nid, false);
}

void *memblock_alloc_exact_nid_raw(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
				   phys_addr_t max_addr, int nid)
{
	return alloc_virtual(size, align, min_addr, max_addr, nid, true);
}

/* --- growing ---------------------------------------------------------------------------------- */

/*
 * A list that is full moves into an array of twice the size, in the memory that the lists
 * describe. Three things can go wrong, and decide the order of the steps:
 *
 * - The new array must be outside the range that the caller is about to reserve or to free: the
 *   new owner of that memory would overwrite the array. So growing needs to know the range.
 * - The array must be reserved, which may need an entry in a list that is full. The array of
 *   `memory` or `physmem` is reserved before the list moves, because that can fail. The array of
 *   `reserved` is reserved after the list has moved, because then there is room.
 * - Freeing the old array may need two more entries, so `reserved` may have to grow once more.
 *
 * Growing is not allowed before memblock_allow_resize(): memory in use may not be reserved yet,
 * and the new array could overwrite it.
 */

/* The arrays that memory, reserved and physmem have grown into. Other arrays are the caller's. */
static struct grown_array {
	struct memblock_region *regions;
	phys_addr_t phys; /* 0 if the slab allocator supplied it */
	phys_addr_t size;
} grown[3];

static phys_addr_t find_pages(phys_addr_t size, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t pa = 0;

	if (memblock_has_mirror)
		pa = memblock_find_free(size, PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_MIRROR);
	if (!pa)
		pa = memblock_find_free(size, PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_NONE);
	return pa;
}

/* Finds a place for a new array of @type, outside [base, base + size) if `reserved` grows. */
static phys_addr_t find_room(const struct memblock_type *type, phys_addr_t bytes, phys_addr_t base,
			     phys_addr_t size)
{
	phys_addr_t limit = memblock.current_limit, pa;

	if (type != &memblock.reserved)
		return find_pages(bytes, 0, limit);
	pa = find_pages(bytes, base + size, limit);
	return pa ? pa : find_pages(bytes, 0, min(base, limit));
}

static struct grown_array *grown_array_of(const struct memblock_type *type)
{
	if (type == &memblock.memory)
		return &grown[0];
	if (type == &memblock.reserved)
		return &grown[1];
	return type == &physmem ? &grown[2] : NULL;
}

static bool get_array(const struct memblock_type *type, struct grown_array *new, phys_addr_t base,
		      phys_addr_t size)
{
	if (memblock_slab.zalloc) {
		new->regions = memblock_slab.zalloc((size_t) new->size);
		return new->regions;
	}
	new->size = ALIGN_UP(new->size, PAGE_SIZE);
	new->phys = find_room(type, new->size, base, size);
	if (!new->phys)
		return false;
	if (type != &memblock.reserved && memblock_reserve(new->phys, new->size))
		return false;
	new->regions = __va(new->phys);
	return true;
}

/*
 * Without room for the two entries the pages of the old array stay reserved: that wastes them, and
 * does no other harm.
 */
static void put_array(struct grown_array old, phys_addr_t base, phys_addr_t size)
{
	if (!old.phys)
		memblock_slab.free(old.regions);
	else if (memblock_make_room(&memblock.reserved, 2, base, size) == 0)
		memblock_phys_free(old.phys, old.size);
}

static int double_array(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	struct grown_array new = { .size = 2 * type->max * sizeof(*type->regions) }, old = { 0 };
	struct grown_array *slot = grown_array_of(type);
	size_t old_bytes = type->max * sizeof(*type->regions);

	if (!type->max || !get_array(type, &new, base, size))
		return -ENOMEM;
	memcpy(new.regions, type->regions, old_bytes);
	memset(new.regions + type->max, 0, old_bytes);
	if (slot) {
		if (slot->regions == type->regions)
			old = *slot;
		*slot = new;
	}
	type->regions = new.regions;
	type->max *= 2;
	memblock_trace("array of", type, new.phys, new.size);

	if (type == &memblock.reserved && new.phys)
		memblock_reserve(new.phys, new.size);
	if (old.regions)
		put_array(old, base, size);
	return 0;
}

void memblock_allow_resize(void)
{
	memblock_grow = double_array;
}

phys_addr_t memblock_grown_array(const struct memblock_type *type, phys_addr_t *size)
{
	const struct grown_array *slot = grown_array_of(type);

	if (!slot || slot->regions != type->regions)
		return 0;
	*size = slot->size;
	return slot->phys;
}

/* --- questions -------------------------------------------------------------------------------- */

/*
 * Questions about the lists. Every answer comes from the arrays, by binary search; nothing is
 * cached, because callers may write to the lists.
 */

phys_addr_t memblock_phys_mem_size(void)
{
	return memblock.memory.total_size;
}

phys_addr_t memblock_reserved_size(void)
{
	return memblock.reserved.total_size;
}

phys_addr_t memblock_start_of_DRAM(void)
{
	return nr_regions(&memblock.memory) ? memblock.memory.regions[0].base : 0;
}

phys_addr_t memblock_end_of_DRAM(void)
{
	unsigned long nr = nr_regions(&memblock.memory);

	return nr ? region_end(&memblock.memory.regions[nr - 1]) : 0;
}

bool memblock_is_memory(phys_addr_t addr)
{
	return memblock_find_holder(&memblock.memory, addr);
}

bool memblock_is_map_memory(phys_addr_t addr)
{
	struct memblock_region *r = memblock_find_holder(&memblock.memory, addr);

	return r && !memblock_is_nomap(r);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return memblock_find_holder(&memblock.reserved, addr);
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	const struct memblock_region *r = memblock_find_holder(&memblock.memory, base);

	return r && region_end(r) - base >= cap_size(base, size);
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return memblock_overlaps_region(&memblock.reserved, base, size);
}

bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	unsigned long i = memblock_find_above(type, base);

	return i < nr_regions(type) &&
	       memblock_addrs_overlap(base, size, type->regions[i].base, type->regions[i].size);
}

bool memblock_addrs_overlap(phys_addr_t base1, phys_addr_t size1, phys_addr_t base2,
			    phys_addr_t size2)
{
	phys_addr_t end1 = base1 + cap_size(base1, size1), end2 = base2 + cap_size(base2, size2);

	return max(base1, base2) < min(end1, end2);
}

int memblock_search_pfn_nid(unsigned long pfn, unsigned long *start_pfn, unsigned long *end_pfn)
{
	const struct memblock_region *r =
		memblock_find_holder(&memblock.memory, (phys_addr_t)pfn * PAGE_SIZE);

	if (!r)
		return NUMA_NO_NODE;
	*start_pfn = (unsigned long)(r->base / PAGE_SIZE);
	*end_pfn = (unsigned long)(region_end(r) / PAGE_SIZE);
	return r->nid;
}

/* --- giving up RAM ---------------------------------------------------------------------------- */

/*
 * RAM that the kernel gives up: parts of pages at the ends of regions, and RAM above a limit.
 */

void memblock_trim_memory(phys_addr_t align)
{
	struct memblock_type *type = &memblock.memory;

	/* Downwards: dropping an entry only moves entries that the loop has passed. */
	for (unsigned long i = nr_regions(type); i-- > 0;) {
		struct memblock_region *r = &type->regions[i];
		phys_addr_t start = ALIGN_UP(r->base, align);
		phys_addr_t end = ALIGN_DOWN(region_end(r), align);

		if (start < r->base || start >= end) { /* ALIGN_UP() may wrap */
			memblock_drop(type, i, i + 1);
			continue;
		}
		type->total_size -= r->size - (end - start);
		r->base = start;
		r->size = end - start;
	}
}

/* The address at which the first @limit bytes of memory end; PHYS_ADDR_MAX if there are fewer. */
static phys_addr_t end_of_first(phys_addr_t limit)
{
	for (unsigned long i = 0; i < nr_regions(&memblock.memory); i++) {
		const struct memblock_region *r = &memblock.memory.regions[i];

		if (limit <= r->size)
			return r->base + limit;
		limit -= r->size;
	}
	return PHYS_ADDR_MAX;
}

void memblock_enforce_memory_limit(phys_addr_t limit)
{
	phys_addr_t end = end_of_first(limit);

	if (!limit || end == PHYS_ADDR_MAX)
		return;
	memblock_remove_range(&memblock.memory, end, PHYS_ADDR_MAX);
	memblock_remove_range(&memblock.reserved, end, PHYS_ADDR_MAX);
}

void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long first, last;

	size = cap_size(base, size);
	if (!size || memblock_isolate(type, base, size, &first, &last))
		return;
	for (unsigned long i = nr_regions(type); i-- > 0;)
		if ((i < first || i >= last) && !memblock_is_nomap(&type->regions[i]))
			memblock_drop(type, i, i + 1);
	memblock_merge(type);

	memblock_remove_range(&memblock.reserved, 0, base);
	memblock_remove_range(&memblock.reserved, base + size, PHYS_ADDR_MAX);
}

void memblock_mem_limit_remove_map(phys_addr_t limit)
{
	phys_addr_t end = end_of_first(limit);

	if (limit && end != PHYS_ADDR_MAX)
		memblock_cap_memory_range(0, end);
}
