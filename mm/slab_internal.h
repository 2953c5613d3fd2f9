/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <kernel/fault_inject.h>
#include <kernel/spinlock.h>
#include <mm/page.h>
#include <mm/slab.h>

/*
 * What the files of the slab allocator share: the shape of a cache, of a slab and of a free object.
 *
 *	cache ──▶ partial ──▶ slab ──▶ slab          slabs with free objects, through their frame descriptors
 *	  │                    └─▶ object ─▶ object   free objects of a slab, by their places in it
 *	  └──▶ CPU 0: hot ─▶ object ─▶ object ...     free objects that a CPU keeps: of any slab
 *	              cold ─▶ object ...
 */

/* Enough for all; the per-CPU lists of a cache are found by its number. 0 stands for no cache: kmalloc()s
 * that have pages of their own. */
#define NR_KMEM_CACHES  128u
#define KMEM_CACHE_NAME 32
#define SLAB_MAX_ORDER  3u
#define SLAB_MAX_SIZE   (PAGE_SIZE << SLAB_MAX_ORDER)
#define SLAB_GRANULE    8u /* objects begin and end at multiples of it */
#define SLAB_KEEP_EMPTY 1u /* slabs without objects that a cache does not give back by itself */

/* What is checked and noted of each object: slub_debug=. */
#define SLAB_CHECK    0x1u /* F: every free is looked at in full */
#define SLAB_RED_ZONE 0x2u /* Z */
#define SLAB_POISON   0x4u /* P */
#define SLAB_OWNER    0x8u /* U */

/**
 * struct kmem_cache_cpu - free objects that a CPU keeps, of one cache
 * @hot: address of the struct free_words of the first
 * @cold: the same; older ones
 * @nr_hot: objects in @hot
 * @nr_cold: objects in @cold
 *
 * As mm/pcp.h explains it for pages. Interrupts are off while it is touched, by its own CPU.
 */
struct kmem_cache_cpu {
	u32 hot, cold;
	u32 nr_hot, nr_cold;
};

/**
 * struct kmem_cache - a cache
 * @inverse: with @limit, what slab_is_object() asks
 * @free_at: where in an object its struct free_words lies while it is free
 * @debug: SLAB_CHECK | ...; 0 mostly
 * @batch: objects that a CPU gets, or gives back, at once
 * @keep: as many may be in hot: @batch; 0 with @debug, so that no object passes by who looks at it
 * @lists: its per-CPU lists: kmem_cache_cpus[@number]
 * @number: by which it is found
 * @size: bytes from object to object
 * @end: bytes of a slab that are objects
 * @object_size: bytes asked for
 * @align: of objects
 * @owner_at: where in an object its struct object_owner lies, with SLAB_OWNER
 * @order: of a slab
 * @objects: in a slab
 * @gfp: added to requests for slabs
 * @ctor: constructor, or NULL
 * @lock: guards all below, and the descriptors and free objects of its slabs. The locks of zones are
 *	taken inside.
 * @partial: frame number of the first slab with a free object, PFN_NONE
 * @nr_slabs: all
 * @nr_empty: of these, without an object in use or kept by a CPU
 * @nr_free: free objects in slabs; those that CPUs keep are not among them
 * @name: for people
 */
struct kmem_cache {
	u32 inverse, limit;
	u32 free_at;
	u32 keep;
	struct kmem_cache_cpu *lists;
	u16 batch, number;

	u32 debug;
	u32 size, end;
	u32 object_size;
	u32 align;
	u32 owner_at;
	u16 order, objects;
	gfp_t gfp;
	void (*ctor)(void *object);

	spinlock_t lock;
	u32 partial;
	u32 nr_slabs, nr_empty, nr_free;
	char name[KMEM_CACHE_NAME];
};

/**
 * struct free_words - what a free object holds
 * @next: in a slab: where in it the next object lies, in granules; in a list of a CPU: the address of the next
 *        one's struct free_words (the direct map's addresses have 32 bits)
 * @mark: FREE_MARK: that it is free
 */
struct free_words {
	u32 next;
	u32 mark;
};

#define FREE_MARK 0xf4ee0b1eu

static inline struct free_words *free_words(const struct kmem_cache *cache, const void *object)
{
	return (struct free_words *)((char *)object + cache->free_at);
}

static inline void *object_of(const struct kmem_cache *cache, struct free_words *words)
{
	return (char *)words - cache->free_at;
}

/**
 * struct object_owner - who had to do with an object, for SLAB_OWNER
 * @allocated: return address of the allocating call
 * @freed: of the freeing one; 0: never
 */
struct object_owner {
	unsigned long allocated, freed;
};

static inline struct object_owner *object_owner(const struct kmem_cache *cache, const void *object)
{
	return (struct object_owner *)((char *)object + cache->owner_at);
}

/**
 * struct slab - a frame descriptor while it is the first of a slab
 * @flags: PAGE_SLAB, and the number of the cache
 * @refcount: 1
 * @next: frame number of the next slab in @partial
 * @first_free: where the first free object lies, in granules; nothing if @nr_free is 0
 * @prev: of the one before
 * @nr_free: free objects of this slab, those that CPUs keep not counted
 *
 * Slabs lie in the direct map, below 4 GiB: 20 bits are enough for a frame number.
 */
struct slab {
	u32 flags;
	u32 refcount;
	u32 next : 20, first_free : 12;
	u32 prev : 20, nr_free : 12;
};

_Static_assert(sizeof(struct slab) == sizeof(struct page), "a slab is a frame descriptor");

#define SLAB_PFN_NONE 0xfffffu

extern struct kmem_cache *kmem_caches[NR_KMEM_CACHES];
DECLARE_PER_CPU(struct kmem_cache_cpu, kmem_cache_cpus[NR_KMEM_CACHES]);

static inline struct slab *slab_of_page(struct page *page)
{
	return (struct slab *)page;
}

static inline char *slab_address(const struct slab *slab)
{
	return lowmem_page_address((const struct page *)slab);
}

/* The number of the cache that a slab belongs to. */
static inline unsigned int slab_cache_number(const struct page *page)
{
	return page->number;
}

/* Over all slabs of a cache, found in the frame table: slow, for reports. */
#define for_each_slab_page(page, cache)                                            \
	for ((page) = pfn_to_page(0); (page) < pfn_to_page(max_low_pfn); (page)++) \
		if (page_state(page) == PAGE_SLAB && slab_cache_number(page) == (cache)->number)

/**
 * slab_objects_of() - objects that somebody holds
 * @cache: any
 */
unsigned long slab_objects_of(const struct kmem_cache *cache);

/**
 * slab_debug_layout() - what is checked for a new cache, and where its notes lie
 * @cache: @name, @object_size, @align and @ctor are set; @debug, @free_at, @owner_at and @size are set by this
 */
void slab_debug_layout(struct kmem_cache *cache);

/**
 * slab_debug_new() - an object's memory has come from the page allocator
 * @cache: with @debug
 * @object: its free words are set afterwards
 */
void slab_debug_new(const struct kmem_cache *cache, void *object);

/**
 * slab_debug_alloc() - check and note that an object is allocated
 * @cache: with @debug
 * @object: no longer free
 * @caller: return address of the allocating call
 */
void slab_debug_alloc(const struct kmem_cache *cache, void *object, unsigned long caller);

/**
 * slab_debug_free() - check and note that an object is freed
 * @cache: with @debug
 * @object: is allocated
 * @caller: return address of the freeing call
 */
void slab_debug_free(const struct kmem_cache *cache, void *object, unsigned long caller);

/**
 * slab_debug_owner() - print who had to do with an object
 * @cache: any
 * @object: one of its
 */
void slab_debug_owner(const struct kmem_cache *cache, const void *object);

/**
 * slab_report_leaks() - list the objects of a cache that are in use
 * @cache: nobody uses it meanwhile, and no CPU keeps any
 */
void slab_report_leaks(const struct kmem_cache *cache);

/**
 * slab_bad_free() - panic: what is freed is no object
 * @address: what was given
 * @who: the function that it was given to
 * @why: what is wrong with it
 */
void slab_bad_free(const void *address, const char *who, const char *why) __noreturn;

/**
 * slab_bad_object() - panic: an object is not as it has to be
 * @cache: its cache
 * @object: it
 * @why: what is wrong with it
 */
void slab_bad_object(const struct kmem_cache *cache, const void *object,
		     const char *why) __noreturn;

/**
 * slab_alloc_slowly() - kmem_cache_alloc() where this CPU keeps nothing, or there is more to do
 * @cache: which
 * @gfp: as there
 * @caller: return address of the allocating call
 */
void *slab_alloc_slowly(struct kmem_cache *cache, gfp_t gfp, unsigned long caller);

/**
 * struct slab_place - where an address lies
 * @head: first frame of the slab, or of the large kmalloc(), around it
 * @offset: its distance from there, in bytes
 */
struct slab_place {
	struct page *head;
	u32 offset;
};

/**
 * slab_place() - find out where an address lies
 * @address: any
 * @who: the function that it was given to, for the message
 *
 * Return: @head is NULL if the address is NULL or ZERO_SIZE_PTR. Panics if it is neither that, nor in a slab, nor in a
 * large kmalloc().
 */
struct slab_place slab_place(const void *address, const char *who);

/**
 * slab_free_slowly() - kmem_cache_free() where this CPU keeps as much as it may, or there is more to do or to say
 * @cache: which
 * @place: where in it the object lies, if it is one
 * @caller: return address of the freeing call
 */
void slab_free_slowly(struct kmem_cache *cache, struct slab_place place, unsigned long caller);

/* --- the fast paths, for kmem_cache_...() and kmalloc() ------------------------------------------ */

/* This CPU's lists, at an address that all of them can be reached by. Interrupts are off. */
static inline struct kmem_cache_cpu *slab_list(unsigned int number)
{
	return &(*this_cpu_ptr(kmem_cache_cpus))[number];
}

/* The first object of hot; false if that is empty. Interrupts are off. */
static inline bool slab_take(const struct kmem_cache *cache, void **taken)
{
	struct kmem_cache_cpu *lists = cache->lists;
	struct free_words *words;

	if (unlikely(this_cpu_dec_borrows(lists->nr_hot))) {
		this_cpu(lists->nr_hot) = 0;
		return false;
	}
	words = (struct free_words *)(unsigned long)this_cpu(lists->hot);
	if (unlikely(words->mark != FREE_MARK))
		slab_bad_object(cache, object_of(cache, words), "was written to while it was free");
	this_cpu(lists->hot) = words->next;
	words->mark = 0;
	*taken = object_of(cache, words);
	return true;
}

/* An object becomes the first of hot; false if there is no room. Interrupts are off. */
static inline bool slab_keep(const struct kmem_cache *cache, struct free_words *words)
{
	struct kmem_cache_cpu *lists = cache->lists;

	if (unlikely(this_cpu(lists->nr_hot) >= cache->keep))
		return false;
	words->next = this_cpu(lists->hot);
	words->mark = FREE_MARK;
	this_cpu(lists->hot) = (u32)(unsigned long)words;
	this_cpu_add(lists->nr_hot, 1);
	return true;
}

/* What this CPU keeps; false if it keeps nothing, or there is more to do. */
static inline bool slab_alloc_kept(const struct kmem_cache *cache, gfp_t gfp, void **object)
{
	unsigned long flags;
	bool taken;

	if (unlikely(gfp & (__GFP_ZERO | GFP_ZONEMASK)) || fault_injection_is_on())
		return false;
	flags = local_irq_save();
	taken = slab_take(cache, object);
	local_irq_restore(flags);
	return taken;
}

static inline void *slab_alloc(struct kmem_cache *cache, gfp_t gfp, unsigned long caller)
{
	void *object;

	if (likely(slab_alloc_kept(cache, gfp, &object)))
		return object;
	return slab_alloc_slowly(cache, gfp, caller);
}

/*
 * Does an object begin so many bytes behind the beginning of a slab? That is: offset % size == 0 and offset < end,
 * without a division. With inverse = 2^32 / size, rounded up, and error = size * inverse - 2^32, the product
 * offset * inverse, of which 32 bits are kept, is k * error for offset = k * size, and at least inverse for all
 * others, as both numbers are below 2^16 (Lemire, Kaser and Kurz: Faster remainder by direct computation, 2019). So
 * the limit is objects * error; or 1 where size is a power of two: then the error is 0, and the slab is full of
 * objects.
 */
static inline bool slab_is_object(const struct kmem_cache *cache, u32 offset)
{
	return offset * cache->inverse < cache->limit;
}

/* The number of the cache in the first frame of whose slab an address lies; else 0. */
static inline unsigned int slab_cache_number_at(const void *address)
{
	unsigned long pfn = PFN_DOWN(__pa(address));

	return likely(pfn < max_low_pfn) ? slab_cache_number(pfn_to_page(pfn)) : 0;
}

/* An object in the first frame of its slab is kept by this CPU; false if it cannot keep more, or there is more to do
 * or to say. */
static inline bool slab_free_kept(const struct kmem_cache *cache, void *object)
{
	struct free_words *words = free_words(cache, object);
	unsigned long flags;
	bool kept;

	if (unlikely(!slab_is_object(cache, (u32)((unsigned long)object % PAGE_SIZE)) ||
		     words->mark == FREE_MARK))
		return false;
	flags = local_irq_save();
	kept = slab_keep(cache, words);
	local_irq_restore(flags);
	return kept;
}
