/* SPDX-License-Identifier: MIT */
#include "slab_ops.h"
#include "host.h"

#include <kernel/command.h>
#include <mm/handover.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/slab_fast.h>

#include <sys/mman.h>

/*
 * The model is simple: an array of the allocated objects. Each is filled with a pattern of its
 * own, over all bytes that the test asked for. If two objects overlap, or the allocator writes to
 * an object in use, a pattern is damaged. The counts of the caches must agree with the array.
 */

/* Above the memory of ISA devices; small, since a fuzzer fills it for each input. */
#define WINDOW_START 0x01000000ul
#define WINDOW_SIZE  0x00800000ul
#define NR_OBJECTS   2048
#define NR_CACHES    6

#define CONSTRUCTED      24
#define CONSTRUCTED_BYTE 0xc7

/* This machine has no highmem: each page has an address. */
void *kmap_local_page(const struct page *page)
{
	return lowmem_page_address(page);
}

void kunmap_local(const void *addr)
{
}

/* --- a machine -------------------------------------------------------------------------------- */

static struct kmem_cache *caches[NR_CACHES];
static unsigned long free_after_boot, constructions;

/* The objects in use. Of a cache with a constructor, each begins with CONSTRUCTED bytes of
 * CONSTRUCTED_BYTE. */
static struct object {
	u8 *at;
	size_t size;
	u8 fill;
	struct kmem_cache *cache; /* NULL: from kmalloc() */
} objects[NR_OBJECTS];

static unsigned int nr_objects;

bool slab_ops_map(void)
{
	void *wanted = (void *)WINDOW_START;

	return mmap(wanted, WINDOW_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == wanted;
}

static void construct(void *object)
{
	constructions++;
	memset(object, CONSTRUCTED_BYTE, CONSTRUCTED);
}

static void list_reset(struct memblock_type *type)
{
	type->cnt = 1;
	type->total_size = 0;
	memset(&type->regions[0], 0, sizeof(type->regions[0]));
}

static void set_slub_debug(const char *value)
{
	const struct boot_param *p;

	for_each_in_set(p, boot_params)
		if (strcmp(p->name, "slub_debug") == 0)
			CHECK_EQ(p->parse(value), 0);
}

static void make_caches(void)
{
	static const struct {
		size_t size, align;
		unsigned int flags;
		void (*ctor)(void *object);
	} shapes[NR_CACHES] = {
		{ 24, 0, 0, NULL },
		{ 24, 0, 0, construct },
		{ 1, 1, 0, NULL },
		{ 700, 256, 0, NULL },
		{ 100, 0, SLAB_HWCACHE_ALIGN, construct },
		{ 16384, 0, 0, NULL },
	};

	for (unsigned int i = 0; i < NR_CACHES; i++)
		caches[i] = kmem_cache_create("test", shapes[i].size, shapes[i].align,
					      shapes[i].flags, shapes[i].ctor);
}

void slab_ops_boot(const char *slub_debug)
{
	static struct kmem_cache blank;

	memblock_use_slab(NULL, NULL);
	list_reset(&memblock.memory);
	list_reset(&memblock.reserved);
	memblock_add(WINDOW_START, WINDOW_SIZE);
	memblock_set_current_limit(WINDOW_START + WINDOW_SIZE);
	max_pfn = max_low_pfn = PFN_DOWN(WINDOW_START + WINDOW_SIZE);
	memset(&pcp_lists, 0, sizeof(pcp_lists));
	memset(&kmem_cache_cpus, 0, sizeof(kmem_cache_cpus));
	/* The cache of caches is a static variable: make it what it was when the program began. */
	if (kmem_caches[1])
		*kmem_caches[1] = blank;
	memset(&kmem_caches[1], 0, sizeof(kmem_caches) - sizeof(kmem_caches[0]));
	memset((void *)WINDOW_START, 0xa5, WINDOW_SIZE);
	mem_map_init();
	memblock_free_all();
	set_slub_debug(*slub_debug ? slub_debug : "-");
	kmem_cache_init();
	kmalloc_init();
	make_caches();
	nr_objects = 0;
	drain_all_pages();
	kmem_cache_shrink_all();
	free_after_boot = nr_free_pages();
}

/* --- operations ------------------------------------------------------------------------------- */

static void fill(struct object *object)
{
	object->fill = (u8)host_random_below(256);
	memset(object->at, object->fill, object->size);
}

static void check_fill(const struct object *object)
{
	for (size_t i = 0; i < object->size; i++) {
		if (object->at[i] == object->fill)
			continue;
		host_fail(__FILE__, __LINE__, "%p, %zu bytes: byte %zu is %#x, expected %#x",
			  (void *)object->at, object->size, i, object->at[i], object->fill);
		return;
	}
}

static size_t random_size(void)
{
	switch (host_random_below(4)) {
	case 0:
		return (size_t)host_random_below(64);
	case 1:
		return (size_t)host_random_below(600);
	case 2:
		return (size_t)host_random_below(9000);
	default:
		return (size_t)host_random_below(host_random_below(100) ? 200 : 200000);
	}
}

static bool is_zero(const u8 *at, size_t size)
{
	return size == 0 || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

static void add(u8 *at, size_t size, struct kmem_cache *cache)
{
	objects[nr_objects] = (struct object){ at, size, 0, cache };
	fill(&objects[nr_objects++]);
}

static void op_kmalloc(void)
{
	size_t size = random_size();
	gfp_t gfp = GFP_KERNEL | __GFP_NOWARN | (host_random_below(4) ? 0 : __GFP_ZERO);
	u8 *at = kmalloc(size, gfp);

	if (!at)
		return;
	if (size == 0) {
		CHECK(at == ZERO_SIZE_PTR);
		kfree(at);
		return;
	}
	CHECK(ksize(at) >= size);
	CHECK_EQ((unsigned long)at % (size & (size - 1) ? 8 : size > 8 ? size : 8), 0);
	if (gfp & __GFP_ZERO)
		CHECK(is_zero(at, size));
	add(at, size, NULL);
}

static void op_cache(void)
{
	struct kmem_cache *cache = caches[host_random_below(NR_CACHES)];
	u8 *at = kmem_cache_alloc(cache, GFP_KERNEL | __GFP_NOWARN);

	if (!at)
		return;
	CHECK_EQ((unsigned long)at % cache->align, 0);
	if (cache->ctor)
		CHECK(at[0] == CONSTRUCTED_BYTE && memcmp(at, at + 1, CONSTRUCTED - 1) == 0);
	add(at, kmem_cache_size(cache), cache);
}

static struct object take_random(void)
{
	unsigned int i = (unsigned int)host_random_below(nr_objects);
	struct object object = objects[i];

	objects[i] = objects[--nr_objects];
	check_fill(&object);
	return object;
}

static void give_back(struct object *object)
{
	if (object->cache && object->cache->ctor)
		memset(object->at, CONSTRUCTED_BYTE, CONSTRUCTED);
	if (object->cache && host_random_below(2))
		kmem_cache_free(object->cache, object->at);
	else
		kfree(object->at);
}

static void op_free(void)
{
	struct object object;

	if (!nr_objects)
		return;
	object = take_random();
	give_back(&object);
}

static void op_krealloc(void)
{
	struct object object;
	size_t size = random_size() + 1;
	u8 *at;

	if (!nr_objects)
		return;
	object = take_random();
	if (object.cache) {
		give_back(&object);
		return;
	}
	at = krealloc(object.at, size, GFP_KERNEL | __GFP_NOWARN);
	if (at) {
		object.at = at;
		object.size = min(size, object.size);
		check_fill(&object);
		object.size = size;
	}
	add(object.at, object.size, NULL);
}

/* False for a large kmalloc(). krealloc() may have shrunk the object, so its size does not tell. */
static bool is_of_a_cache(const struct object *object)
{
	return object->cache || ksize(object->at) <= KMALLOC_MAX_CACHE_SIZE;
}

/* A debug cache may have given the slab back at once, and any cache does while it checks. */
static void free_again(const void *object)
{
	bool slab = page_state(compound_head(virt_to_page(object))) == PAGE_SLAB;

	CHECK_PANICS(slab ? "is free already" : "expected an allocated object", kfree(object));
}

/* A free of the middle of an object, of no object, to another cache, or of a free object. */
static void op_bad_free(void)
{
	struct object object;

	if (!nr_objects)
		return;
	object = objects[host_random_below(nr_objects)];
	switch (host_random_below(4)) {
	case 0:
		if (object.size > 8 && is_of_a_cache(&object))
			CHECK_PANICS("is inside of one", kfree(object.at + 8));
		else if (object.size > 8)
			CHECK_PANICS("inside of a block of pages", kfree(object.at + 8));
		break;
	case 1:
		CHECK_PANICS("not in the direct map", kfree(&object));
		break;
	case 2:
		if (object.cache != caches[0])
			CHECK_PANICS("belongs to", kmem_cache_free(caches[0], object.at));
		break;
	default:
		object = take_random();
		if (is_of_a_cache(&object)) {
			give_back(&object);
			free_again(object.at);
		} else {
			kfree(object.at);
			CHECK_PANICS("expected an allocated object", kfree(object.at));
		}
	}
}

static void op_shrink(void)
{
	kmem_cache_shrink(caches[host_random_below(NR_CACHES)]);
}

static unsigned long objects_of_caches(void)
{
	unsigned long nr = 0;

	for (unsigned int i = 0; i < nr_objects; i++)
		nr += is_of_a_cache(&objects[i]);
	return nr;
}

void slab_ops_check_all(void)
{
	unsigned long descriptors = slab_objects_of(kmem_caches[1]); /* of the caches themselves */

	for (unsigned int number = 1; number < NR_KMEM_CACHES; number++)
		if (kmem_caches[number])
			CHECK(slab_check(kmem_caches[number]) == NULL);
	CHECK_EQ(slab_objects_in_use() - descriptors, objects_of_caches());
	CHECK(page_alloc_check() == NULL);
	for (unsigned int i = 0; i < nr_objects; i++)
		check_fill(&objects[i]);
}

void slab_ops_run(unsigned long nr)
{
	/* The percentage changes now and then, so the number of objects grows and shrinks. */
	unsigned int allocations = 50;

	while (nr-- && host_random_left()) {
		unsigned int dice = (unsigned int)host_random_below(100);

		if (dice == 99 && host_random_below(50) == 0)
			allocations = 30 + (unsigned int)host_random_below(40);
		if (dice < allocations && nr_objects < NR_OBJECTS)
			host_random_below(3) ? op_kmalloc() : op_cache();
		else if (dice < 92)
			op_free();
		else if (dice < 97)
			op_krealloc();
		else if (dice < 99)
			op_bad_free();
		else
			op_shrink();
	}
}

void slab_ops_finish(void)
{
	slab_ops_check_all();
	while (nr_objects)
		op_free();
	slab_ops_check_all();
	kmem_cache_shrink_all();
	drain_all_pages();
	CHECK_EQ(nr_free_pages(), free_after_boot);
}
