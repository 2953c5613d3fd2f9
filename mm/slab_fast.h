/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <kernel/fault_inject.h>
#include <mm/slab_debug.h>
#include <mm/slab_layout.h>

/*
 * The fast path of allocation and free: one object from or to the hot list of this CPU. For each
 * cache each CPU has two lists of free objects (slab.c says why):
 *
 *	allocate ◀── hot ◀── free      newest object first: it may still be in the data cache
 *	             ▲ ⇅
 *	             │ cold            a whole list, when hot is empty or full
 *	             │  ▼
 *	            slabs              up to a batch, under the lock of the cache
 *
 * Only the CPU itself changes its lists, with interrupts off, which also keeps the thread on its
 * CPU. So the fast path needs no lock and no atomic instruction (x86: LOCK prefix). Other CPUs only
 * read the counts, for reports.
 *
 * The fast path leaves all other cases to the slow path in slab.c: a full or empty hot list, a
 * request for zeroes or with zone flags, fault injection, a free of an object that has the mark,
 * and a free of an object behind the first frame of its slab, as only this frame has the cache
 * number.
 *
 * A debug cache has a hot list that is always empty and whose @hot_limit is 0, so the fast path
 * refuses every operation without testing for debug.
 */

/**
 * struct kmem_cache_cpu - the two per-CPU lists of one cache
 * @hot: address of the struct free_words of the first object. @nr_hot ends the list: the link of
 *	the last object means nothing
 * @cold: the same for the older objects
 * @nr_hot: objects in @hot
 * @nr_cold: objects in @cold: 0 or a batch, as hot becomes cold when it is full
 */
struct kmem_cache_cpu {
	u32 hot, cold;
	u32 nr_hot, nr_cold;
};

DECLARE_PER_CPU(struct kmem_cache_cpu, kmem_cache_cpus[NR_KMEM_CACHES]);

/**
 * slab_pop_hot() - take the first object of the hot list
 * @cache: any cache
 * @object: set to the object; panics if the object was written to while it was free
 *
 * Context: interrupts off.
 * Return: false if the list is empty.
 */
static inline bool slab_pop_hot(const struct kmem_cache *cache, void **object)
{
	struct kmem_cache_cpu *lists = cache->lists;
	struct free_words *words;

	if (unlikely(this_cpu_dec_borrows(lists->nr_hot))) {
		/* nr_hot was 0 and is ~0 now: set it back. */
		this_cpu(lists->nr_hot) = 0;
		return false;
	}
	words = (struct free_words *)(unsigned long)this_cpu(lists->hot);
	if (unlikely(words->mark != FREE_MARK))
		slab_bad_object(cache, object_of(cache, words), SLAB_LATE_WRITE);
	this_cpu(lists->hot) = words->next;
	words->mark = 0;
	*object = object_of(cache, words);
	return true;
}

/**
 * slab_push_hot() - put an object in front of the hot list
 * @cache: any cache
 * @words: the words of the free object
 *
 * Context: interrupts off.
 * Return: false if the list is full.
 */
static inline bool slab_push_hot(const struct kmem_cache *cache, struct free_words *words)
{
	struct kmem_cache_cpu *lists = cache->lists;

	if (unlikely(this_cpu(lists->nr_hot) >= cache->hot_limit))
		return false;
	words->next = this_cpu(lists->hot);
	words->mark = FREE_MARK;
	this_cpu(lists->hot) = (u32)(unsigned long)words;
	this_cpu_add(lists->nr_hot, 1);
	return true;
}

/**
 * slab_alloc_fast() - allocate from the hot list of this CPU
 * @cache: cache to allocate from
 * @gfp: GFP flags of the request
 * @object: receives the object
 *
 * Context: any.
 * Return: false if this request is for slab_alloc_slow(); @object is not set then.
 */
static inline bool slab_alloc_fast(const struct kmem_cache *cache, gfp_t gfp, void **object)
{
	unsigned long flags;
	bool taken;

	if (unlikely(gfp & (__GFP_ZERO | GFP_ZONEMASK)) || fault_injection_is_on())
		return false;
	flags = local_irq_save();
	taken = slab_pop_hot(cache, object);
	local_irq_restore(flags);
	return taken;
}

/**
 * slab_free_fast() - free into the hot list of this CPU
 * @cache: kmem_caches[slab_cache_number_at(@object)]
 * @object: address to free
 *
 * The cache number shows that @object is in the first frame of a slab. So its offset in the page is
 * its offset in the slab.
 * Context: any.
 * Return: false if this free is for slab_free_slow(), or is a mistake; nothing was changed then.
 */
static inline bool slab_free_fast(const struct kmem_cache *cache, void *object)
{
	struct free_words *words = free_words(cache, object);
	unsigned long flags;
	bool kept;

	if (unlikely(!slab_is_object(cache, (u32)((unsigned long)object % PAGE_SIZE)) ||
		     words->mark == FREE_MARK))
		return false;
	flags = local_irq_save();
	kept = slab_push_hot(cache, words);
	local_irq_restore(flags);
	return kept;
}

/**
 * slab_cache_number_at() - find the cache of an address
 * @address: any address
 *
 * Context: any.
 * Return: number of the cache if the address is in the first frame of a slab; otherwise 0.
 */
static inline unsigned int slab_cache_number_at(const void *address)
{
	unsigned long pfn = PFN_DOWN(__pa(address));

	return likely(pfn < max_low_pfn) ? slab_cache_number(pfn_to_page(pfn)) : 0;
}

/* --- the slow path, in slab.c ----------------------------------------------------------------- */

/**
 * slab_alloc_slow() - allocate an object that slab_alloc_fast() could not give
 * @cache: cache to allocate from
 * @gfp: GFP flags of the request
 * @caller: return address of the allocating call
 *
 * Context: that of kmem_cache_alloc().
 * Return: that of kmem_cache_alloc().
 */
void *slab_alloc_slow(struct kmem_cache *cache, gfp_t gfp, unsigned long caller);

/**
 * struct slab_place - an address, as a block and a place in it
 * @head: first frame of the slab, or of the large kmalloc(), around it
 * @offset: bytes from the beginning of @head
 */
struct slab_place {
	struct page *head;
	u32 offset;
};

/**
 * slab_place() - find the slab, or the large kmalloc(), around an address
 * @address: any
 * @who: name of the function that it was given to, for the message
 *
 * Context: any.
 * Return: the place; its @head is NULL if the address is NULL or ZERO_SIZE_PTR. Panics if the
 * address is outside of both.
 */
struct slab_place slab_place(const void *address, const char *who);

/**
 * slab_free_slow() - free an object that slab_free_fast() did not accept
 * @cache: cache of the slab
 * @place: place in the slab; panics if no allocated object begins there
 * @caller: return address of the freeing call
 *
 * Context: any.
 */
void slab_free_slow(struct kmem_cache *cache, struct slab_place place, unsigned long caller);

/**
 * slab_bad_free() - panic, since a caller frees something else than an object
 * @address: address to free
 * @who: name of the function that it was given to
 * @why: kind of memory at the address
 *
 * Context: any.
 */
void slab_bad_free(const void *address, const char *who, const char *why) __noreturn;
