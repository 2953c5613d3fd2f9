/* SPDX-License-Identifier: MIT */

/*
 * mm/memblock.c, and a way to begin anew. A test or a fuzzer goes through thousands of lives of
 * memblock in one process, while some of its state (may arrays grow, is there mirrored memory) can
 * only be set, never cleared; the kernel needs no call for that, so there is none. The file itself
 * is compiled unchanged.
 */
#include "../../mm/memblock.c"

#include "host.h"
#include "memblock_unit.h"

#include <sys/mman.h>

struct memblock_region *const memblock_initial_memory = memory_regions;
struct memblock_region *const memblock_initial_reserved = reserved_regions;

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
	memblock.memory = initial(memory_regions, INIT_MEMBLOCK_REGIONS, "memory");
	memblock.reserved = initial(reserved_regions, INIT_MEMBLOCK_REGIONS, "reserved");
	physmem = initial(physmem_regions, INIT_PHYSMEM_REGIONS, "physmem");

	memblock_debug = movable_node_enabled = mirrored_kernelcore = false;
	can_resize = has_mirror = false;
	slab_zalloc = NULL;
	slab_free = NULL;
	memset(grown, 0, sizeof(grown));
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
