/* SPDX-License-Identifier: MIT */
#include <mm/memblock_query.h>

#include <asm/page.h>
#include <mm/memblock_attributes.h>
#include <mm/memblock_lists.h>

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
