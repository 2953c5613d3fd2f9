/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/meminfo_line.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/proc_file.h>
#include <kernel/report_section.h>
#include <mm/memory_holder.h>
#include <mm/slab.h>
#include <mm/slab_fast.h>

/*
 * Reports of the caches: the command slabinfo, a line of meminfo, the list of holders when memory
 * runs out, and the objects that a destroyed cache leaks. All read without a lock: the counts are
 * exact only while nobody allocates or frees.
 *
 * The columns are those of Linux's slabinfo(5), version 2.1. The tunables are the most objects in
 * the per-CPU lists of a CPU, and a batch. An object in a per-CPU list is not active.
 */

/*
 * The objects in the lists of a CPU. The hot list has ~0 for a moment, while that CPU finds it
 * empty (slab_pop_hot()).
 */
static unsigned long cached_objects(const struct kmem_cache_cpu *lists)
{
	u32 hot = READ_ONCE(lists->nr_hot);

	return (hot == ~0u ? 0 : hot) + READ_ONCE(lists->nr_cold);
}

/* While a CPU makes its hot list the cold one, the objects of the list count twice. */
unsigned long slab_objects_of(const struct kmem_cache *cache)
{
	unsigned long objects = (unsigned long)cache->nr_slabs * cache->objects - cache->nr_free;
	u32 cpu;

	for_each_cpu_with_data(cpu)
		objects -=
			min(objects, cached_objects(&per_cpu(kmem_cache_cpus, cpu)[cache->number]));
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
		    cache->size, cache->objects, 1u << cache->order, 2u * cache->hot_limit,
		    cache->batch, 0u, cache->nr_slabs - cache->nr_empty, cache->nr_slabs, 0u);
	}
}

PROC_FILE("slabinfo", slabinfo_show, .mode = 0400);

static int slabinfo(int argc, char **argv)
{
	slabinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("slabinfo", "", "list the caches of objects: used, total, sizes", slabinfo,
	       .example = "slabinfo; kmalloc 96; slabinfo");

static void cache_values(struct json *json, const struct kmem_cache *cache)
{
	json_object(json, NULL);
	json_string(json, "name", cache->name);
	json_number(json, "active_objects", slab_objects_of(cache));
	json_number(json, "objects", cache->nr_slabs * cache->objects);
	json_number(json, "object_size", cache->size);
	json_number(json, "objects_per_slab", cache->objects);
	json_number(json, "pages_per_slab", 1u << cache->order);
	json_number(json, "slabs", cache->nr_slabs);
	json_number(json, "empty_slabs", cache->nr_empty);
	json_number(json, "cached_limit", 2u * cache->hot_limit);
	json_number(json, "cached_batch", cache->batch);
	json_object_end(json);
}

static void slab_section(struct json *json)
{
	json_array(json, "caches");
	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++)
		if (kmem_caches[number])
			cache_values(json, kmem_caches[number]);
	json_array_end(json);
}
REPORT_SECTION(500, "slab", slab_section);

static unsigned long kb_of(const struct kmem_cache *cache)
{
	return ((unsigned long)cache->nr_slabs * PAGE_SIZE << cache->order) >> 10;
}

static unsigned long slab_kb(void)
{
	unsigned long kb = 0;

	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++)
		if (kmem_caches[number])
			kb += kb_of(kmem_caches[number]);
	return kb;
}
MEMINFO_LINE(600, "Slab", slab_kb);

/* When memory runs out: all caches that have a slab. */
static void slab_holders(printf_fn *out)
{
	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++) {
		const struct kmem_cache *cache = kmem_caches[number];

		if (cache && cache->nr_slabs)
			out("cache %-17s %8lu kB, %lu objects\n", cache->name, kb_of(cache),
			    slab_objects_of(cache));
	}
}
MEMORY_HOLDER(slab_holders);

/* --- leaks ------------------------------------------------------------------------------------ */

/* Longest list of leaked objects. */
#define MAX_SHOWN 16u

void slab_report_leaks(const struct kmem_cache *cache)
{
	unsigned int shown = 0;
	struct page *page;

	warn("kmem_cache_destroy(%s): %lu objects are still in use, expected 0; the cache stays",
	     cache->name, slab_objects_of(cache));
	for_each_slab_page(page, cache) {
		for (u32 at = 0; at < cache->end && shown < MAX_SHOWN; at += cache->size) {
			const char *object = (const char *)lowmem_page_address(page) + at;

			if (free_words(cache, object)->mark == FREE_MARK)
				continue;
			shown++;
			pr_warn("  object %p\n", (const void *)object);
			slab_debug_owner(cache, object);
		}
	}
}
