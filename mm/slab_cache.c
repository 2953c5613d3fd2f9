/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab_internal.h>

/*
 * Caches come and go. The descriptor of a cache is an object, too: of the cache of caches, which is the only
 * one that is not.
 *
 * A cache has a number, by which a slab names it in its frame descriptor, and each CPU finds its lists. The
 * number is free again when the cache is gone; its lists are empty then.
 */

/* Guards which numbers are taken. Nothing is taken inside. */
static spinlock_t caches_lock;

static struct kmem_cache cache_of_caches;

/* The smallest block with some objects in it and little waste. An object that is a block needs no others. */
static unsigned int order_for(u32 size)
{
	for (unsigned int order = 0; order < SLAB_MAX_ORDER; order++) {
		u32 bytes = (u32)PAGE_SIZE << order;

		if (bytes == size)
			return order;
		if (bytes / size >= 4 && bytes % size <= bytes / 8)
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
	cache->inverse = 0xffffffffu / cache->size + 1;
	/* In 32 bits 2^32 is 0. */
	cache->limit = max(cache->objects * (cache->size * cache->inverse), 1u);
	/* Up to 256 objects, and no more than 8 KiB where that are two. */
	cache->batch = (u16)max(min(2 * PAGE_SIZE / cache->size, 256ul), 2ul);
	cache->keep = cache->debug ? 0 : cache->batch;
	cache->partial = SLAB_PFN_NONE;
}

/* Gives a cache a number, by which it is found; false if all are taken. */
static bool enter(struct kmem_cache *cache)
{
	unsigned long flags = spin_lock_irqsave(&caches_lock);
	u16 number = 1;

	while (number < NR_KMEM_CACHES && kmem_caches[number])
		number++;
	if (number < NR_KMEM_CACHES) {
		cache->number = number;
		cache->lists = &kmem_cache_cpus[number];
		kmem_caches[number] = cache;
	}
	spin_unlock_irqrestore(&caches_lock, flags);
	if (number == NR_KMEM_CACHES)
		pr_err("kmem_cache_create(%s): all %u caches are in use: NR_KMEM_CACHES in "
		       "mm/slab_internal.h\n",
		       cache->name, NR_KMEM_CACHES - 1);
	return number < NR_KMEM_CACHES;
}

static bool arguments_are_right(const char *name, size_t size, size_t align)
{
	/* What is noted of each object with slub_debug= has to fit, too. */
	const size_t most = SLAB_MAX_SIZE / 2;

	if (name && *name && size && size <= most && align <= SLAB_MAX_SIZE / 2 &&
	    (align & (align - 1)) == 0)
		return true;
	pr_err("kmem_cache_create(%s, size %zu, align %zu): expected a name, a size from 1 to %zu "
	       "and an alignment that is a power of two up to the same\n",
	       name ? name : "(null)", size, align, most);
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
	if (enter(cache))
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
	flags = spin_lock_irqsave(&caches_lock);
	kmem_caches[cache->number] = NULL;
	spin_unlock_irqrestore(&caches_lock, flags);
	kmem_cache_free(&cache_of_caches, cache);
}

unsigned int kmem_cache_size(const struct kmem_cache *cache)
{
	return cache->object_size;
}

/* From the last to the first: a cache's own descriptor is an object of the first. */
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
	enter(&cache_of_caches);
}
