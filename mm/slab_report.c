/* SPDX-License-Identifier: MIT */
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/meminfo_line.h>
#include <lib/memory_holder.h>
#include <mm/slab_internal.h>

/*
 * What the caches hold. Columns are those of Linux's slabinfo(5), version 2.1; tunables are what a CPU keeps.
 * An object that a CPU keeps is not active.
 */

unsigned long slab_objects_of(const struct kmem_cache *cache)
{
	unsigned long objects = (unsigned long)cache->nr_slabs * cache->objects - cache->nr_free;
	u32 cpu;

	for_each_cpu_with_data(cpu) {
		const struct kmem_cache_cpu *list = &per_cpu(kmem_cache_cpus, cpu)[cache->number];

		objects -= READ_ONCE(list->nr_hot) + READ_ONCE(list->nr_cold);
	}
	return objects;
}

unsigned long slab_objects_in_use(void)
{
	unsigned long objects = 0;

	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++)
		if (kmem_caches[number])
			objects += slab_objects_of(kmem_caches[number]);
	return objects;
}

void slabinfo_show(printf_fn *out)
{
	out("slabinfo - version: 2.1\n"
	    "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> "
	    ": tunables <limit> <batchcount> <sharedfactor> "
	    ": slabdata <active_slabs> <num_slabs> <sharedavail>\n");
	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++) {
		const struct kmem_cache *cache = kmem_caches[number];

		if (!cache)
			continue;
		out("%-17s %6lu %6u %6u %4u %4u : tunables %4u %4u %4u : slabdata %6u %6u %6u\n",
		    cache->name, slab_objects_of(cache), cache->nr_slabs * cache->objects,
		    cache->size, cache->objects, 1u << cache->order, 2u * cache->batch,
		    cache->batch, 0u, cache->nr_slabs - cache->nr_empty, cache->nr_slabs, 0u);
	}
}

static int slabinfo(int argc, char **argv)
{
	slabinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("slabinfo", "", "caches of objects: in use, in all, sizes", slabinfo);

static unsigned long slab_kb(void)
{
	unsigned long kb = 0;

	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++)
		if (kmem_caches[number])
			kb += ((unsigned long)kmem_caches[number]->nr_slabs * PAGE_SIZE
			       << kmem_caches[number]->order) >>
			      10;
	return kb;
}
MEMINFO_LINE("Slab", slab_kb);

/* The caches with most memory, when there is none left: those with a page or more. */
static void slab_holders(printf_fn *out)
{
	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++) {
		const struct kmem_cache *cache = kmem_caches[number];

		if (cache && cache->nr_slabs)
			out("cache %-17s %8lu kB, %lu objects\n", cache->name,
			    (cache->nr_slabs * PAGE_SIZE << cache->order) >> 10,
			    slab_objects_of(cache));
	}
}
MEMORY_HOLDER(slab_holders);

/* --- leaks -------------------------------------------------------------------------------------- */

#define MOST_SHOWN 16u

void slab_report_leaks(const struct kmem_cache *cache)
{
	unsigned int shown = 0;
	struct page *page;

	warn("cache %s is to be destroyed, and %lu objects are still in use", cache->name,
	     slab_objects_of(cache));
	for_each_slab_page(page, cache)
	{
		for (u32 at = 0; at < cache->end && shown < MOST_SHOWN; at += cache->size) {
			const char *object = (const char *)lowmem_page_address(page) + at;

			if (free_words(cache, object)->mark == FREE_MARK)
				continue;
			shown++;
			pr_warn("  object %p\n", (const void *)object);
			slab_debug_owner(cache, object);
		}
	}
}
