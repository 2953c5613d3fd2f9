/* SPDX-License-Identifier: MIT */
#include <kernel/vmstat_line.h>
#include <mm/mmzone.h>
#include <mm/shrinker.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmap_area.h>

/*
 * The kernel keeps these to save work, and can give them back:
 *
 *	rank 200  names of files         the inode and its pages go with the name
 *	     300  address spaces         and empty page tables, kept for the next programs
 *	     400  stacks                 of threads that have ended
 *	     800  ranges of vmalloc      retired, and waiting for a flush
 *	     900  empty slabs            and the objects that CPUs keep: what the others have freed
 *
 * A request for high memory gets little from this, so it comes when low memory is short. All but
 * the names are small. They are given up whole, which costs the next programs some work.
 */

/* About half a KiB each; a page is free when all of its objects are. */
#define OBJECTS_A_PAGE 16u

static unsigned long freed_pages; /* since boot; changed by locked operations */

static unsigned long free_lowmem(void)
{
	return zone_free_pages(&zones[ZONE_DMA]) + zone_free_pages(&zones[ZONE_NORMAL]);
}

unsigned long shrink_caches(unsigned long nr, gfp_t gfp)
{
	unsigned long before = free_lowmem(), after;
	const struct shrinker *shrinker;

	if (!(gfp & __GFP_RECLAIM))
		return 0;
	for_each_in_set(shrinker, shrinkers)
		if (!shrinker->count || shrinker->count())
			shrinker->scan(nr * OBJECTS_A_PAGE);
	after = free_lowmem();
	if (after <= before)
		return 0;
	__atomic_fetch_add(&freed_pages, after - before, __ATOMIC_RELAXED);
	return after - before;
}

void shrinkers_show(printf_fn *out)
{
	const struct shrinker *shrinker;

	for_each_in_set(shrinker, shrinkers)
		if (shrinker->count)
			out("%s: %lu\n", shrinker->name, shrinker->count());
}

static unsigned long pages_shrunk(void)
{
	return READ_ONCE(freed_pages);
}
VMSTAT_LINE(560, "pages_shrunk", pages_shrunk);

static void scan_ranges(unsigned long nr)
{
	vm_unmap_aliases();
}
SHRINKER(800, "retired pages of vmalloc", vm_lazy_pages, scan_ranges);

static void scan_slabs(unsigned long nr)
{
	kmem_cache_shrink_all();
}
SHRINKER(900, "empty slabs", NULL, scan_slabs);
