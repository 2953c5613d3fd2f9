/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "slab_ops.h"

#include <kernel/command.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/slab_fast.h>
#include <mm/slab_pages.h>

/*
 * Caches and kmalloc() over the real page allocator: millions of the random operations of
 * slab_ops.c, and a test for each rare case that they do not reach.
 */

#define OPS_AT_ONCE 100000ul

static void run_many(const char *slub_debug, unsigned int times)
{
	slab_ops_boot(slub_debug);
	for (unsigned int i = 0; i < times; i++) {
		slab_ops_run(OPS_AT_ONCE);
		slab_ops_check_all();
	}
	slab_ops_finish();
}

static void random_operations_agree_with_the_model(void)
{
	run_many("", 45);
}

static void random_operations_with_all_checks(void)
{
	run_many("FZPU", 6);
}

static void random_operations_with_some_checks(void)
{
	run_many("U,kmalloc-1*,test", 2);
	run_many("Z", 2);
}

static void index_is_the_smallest_cache_that_fits(void)
{
	slab_ops_boot("");
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		unsigned int index = kmalloc_index(size);

		CHECK(kmem_cache_size(kmalloc_caches[index]) >= size);
		CHECK(index == 0 || kmem_cache_size(kmalloc_caches[index - 1]) < size);
	}
}

/* For every size of objects and every offset in a slab. */
static void the_places_of_objects_are_found(void)
{
	slab_ops_boot("");
	for (size_t size = SLAB_GRANULE; size <= SLAB_MAX_SIZE / 2; size += SLAB_GRANULE) {
		struct kmem_cache *cache = kmem_cache_create("test", size, 0, 0, NULL);
		unsigned long wrong = 0;

		CHECK_EQ(cache->size, size);
		for (u32 offset = 0; offset < PAGE_SIZE << cache->order; offset++)
			wrong += slab_is_object(cache, offset) !=
				 (offset % size == 0 && offset / size < cache->objects);
		CHECK_EQ(wrong, 0);
		kmem_cache_destroy(cache);
	}
}

static void leaked_objects_are_listed(void)
{
	struct kmem_cache *cache;
	void *object;

	slab_ops_boot("U");
	cache = kmem_cache_create("leaky", 40, 0, 0, NULL);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_free(cache, kmem_cache_alloc(cache, GFP_KERNEL));
	host_log_clear();
	kmem_cache_destroy(cache);
	CHECK_EQ(host_warnings, 1);
	CHECK(strstr(host_log, "kmem_cache_destroy(leaky): 1 objects are still in use"));
	CHECK(strstr(host_log, "allocated by caller"));
	kmem_cache_free(cache, object);
	host_log_clear();
	kmem_cache_destroy(cache);
	CHECK_EQ(host_warnings, 0);
}

static void damage_is_found(void)
{
	u8 *object;

	slab_ops_boot("FZPU");
	object = kmalloc(64, GFP_KERNEL);
	object[64]++;
	CHECK_PANICS("red zone overwritten: byte 64", kfree(object));
	object[64]--;
	kfree(object);
	object[5]++;
	CHECK_PANICS("poison overwritten: byte 5", (void)kmalloc(64, GFP_KERNEL));
	slab_ops_boot("FZPU");
	object = kmalloc(64, GFP_KERNEL);
	kfree(object);
	object[64]++;
	CHECK_PANICS("red zone of a free object overwritten", (void)kmalloc(64, GFP_KERNEL));
	slab_ops_boot("");
	object = kmalloc(64, GFP_KERNEL);
	kfree(object);
	object[4]++;
	CHECK_PANICS("was written to while it was free", (void)kmalloc(64, GFP_KERNEL));
	slab_ops_boot("");
	object = kmalloc(64, GFP_KERNEL);
	kfree(object);
	object[4]++;
	CHECK_PANICS("was written to while it was free", kmem_cache_shrink_all());
}

/* Damages the link of the first free object of a slab; with @last, when no other one is free. */
static void damage_link(u32 link, bool last)
{
	struct kmem_cache *cache;
	struct slab *slab;
	void *object;

	slab_ops_boot("");
	cache = kmalloc_caches[kmalloc_index(64)];
	object = kmalloc(64, GFP_KERNEL);
	kmem_cache_shrink(cache);
	slab = slab_of_page(virt_to_page(object));
	while (last && slab->nr_free > 1)
		(void)slab_get_object(cache);
	object = slab_address(slab) + slab->first_free * SLAB_GRANULE;
	free_words(cache, object)->next = link;
	CHECK_PANICS("was written to while it was free", (void)slab_get_object(cache));
}

/* A link must lead to an object of the slab, also the last one, which no allocation follows. */
static void damaged_links_are_found(void)
{
	static const u32 links[] = { 1, PAGE_SIZE / SLAB_GRANULE, 0x20000000, 0xffffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(links); i++) {
		damage_link(links[i], false);
		damage_link(links[i], true);
	}
}

static void free_again(void *object)
{
	CHECK_PANICS("is freed, but is free already", kfree(object));
}

/* Users may store any number, also the mark of free objects. */
static void mark_in_data(const char *slub_debug)
{
	struct {
		u32 first, mark;
	} * objects[600];

	slab_ops_boot(slub_debug);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++) {
		objects[i] = kmalloc(64, GFP_KERNEL);
		objects[i]->first = (u32)(unsigned long)objects[i / 2];
		objects[i]->mark = FREE_MARK;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i += 2)
		kfree(objects[i]);
	CHECK(!slab_check(kmalloc_caches[kmalloc_index(64)]));
	/* No slab was given back, since every other object is in use. */
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i += 100)
		free_again(objects[i]);
}

static void data_is_not_taken_for_a_free_object(void)
{
	mark_in_data("");
	mark_in_data("F");
}

static void set_seven(void *object)
{
	*(u32 *)object = 7;
}

static void requests_that_a_cache_cannot_grant(void)
{
	struct kmem_cache *cache;
	u32 *object;

	slab_ops_boot("");
	cache = kmem_cache_create("test", 64, 0, 0, set_seven);
	host_log_clear();
	CHECK(!kmem_cache_zalloc(cache, GFP_KERNEL));
	CHECK(strstr(host_log, "expected a cache without a constructor"));
	CHECK_EQ(host_warnings, 1);
	CHECK_PANICS("expected a cache without a constructor",
		     (void)kmem_cache_zalloc(cache, GFP_KERNEL | __GFP_NOFAIL));
	for (unsigned int i = 0; i < 3; i++) {
		static const gfp_t gfps[] = { GFP_HIGHUSER, GFP_DMA, GFP_ATOMIC | __GFP_HIGHMEM };

		object = kmem_cache_alloc(cache, gfps[i]);
		CHECK_EQ(host_warnings, 2 + i);
		CHECK(!page_is_highmem(virt_to_page(object)));
		CHECK_EQ(*object, 7);
		kmem_cache_free(cache, object);
	}
	kmem_cache_destroy(cache);
}

static void pages_of_slabs_are_not_freed(void)
{
	void *small, *large;

	slab_ops_boot("");
	small = kmalloc(64, GFP_KERNEL);
	large = kmalloc(5 * PAGE_SIZE, GFP_KERNEL);
	CHECK_PANICS("state slab, order 0, 1 references", free_pages((unsigned long)small, 0));
	CHECK_PANICS("state slab, order 3, 1 references", free_pages((unsigned long)large, 3));
	kfree(small);
	kfree(large);
}

static void slab_check_finds_damage(void)
{
	struct kmem_cache *cache;
	struct slab *slab;
	void *object;

	slab_ops_boot("");
	cache = kmalloc_caches[5];
	object = kmalloc(128, GFP_KERNEL);
	kmem_cache_shrink(cache);
	slab = slab_of_page(virt_to_page(object));
	CHECK(slab_check(cache) == NULL);
	cache->nr_free++;
	CHECK(strstr(slab_check(cache), "counts of slabs or free objects are wrong"));
	cache->nr_free--;
	slab->nr_free++;
	CHECK(strstr(slab_check(cache), "fewer free objects"));
	slab->nr_free--;
	slab->first_free++;
	CHECK(strstr(slab_check(cache), "but no object"));
	slab->first_free--;
	slab->prev = 5;
	CHECK(strstr(slab_check(cache), "link back is wrong"));
	slab->prev = SLAB_PFN_NONE;
	slab->refcount++;
	CHECK(strstr(slab_check(cache), "or shared"));
	slab->refcount--;
	cache->partial = SLAB_PFN_NONE;
	CHECK(strstr(slab_check(cache), "missing from the list"));
}

static void small_functions_and_their_limits(void)
{
	struct kmem_cache *cache;
	char *text, *array;
	volatile size_t half = ~(size_t)0 / 2 + 1;

	slab_ops_boot("");
	text = kstrdup("text", GFP_KERNEL);
	CHECK_STREQ(text, "text");
	kfree(text);
	CHECK(!kstrdup(NULL, GFP_KERNEL));
	kmem_cache_free(kmalloc_caches[0], NULL);
	array = krealloc_array(NULL, 3, 5, GFP_KERNEL);
	CHECK(ksize(array) >= 15);
	CHECK(!krealloc_array(array, half, 2, GFP_KERNEL));
	CHECK(krealloc(array, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	host_log_clear();
	CHECK(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL));
	CHECK(strstr(host_log, "expected at most 4194304 bytes"));
	CHECK_EQ(host_warnings, 1);
	CHECK(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
	CHECK_EQ(host_warnings, 1);
	CHECK_PANICS("expected at most 4194304 bytes",
		     (void)kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOFAIL));
	CHECK_PANICS("__GFP_HIGHMEM has no address", (void)kmalloc(10, __GFP_HIGHMEM));
	CHECK_PANICS("in the first page", kfree((void *)7));
	cache = kmem_cache_create("limits", 40, 0, 0, NULL);
	CHECK_PANICS("not in the direct map", kmem_cache_free(cache, &cache));
	CHECK_PANICS("reserved, expected an allocated object", kmem_cache_free(cache, mem_map));
	host_log_clear();
	CHECK(!kmem_cache_create("", 8, 0, 0, NULL));
	CHECK(!kmem_cache_create("test", 16385, 0, 0, NULL));
	CHECK(!kmem_cache_create("test", 8, 32768, 0, NULL));
	CHECK(strstr(host_log, "a size from 1 to 16384"));
	CHECK_PANICS("no cache", (void)kmem_cache_create("test", 8, 3, SLAB_PANIC, NULL));
}

static void numbers_of_caches_run_out(void)
{
	slab_ops_boot("");
	host_log_clear();
	while (kmem_cache_create("one of many", 8, 0, 0, NULL))
		;
	CHECK(strstr(host_log, "all 127 caches are in use"));
}

static int parse(const char *name, const char *value)
{
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		if (strcmp(p->name, name) == 0)
			return p->parse(value);
	return -ENOENT;
}

static void failures_can_be_injected(void)
{
	slab_ops_boot("");
	CHECK_EQ(parse("failslab", "1,100,0,2"), 0);
	CHECK(!kmalloc(64, GFP_KERNEL));
	CHECK(kmalloc(64, GFP_KERNEL | __GFP_NOFAIL));
	CHECK(!kmalloc(64, GFP_KERNEL));
	CHECK(kmalloc(64, GFP_KERNEL));
	CHECK_EQ(parse("failslab", "1,0,0,0"), 0);
	CHECK_EQ(parse("fail_page_alloc", "1,100,0,1"), 0);
	CHECK(!kmalloc(100000, GFP_KERNEL));
	CHECK(kmalloc(100000, GFP_KERNEL));
	CHECK_EQ(parse("fail_page_alloc", "1,0,0,0"), 0);
	CHECK_EQ(parse("failslab", "1,1"), -EINVAL);
	CHECK_EQ(parse("slub_debug", "FX"), -EINVAL);
}

/* The marks of a slab that is given back are checked; in a debug cache, the patterns, too. */
static void damage_is_found_when_a_slab_goes(void)
{
	u32 *first, *second;
	u8 *poisoned;

	slab_ops_boot("");
	first = kmalloc(2048, GFP_KERNEL);
	second = kmalloc(2048, GFP_KERNEL);
	kfree(second);
	kmem_cache_shrink(kmalloc_caches[10]);
	second[1]++;
	CHECK_PANICS("was written to while it was free", {
		kfree(first);
		kmem_cache_shrink(kmalloc_caches[10]);
	});
	slab_ops_boot("P");
	poisoned = kmalloc(2048, GFP_KERNEL);
	kfree(poisoned);
	poisoned[100]++;
	CHECK_PANICS("poison overwritten: byte 100", kmem_cache_shrink(kmalloc_caches[10]));
}

/* Every operation of a debug cache reaches the checks: no CPU keeps an object of it. */
static void debug_caches_skip_the_lists(void)
{
	const struct kmem_cache *cache;
	void *objects[3];

	slab_ops_boot("F,kmalloc-64");
	cache = kmalloc_caches[kmalloc_index(64)];
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			objects[i] = kmalloc(64, GFP_KERNEL);
		CHECK_EQ(cache->nr_free, cache->nr_slabs * cache->objects - ARRAY_SIZE(objects));
		for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
			kfree(objects[i]);
		CHECK_EQ(cache->nr_free, cache->nr_slabs * cache->objects);
		CHECK_EQ(cache->lists->nr_hot + cache->lists->nr_cold, 0);
	}
}

int main(void)
{
	if (!slab_ops_map()) {
		printf("not ok 1 memory at the addresses of the machine\n1..1\n");
		return 1;
	}
	host_run("random operations agree with the model", random_operations_agree_with_the_model);
	host_run("random operations with all checks", random_operations_with_all_checks);
	host_run("random operations with some checks", random_operations_with_some_checks);
	host_run("kmalloc's index is the smallest cache that fits",
		 index_is_the_smallest_cache_that_fits);
	host_run("the places of objects are found", the_places_of_objects_are_found);
	host_run("leaked objects are listed", leaked_objects_are_listed);
	host_run("damage is found", damage_is_found);
	host_run("damaged links are found", damaged_links_are_found);
	host_run("damage is found when a slab is given back", damage_is_found_when_a_slab_goes);
	host_run("debug caches skip the per-CPU lists", debug_caches_skip_the_lists);
	host_run("small functions and their limits", small_functions_and_their_limits);
	host_run("numbers of caches run out", numbers_of_caches_run_out);
	host_run("failures can be injected", failures_can_be_injected);
	host_run("pages of slabs are not freed", pages_of_slabs_are_not_freed);
	host_run("slab_check() finds damage", slab_check_finds_damage);
	host_run("data is not taken for a free object", data_is_not_taken_for_a_free_object);
	host_run("requests that a cache cannot grant", requests_that_a_cache_cannot_grant);
	return host_done();
}
