/* SPDX-License-Identifier: MIT */

#include "memblock_unit.h"
#include "host.h"

#include <mm/memblock_lists.h>
#include <sys/mman.h>

/*
 * A test or a fuzzer begins thousands of times with fresh lists in one process. Some of memblock's
 * state can only be set, never cleared, and the kernel needs no function that would clear it, so
 * this file writes to it. The sources of memblock are compiled unchanged.
 */

struct memblock_region *memblock_initial_memory, *memblock_initial_reserved;
static struct memblock_region *initial_physmem;

__attribute__((constructor)) static void note_initial_arrays(void)
{
	memblock_initial_memory = memblock.memory.regions;
	memblock_initial_reserved = memblock.reserved.regions;
	initial_physmem = physmem.regions;
}

static struct memblock_type initial(struct memblock_region *regions, unsigned long max, char *name)
{
	memset(regions, 0xa5, max * sizeof(*regions));
	memset(regions, 0, sizeof(*regions));
	return (struct memblock_type){ .cnt = 1, .max = max, .regions = regions, .name = name };
}

void memblock_reset(void)
{
	memblock.bottom_up = false;
	memblock.current_limit = MEMBLOCK_ALLOC_ANYWHERE;
	memblock.memory = initial(memblock_initial_memory, INIT_MEMBLOCK_REGIONS, "memory");
	memblock.reserved = initial(memblock_initial_reserved, INIT_MEMBLOCK_REGIONS, "reserved");
	physmem = initial(initial_physmem, INIT_PHYSMEM_REGIONS, "physmem");

	memblock_debug = movable_node_enabled = mirrored_kernelcore = memblock_has_mirror = false;
	memblock_grow = NULL;
	memblock_slab.zalloc = NULL;
	memblock_slab.free = NULL;
}

void memblock_map_arena(void)
{
	static void *arena;

	if (!arena)
		arena = mmap((void *)ARENA, ARENA_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (arena != (void *)ARENA) {
		printf("memblock: no memory at %#lx for the test\n", ARENA);
		abort();
	}
}

void memblock_list_is(const char *file, int line, const struct memblock_type *type,
		      const struct want *want, unsigned long nr)
{
	phys_addr_t total = 0;

	if (type->cnt != (nr ? nr : 1)) {
		host_fail(file, line, "%s has cnt %lu, expected %lu", type->name, type->cnt,
			  nr ? nr : 1);
		return;
	}
	if (!nr && (type->regions[0].base || type->regions[0].size || type->regions[0].flags))
		host_fail(file, line, "the dummy of %s is [%#llx, +%#llx) flags %#x", type->name,
			  type->regions[0].base, type->regions[0].size, type->regions[0].flags);
	for (unsigned long i = 0; i < nr; i++) {
		const struct memblock_region *r = &type->regions[i];

		total += want[i].size;
		if (r->base != want[i].base || r->size != want[i].size || r->nid != want[i].nid ||
		    r->flags != want[i].flags)
			host_fail(file, line,
				  "%s[%lu] is [%#llx, +%#llx) nid %d flags %#x, expected "
				  "[%#llx, +%#llx) nid %d flags %#x",
				  type->name, i, r->base, r->size, r->nid, r->flags, want[i].base,
				  want[i].size, want[i].nid, want[i].flags);
	}
	if (type->total_size != total)
		host_fail(file, line, "%s.total_size is %#llx, expected %#llx", type->name,
			  type->total_size, total);
}
