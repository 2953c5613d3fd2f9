/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/mmzone.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/slab_debug.h>
#include <mm/slab_fast.h>

/*
 * Caches are created and destroyed. The descriptor of a cache is an object itself, of the cache of
 * caches; only the descriptor of that one is a static variable.
 *
 * A new cache gets its shape once: what is checked (slab_debug.c decides), the order of its slabs,
 * the constants of slab_is_object(), and the size of its batches. Then it gets a number, which
 * makes it visible. A cache that is destroyed has no slabs left, so nothing refers to its number
 * any more.
 */

/* A slab should have this many objects, and lose at most one part in MAX_WASTE at its end. */
#define WANTED_OBJECTS 4
#define MAX_WASTE      8

/* A batch has about this many bytes, and a number of objects within these bounds. */
#define BATCH_BYTES (2 * PAGE_SIZE)
#define BATCH_MIN   2ul
#define BATCH_MAX   256ul

/* Protects which numbers are taken. No lock is taken inside. */
static spinlock_t numbers_lock;

static struct kmem_cache cache_of_caches;

/* The smallest order that a single object fills, or that has enough objects and little waste. */
static unsigned int order_for(u32 size)
{
	for (unsigned int order = 0; order < SLAB_MAX_ORDER; order++) {
		u32 bytes = (u32)PAGE_SIZE << order;

		if (bytes == size)
			return order;
		if (bytes / size >= WANTED_OBJECTS && bytes % size <= bytes / MAX_WASTE)
			return order;
	}
	return SLAB_MAX_ORDER;
}

static void set_up(struct kmem_cache *cache, const char *name, size_t size, size_t align,
		   unsigned int flags, void (*ctor)(void *object))
{
	strscpy(cache->name, name, sizeof(cache->name));
	cache->object_size = (u32)size;
	cache->align = (u32)max(align, (size_t)SLAB_GRANULE);
	if (flags & SLAB_HWCACHE_ALIGN)
		cache->align = max(cache->align, (u32)SMP_CACHE_BYTES);
	cache->gfp = flags & SLAB_CACHE_DMA ? __GFP_DMA : 0;
	cache->ctor = ctor;
	slab_debug_layout(cache);
	cache->order = (u16)order_for(cache->size);
	cache->objects = (u16)((PAGE_SIZE << cache->order) / cache->size);
	cache->end = cache->objects * cache->size;
	/* slab_is_object() explains both. The product has 32 bits, so the 2^32 in it is lost. */
	cache->inverse = 0xffffffffu / cache->size + 1;
	cache->limit = max(cache->objects * (cache->size * cache->inverse), 1u);
	cache->batch = (u16)max(min(BATCH_BYTES / cache->size, BATCH_MAX), BATCH_MIN);
	cache->hot_limit = cache->debug ? 0 : cache->batch;
	cache->partial = SLAB_PFN_NONE;
}

/* Gives a cache a number; returns false if all are taken. */
static bool take_number(struct kmem_cache *cache)
{
	unsigned long flags = spin_lock_irqsave(&numbers_lock);
	u16 number = 1;

	while (number < NR_KMEM_CACHES && kmem_caches[number])
		number++;
	if (number < NR_KMEM_CACHES) {
		cache->number = number;
		cache->lists = &kmem_cache_cpus[number];
		kmem_caches[number] = cache;
	}
	spin_unlock_irqrestore(&numbers_lock, flags);
	if (number == NR_KMEM_CACHES)
		pr_err("kmem_cache_create(%s): all %u caches are in use; raise NR_KMEM_CACHES in "
		       "mm/kmem_cache.h\n",
		       cache->name, NR_KMEM_CACHES - 1);
	return number < NR_KMEM_CACHES;
}

static bool arguments_are_right(const char *name, size_t size, size_t align)
{
	if (name && *name && size && size <= SLAB_MAX_OBJECT && align <= SLAB_MAX_OBJECT &&
	    (align & (align - 1)) == 0)
		return true;
	pr_err("kmem_cache_create(%s, size %zu, align %zu): expected a name, a size from 1 to %lu "
	       "and an alignment that is a power of two up to the same\n",
	       name ? name : "(null)", size, align, SLAB_MAX_OBJECT);
	return false;
}

static struct kmem_cache *create(const char *name, size_t size, size_t align, unsigned int flags,
				 void (*ctor)(void *object))
{
	struct kmem_cache *cache;

	if (!arguments_are_right(name, size, align))
		return NULL;
	cache = kmem_cache_zalloc(&cache_of_caches, GFP_KERNEL);
	if (!cache)
		return NULL;
	set_up(cache, name, size, align, flags, ctor);
	if (take_number(cache))
		return cache;
	kmem_cache_free(&cache_of_caches, cache);
	return NULL;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *object))
{
	struct kmem_cache *cache = create(name, size, align, flags, ctor);

	if (!cache && flags & SLAB_PANIC)
		panic("kmem_cache_create(%s, %zu bytes): no cache", name, size);
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	unsigned long flags;

	if (!cache)
		return;
	kmem_cache_shrink(cache);
	if (cache->nr_slabs) {
		slab_report_leaks(cache);
		return;
	}
	flags = spin_lock_irqsave(&numbers_lock);
	kmem_caches[cache->number] = NULL;
	spin_unlock_irqrestore(&numbers_lock, flags);
	kmem_cache_free(&cache_of_caches, cache);
}

unsigned int kmem_cache_size(const struct kmem_cache *cache)
{
	return cache->object_size;
}

/* The last number first: the descriptors of all other caches are objects of cache 1. */
void kmem_cache_shrink_all(void)
{
	for (unsigned int number = NR_KMEM_CACHES; number-- > 1;)
		if (kmem_caches[number])
			kmem_cache_shrink(kmem_caches[number]);
}

void __init kmem_cache_init(void)
{
	set_up(&cache_of_caches, "kmem_cache", sizeof(struct kmem_cache), 0, SLAB_HWCACHE_ALIGN,
	       NULL);
	take_number(&cache_of_caches);
}
