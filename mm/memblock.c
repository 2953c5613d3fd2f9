/* SPDX-License-Identifier: MIT */
#include <mm/memblock.h>

#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>

/*
 * Memory before there is an allocator.
 *
 * The firmware says where RAM is; the kernel must take some of it for page tables and for the frame
 * table before any allocator can exist, and must not take what the loader put there. So it keeps
 * two lists of ranges, and what is free is the difference:
 *
 *	memory    |=========|     |==============================|
 *	reserved    |##|              |####|        |#|
 *	free      |-|  |----|     |---|    |--------| |----------|
 *
 * Each list is an array sorted by base. Two operations do all the work: split_at() makes an address
 * a border between entries, so that removing, marking and setting a node are "split at both ends,
 * then change the entries between"; next_uncovered() walks the pieces of a range that a list does
 * not cover, which is what adding has to insert. To allocate is to walk the free pieces from one
 * end, first fit, and to reserve what is taken: so a block has no header, and freeing needs a size.
 *
 * Invariant, between calls: entries sorted, none overlapping, none empty, no two alike that touch;
 * total_size is their sum. An empty list has one entry of size 0.
 *
 * Price: adding and removing move the tail of an array, allocation walks all of it: linear, for
 * lists of some hundred entries, while the kernel boots. Arrays start static with 128 entries and
 * double into free memory once memblock_allow_resize() has said that this is safe.
 */

static struct memblock_region memory_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region reserved_regions[INIT_MEMBLOCK_REGIONS];
static struct memblock_region physmem_regions[INIT_PHYSMEM_REGIONS];

struct memblock memblock = {
	.current_limit = MEMBLOCK_ALLOC_ANYWHERE,
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
bool movable_node_enabled;
bool mirrored_kernelcore;

static bool can_resize;
static bool has_mirror;
static void *(*slab_zalloc)(size_t size);
static void (*slab_free)(const void *ptr);

/* Arrays that grow() obtained: memory, reserved, physmem. An array not found here is not ours. */
static struct grown_array {
	struct memblock_region *regions;
	phys_addr_t phys; /* 0: it came from slab */
	phys_addr_t size;
} grown[3];

static void trace(const char *what, const struct memblock_type *type, phys_addr_t base,
		  phys_addr_t size)
{
	if (memblock_debug && size)
		pr_info("memblock: %s %s [0x%016llx-0x%016llx]\n", what, type->name, base,
			base + size - 1);
}

/* --- looking at a list ---------------------------------------------------------------------- */

static phys_addr_t cap_size(phys_addr_t base, phys_addr_t size)
{
	return min(size, PHYS_ADDR_MAX - base);
}

static phys_addr_t region_end(const struct memblock_region *r)
{
	return r->base + r->size;
}

/* Entries, not counting the dummy. */
static unsigned long nr_regions(const struct memblock_type *type)
{
	return type->regions[0].size ? type->cnt : 0;
}

/* The first entry that ends above `addr`: it holds addr, or is the next one after it. */
static unsigned long find_above(const struct memblock_type *type, phys_addr_t addr)
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

static struct memblock_region *find_holder(const struct memblock_type *type, phys_addr_t addr)
{
	unsigned long i = find_above(type, addr);

	if (i == nr_regions(type) || type->regions[i].base > addr)
		return NULL;
	return &type->regions[i];
}

/*
 * The next piece of [*pos, end) that is in no entry. *i is the first entry that ends above *pos.
 * Moves *pos to the start of the piece; its end is returned in *piece_end.
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
	unsigned long i = find_above(type, base), n = 0;
	phys_addr_t pos = base, piece_end;

	for (; next_uncovered(type, &i, &pos, end, &piece_end); pos = piece_end)
		n++;
	return n;
}

/* --- changing a list, with room enough ------------------------------------------------------ */

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

/* Makes `addr` a border between entries. Returns the first entry that begins at or above it. */
static unsigned long split_at(struct memblock_type *type, phys_addr_t addr)
{
	unsigned long i = find_above(type, addr);
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

static void merge_neighbours(struct memblock_type *type)
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

/* Takes out the entries [first, last). */
static void drop(struct memblock_type *type, unsigned long first, unsigned long last)
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

/* --- room ----------------------------------------------------------------------------------- */

static phys_addr_t find_in_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				 phys_addr_t end, int nid, enum memblock_flags flags);

static int make_room(struct memblock_type *type, unsigned long extra, phys_addr_t base,
		     phys_addr_t size);

static enum memblock_flags wanted_flags(void)
{
	return has_mirror ? MEMBLOCK_MIRROR : MEMBLOCK_NONE;
}

static phys_addr_t find_pages(phys_addr_t size, phys_addr_t start, phys_addr_t end)
{
	phys_addr_t pa = find_in_range(size, PAGE_SIZE, start, end, NUMA_NO_NODE, wanted_flags());

	if (!pa && has_mirror)
		pa = find_in_range(size, PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_NONE);
	return pa;
}

/*
 * Where a new array for `type` can lie. [base, base + size) is what the caller is about to reserve
 * or to free, if it is `reserved` that grows: an array in there would be overwritten.
 */
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

/*
 * Gets a larger array. One of `memory` is reserved before the list moves into it, since that can
 * fail; one of `reserved` afterwards, when there is room for the entry.
 */
static bool get_array(const struct memblock_type *type, struct grown_array *new, phys_addr_t base,
		      phys_addr_t size)
{
	if (slab_zalloc) {
		new->regions = slab_zalloc((size_t) new->size);
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
 * Freeing an old array may itself need a larger one, which must keep clear of the caller's range as
 * well. Where that fails its pages stay reserved: a loss, no danger.
 */
static void put_array(struct grown_array old, phys_addr_t base, phys_addr_t size)
{
	if (!old.phys)
		slab_free(old.regions);
	else if (make_room(&memblock.reserved, 2, base, size) == 0)
		memblock_phys_free(old.phys, old.size);
}

/* Doubles the array of a list for the sake of a change of [base, base + size). */
static int grow(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	struct grown_array new = { .size = 2 * type->max * sizeof(*type->regions) }, old = { 0 };
	struct grown_array *slot = grown_array_of(type);
	size_t old_bytes = type->max * sizeof(*type->regions);

	if (!can_resize || !type->max || !get_array(type, &new, base, size)) {
		pr_err("memblock: %s is full: %lu regions, and no room for more\n", type->name,
		       type->max);
		return -ENOMEM;
	}
	memcpy(new.regions, type->regions, old_bytes);
	memset(new.regions + type->max, 0, old_bytes);
	if (slot) {
		if (slot->regions == type->regions)
			old = *slot;
		*slot = new;
	}
	type->regions = new.regions;
	type->max *= 2;
	trace("array of", type, new.phys, new.size);

	if (type == &memblock.reserved && new.phys)
		memblock_reserve(new.phys, new.size);
	if (old.regions)
		put_array(old, base, size);
	return 0;
}

/* Room for `extra` more entries. */
static int make_room(struct memblock_type *type, unsigned long extra, phys_addr_t base,
		     phys_addr_t size)
{
	while (type->cnt + extra > type->max)
		if (grow(type, base, size))
			return -ENOMEM;
	return 0;
}

void memblock_allow_resize(void)
{
	can_resize = true;
}

void memblock_use_slab(void *(*zalloc)(size_t size), void (*free)(const void *ptr))
{
	slab_zalloc = zalloc;
	slab_free = free;
}

phys_addr_t memblock_grown_array(const struct memblock_type *type, phys_addr_t *size)
{
	const struct grown_array *slot = grown_array_of(type);

	if (!slot || slot->regions != type->regions)
		return 0;
	*size = slot->size;
	return slot->phys;
}

/* --- adding and removing -------------------------------------------------------------------- */

static int add_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size, int nid,
		     enum memblock_flags flags)
{
	struct memblock_region new = { base, cap_size(base, size), flags, nid };
	phys_addr_t end = region_end(&new), pos = base, piece_end;
	unsigned long i;

	trace("add to", type, base, new.size);
	if (!new.size)
		return 0;
	if (!nr_regions(type)) {
		type->cnt = 1;
		type->total_size = new.size;
		type->regions[0] = new;
		return 0;
	}
	/* Counted again after each growth: that adds to `reserved`, and may take out of it. */
	while (type->cnt + count_uncovered(type, base, end) > type->max)
		if (grow(type, base, new.size))
			return -ENOMEM;

	i = find_above(type, base);
	for (; next_uncovered(type, &i, &pos, end, &piece_end); pos = piece_end) {
		new.base = pos;
		new.size = piece_end - pos;
		insert_at(type, i++, new);
		type->total_size += new.size;
	}
	merge_neighbours(type);
	return 0;
}

/*
 * Splits entries so that exactly those from *first up to, not including, *last lie in the range;
 * none if it is empty. -ENOMEM if there is no room for two more, split or not.
 */
static int isolate(struct memblock_type *type, phys_addr_t base, phys_addr_t size,
		   unsigned long *first, unsigned long *last)
{
	*first = *last = 0;
	size = cap_size(base, size);
	if (!size)
		return 0;
	if (make_room(type, 2, base, size))
		return -ENOMEM;
	*first = split_at(type, base);
	*last = split_at(type, base + size);
	return 0;
}

static int remove_range(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	unsigned long first, last;

	trace("remove from", type, base, cap_size(base, size));
	if (isolate(type, base, size, &first, &last))
		return -ENOMEM;
	drop(type, first, last);
	return 0;
}

int memblock_add(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memblock.memory, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_add_node(phys_addr_t base, phys_addr_t size, int nid, enum memblock_flags flags)
{
	return add_range(&memblock.memory, base, size, nid, flags);
}

int memblock_reserve(phys_addr_t base, phys_addr_t size)
{
	return add_range(&memblock.reserved, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_physmem_add(phys_addr_t base, phys_addr_t size)
{
	return add_range(&physmem, base, size, MAX_NUMNODES, MEMBLOCK_NONE);
}

int memblock_remove(phys_addr_t base, phys_addr_t size)
{
	return remove_range(&memblock.memory, base, size);
}

int memblock_phys_free(phys_addr_t base, phys_addr_t size)
{
	return remove_range(&memblock.reserved, base, size);
}

void memblock_free(void *ptr, size_t size)
{
	if (ptr)
		memblock_phys_free(__pa(ptr), size);
}

/* --- attributes ----------------------------------------------------------------------------- */

static int change_flags(phys_addr_t base, phys_addr_t size, enum memblock_flags set,
			enum memblock_flags clear)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long first, last;

	if (isolate(type, base, size, &first, &last))
		return -ENOMEM;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].flags = (type->regions[i].flags & ~clear) | set;
	merge_neighbours(type);
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
	has_mirror = true;
	return change_flags(base, size, MEMBLOCK_MIRROR, MEMBLOCK_NONE);
}

int memblock_set_node(phys_addr_t base, phys_addr_t size, struct memblock_type *type, int nid)
{
	unsigned long first, last;

	if (isolate(type, base, size, &first, &last))
		return -ENOMEM;
	for (unsigned long i = first; i < last; i++)
		type->regions[i].nid = nid;
	merge_neighbours(type);
	return 0;
}

void memblock_trim_memory(phys_addr_t align)
{
	struct memblock_type *type = &memblock.memory;

	/* Downwards, so that dropping an entry moves none that is still to be looked at. */
	for (unsigned long i = nr_regions(type); i-- > 0;) {
		struct memblock_region *r = &type->regions[i];
		phys_addr_t start = ALIGN_UP(r->base, align);
		phys_addr_t end = ALIGN_DOWN(region_end(r), align);

		if (start < r->base || start >= end) { /* rounding up may wrap */
			drop(type, i, i + 1);
			continue;
		}
		type->total_size -= r->size - (end - start);
		r->base = start;
		r->size = end - start;
	}
}

/* --- iteration ------------------------------------------------------------------------------ */

#define SET(ptr, value)                   \
	do {                              \
		if (ptr)                  \
			*(ptr) = (value); \
	} while (0)

static bool hidden(const struct memblock_type *type, const struct memblock_region *r)
{
	return type == &memblock.memory && (r->flags & MEMBLOCK_NOMAP);
}

/* *i: entries up to here have been looked at. */
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

/* *i: entries from here on have been looked at; ULLONG_MAX: none. */
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

/*
 * Free memory: where a region of `memory` and a gap of `reserved` meet. Gap g lies below reserved
 * region g, and there is one more above the last. The position of a walk is a gap and a region, in
 * the high and the low half of an u64.
 */
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

		/* Leave behind whichever ends first; two that end together meet nothing more. */
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

/* The region half counts those still to be looked at, so that a walk can stand below the first. */
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

/* --- allocation ----------------------------------------------------------------------------- */

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
		if (base >= low && base < high && high - base >= size) /* rounding up may wrap */
			return base;
	}
	return 0;
}

/* Steps 2 to 4 of an allocation: a place, not yet reserved. 0 if there is none. */
static phys_addr_t find_in_range(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				 phys_addr_t end, int nid, enum memblock_flags flags)
{
	start = max(start, (phys_addr_t)PAGE_SIZE);
	end = max(end, start);
	if (memblock.bottom_up)
		return find_from_bottom(size, align, start, end, nid, flags);
	return find_from_top(size, align, start, end, nid, flags);
}

/* Finds and reserves. A place that cannot be entered into the list is as good as none. */
static phys_addr_t take_from(phys_addr_t size, phys_addr_t align, phys_addr_t start,
			     phys_addr_t end, int nid, enum memblock_flags flags)
{
	phys_addr_t base = find_in_range(size, align, start, end, nid, flags);

	if (base && memblock_reserve(base, size))
		return 0;
	return base;
}

phys_addr_t memblock_alloc_range_nid(phys_addr_t size, phys_addr_t align, phys_addr_t start,
				     phys_addr_t end, int nid, bool exact_nid)
{
	enum memblock_flags flags = wanted_flags();
	static bool warned;
	phys_addr_t base;

	if (nid == MAX_NUMNODES) {
		if (!warned)
			pr_warn("memblock: node %d to allocate from, expected NUMA_NO_NODE\n", nid);
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

static void *alloc_after_slab(phys_addr_t size)
{
	static bool warned;

	if (!warned)
		pr_warn("memblock: asked for %llu bytes when slab is up\n", size);
	warned = true;
	return size > SIZE_MAX ? NULL : slab_zalloc((size_t)size);
}

static void *alloc_virtual(phys_addr_t size, phys_addr_t align, phys_addr_t min_addr,
			   phys_addr_t max_addr, int nid, bool exact_nid)
{
	phys_addr_t pa;

	if (slab_zalloc)
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

/* --- questions ------------------------------------------------------------------------------ */

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
	return find_holder(&memblock.memory, addr);
}

bool memblock_is_map_memory(phys_addr_t addr)
{
	struct memblock_region *r = find_holder(&memblock.memory, addr);

	return r && !memblock_is_nomap(r);
}

bool memblock_is_reserved(phys_addr_t addr)
{
	return find_holder(&memblock.reserved, addr);
}

bool memblock_is_region_memory(phys_addr_t base, phys_addr_t size)
{
	const struct memblock_region *r = find_holder(&memblock.memory, base);

	return r && region_end(r) - base >= cap_size(base, size);
}

bool memblock_is_region_reserved(phys_addr_t base, phys_addr_t size)
{
	return memblock_overlaps_region(&memblock.reserved, base, size);
}

bool memblock_overlaps_region(struct memblock_type *type, phys_addr_t base, phys_addr_t size)
{
	unsigned long i = find_above(type, base);

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
		find_holder(&memblock.memory, (phys_addr_t)pfn * PAGE_SIZE);

	if (!r)
		return NUMA_NO_NODE;
	*start_pfn = (unsigned long)(r->base / PAGE_SIZE);
	*end_pfn = (unsigned long)end_pfn_of(r);
	return r->nid;
}

/* --- limits --------------------------------------------------------------------------------- */

/* Where the first `limit` bytes of memory end; PHYS_ADDR_MAX if there are not so many. */
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
	remove_range(&memblock.memory, end, PHYS_ADDR_MAX);
	remove_range(&memblock.reserved, end, PHYS_ADDR_MAX);
}

void memblock_cap_memory_range(phys_addr_t base, phys_addr_t size)
{
	struct memblock_type *type = &memblock.memory;
	unsigned long first, last;

	size = cap_size(base, size);
	if (!size || isolate(type, base, size, &first, &last))
		return;
	for (unsigned long i = nr_regions(type); i-- > 0;)
		if ((i < first || i >= last) && !memblock_is_nomap(&type->regions[i]))
			drop(type, i, i + 1);
	merge_neighbours(type);

	remove_range(&memblock.reserved, 0, base);
	remove_range(&memblock.reserved, base + size, PHYS_ADDR_MAX);
}

void memblock_mem_limit_remove_map(phys_addr_t limit)
{
	phys_addr_t end = end_of_first(limit);

	if (limit && end != PHYS_ADDR_MAX)
		memblock_cap_memory_range(0, end);
}

/* --- the log -------------------------------------------------------------------------------- */

static void dump(const struct memblock_type *type)
{
	pr_info(" %s.cnt  = 0x%lx\n", type->name, type->cnt);
	for (unsigned long i = 0; i < nr_regions(type); i++) {
		const struct memblock_region *r = &type->regions[i];

		pr_info(" %s[0x%lx]\t[0x%016llx-0x%016llx], 0x%016llx bytes", type->name, i,
			r->base, region_end(r) - 1, r->size);
		if (r->nid != MAX_NUMNODES)
			pr_cont(" on node %d", r->nid);
		pr_cont(" flags: 0x%x\n", (unsigned int)r->flags);
	}
}

void memblock_dump_all(void)
{
	if (!memblock_debug)
		return;
	pr_info("MEMBLOCK configuration:\n");
	pr_info(" memory size = %#llx reserved size = %#llx\n", memblock.memory.total_size,
		memblock.reserved.total_size);
	dump(&memblock.memory);
	dump(&memblock.reserved);
	dump(&physmem);
}
