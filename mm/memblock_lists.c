/* SPDX-License-Identifier: MIT */
#include <mm/memblock_lists.h>

#include <asm/page.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>

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
