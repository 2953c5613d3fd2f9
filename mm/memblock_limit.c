/* SPDX-License-Identifier: MIT */
#include <mm/memblock_limit.h>

#include <mm/memblock_attributes.h>
#include <mm/memblock_lists.h>

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
