/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/slab.h>
#include <mm/slab_fast.h>
#include <mm/slab_pages.h>

/*
 * The slab allocator: kmem_cache_alloc() and kmem_cache_free().
 *
 * The page allocator gives whole pages, but most of what a kernel needs is smaller and comes in
 * few sizes. A cache serves one size. It takes blocks of pages, called slabs, and cuts each into
 * objects (Bonwick 1994). In front of the slabs, each CPU has two lists of free objects of its own
 * for each cache (the magazines of Bonwick and Adams 2001), so that most operations need no lock:
 *
 *	kmem_cache_alloc()   kmem_cache_free()
 *	        ▲                  │             fast path: one object, no lock      slab_fast.h
 *	        └── hot list ◀─────┘
 *	             ▲  ⇅                        slow path: whole lists; a lock      this file
 *	             │  cold list                only from and to the slabs
 *	             │  ▼
 *	 partial ─▶ slab ◀─▶ slab ◀─▶ slab       slabs with free objects             slab_pages.c
 *	              ⇅
 *	        page allocator
 *
 * `partial` is the first slab in the cache's list of slabs that have a free object.
 *
 * Allocation takes the first object of hot. If hot is empty, cold becomes hot. If cold is empty
 * too, up to a batch of objects moves from the slabs into hot. (A batch is about 8 KiB, within 2 to
 * 256 objects. A new slab often has half of that.) Freeing puts the object in front of hot. Hot is
 * full when it holds a batch; then the objects of cold return to their slabs, and hot becomes cold.
 *
 * So with a batch of 32 and enough free objects in slabs, a CPU takes the lock at most once in 32
 * operations, in whatever order it allocates and frees. With one list a CPU could take it in every
 * second operation: a free finds the list full, and empties it. Of two allocations the second finds
 * it empty, and fills it. Of two frees the second finds it full again.
 *
 * kfree() gets only an address. The address gives the frame. A tail frame leads to the first frame
 * of its block (compound_head()), whose descriptor has the cache number (0: a large kmalloc()). So
 * an object needs no header. And a list may mix objects of several slabs, since the slab of each is
 * found that way.
 *
 * Invariant: a free object is in exactly one place, the hot or cold list of one CPU or the chain
 * of its slab, and carries a mark there. FREE_MARK in slab_layout.h explains the mark.
 *
 * A debug cache skips the per-CPU lists: the slow path checks the object in full, and takes it from
 * or puts it into a slab directly (slab_debug.c).
 *
 * Locks: the lists of a CPU need none, as interrupts are off. The lock of the cache guards its
 * slabs; it is taken with interrupts off, and the locks of zones are taken inside. slab_make() runs
 * without it: if memory is short, it may wait until other CPUs return the pages that they cache.
 *
 * Price: each CPU may hold two batches of free objects that no other CPU can get. When pages run
 * short the caches return nothing by themselves: the objects in lists, and one empty slab of each
 * cache (SLAB_KEEP_EMPTY), stay until kmem_cache_shrink() returns them.
 */

/*
 * The cache with number 0 (kmem_cache.h). Its @limit, the constant of slab_is_object(), is 0, so
 * slab_is_object() is always false.
 */
static struct kmem_cache no_cache;

struct kmem_cache *kmem_caches[NR_KMEM_CACHES] = { &no_cache };
DEFINE_PER_CPU(struct kmem_cache_cpu, kmem_cache_cpus[NR_KMEM_CACHES]);

/* --- the hot and the cold list of this CPU; interrupts are off -------------------------------- */

/*
 * The lists of this CPU, for use like any other variable. cache->lists is their address in the
 * per-CPU section, for use with this_cpu() (asm/percpu.h).
 */
static struct kmem_cache_cpu *lists_here(const struct kmem_cache *cache)
{
	return &(*this_cpu_ptr(kmem_cache_cpus))[cache->number];
}

/* Returns the objects of a list to their slabs. The cache is locked. */
static void put_list(struct kmem_cache *cache, u32 first, unsigned int nr)
{
	while (nr--) {
		struct free_words *words = (struct free_words *)(unsigned long)first;
		void *object = object_of(cache, words);

		if (unlikely(words->mark != FREE_MARK))
			slab_bad_object(cache, object, SLAB_LATE_WRITE);
		first = words->next;
		slab_put_object(cache, object);
	}
}

/* Makes hot, which is full, empty: cold returns to the slabs, hot becomes cold. */
static void make_room(struct kmem_cache *cache, struct kmem_cache_cpu *lists)
{
	if (lists->nr_cold) {
		spin_lock(&cache->lock);
		put_list(cache, lists->cold, lists->nr_cold);
		spin_unlock(&cache->lock);
	}
	lists->cold = lists->hot;
	lists->nr_cold = lists->nr_hot;
	lists->nr_hot = 0;
}

/* Takes up to a batch of objects out of the slabs into hot, which is empty. */
static void fill_from_slabs(struct kmem_cache *cache, struct kmem_cache_cpu *lists)
{
	void *object;

	spin_lock(&cache->lock);
	while (lists->nr_hot < cache->batch && (object = slab_get_object(cache))) {
		struct free_words *words = free_words(cache, object);

		words->next = lists->hot;
		lists->hot = (u32)(unsigned long)words;
		lists->nr_hot++;
	}
	spin_unlock(&cache->lock);
}

/* Fills hot, which is empty, from cold or from slabs. It stays empty if no slab has an object. */
static void fill(struct kmem_cache *cache, struct kmem_cache_cpu *lists)
{
	if (!lists->nr_cold) {
		fill_from_slabs(cache, lists);
		return;
	}
	lists->hot = lists->cold;
	lists->nr_hot = lists->nr_cold;
	lists->nr_cold = 0;
}

/* --- draining; called with interrupts on or off ----------------------------------------------- */

static void drain_here(void *arg)
{
	struct kmem_cache *cache = arg;
	unsigned long flags = local_irq_save();
	struct kmem_cache_cpu *lists = lists_here(cache);

	spin_lock(&cache->lock);
	put_list(cache, lists->hot, lists->nr_hot);
	put_list(cache, lists->cold, lists->nr_cold);
	spin_unlock(&cache->lock);
	lists->nr_hot = lists->nr_cold = 0;
	local_irq_restore(flags);
}

/*
 * Returns the objects in the lists of all CPUs to their slabs. If this CPU may not wait for the
 * others, it returns those in its own lists only.
 */
static void drain(struct kmem_cache *cache)
{
	if (cpu_may_call_others())
		on_each_cpu(drain_here, cache, true);
	else
		drain_here(cache);
}

/* --- allocation ------------------------------------------------------------------------------- */

static struct fault_attr failslab = { .name = "failslab" };

static int parse_failslab(const char *value)
{
	return fault_attr_set(&failslab, value);
}
BOOT_PARAM("failslab", "failslab=interval,probability,space,times",
	   "make allocations of objects fail, to test error paths", parse_failslab);

static bool should_fail_slab(const struct kmem_cache *cache, gfp_t gfp)
{
	return fault_injection_is_on() && !(gfp & __GFP_NOFAIL) &&
	       should_fail(&failslab, cache->object_size);
}

/* The cache decides whether its objects come from ZONE_DMA; a request may not choose a zone. */
static noinline gfp_t without_zone(const struct kmem_cache *cache, gfp_t gfp)
{
	warn("kmem_cache_alloc(%s, gfp %#x): expected no zone, ignoring the bits %#x", cache->name,
	     gfp, GFP_ZONEMASK);
	return gfp & ~GFP_ZONEMASK;
}

/* Zeroes would destroy the state that the constructor made. */
static noinline void *refuse_zeroes(const struct kmem_cache *cache, gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		panic("kmem_cache_zalloc(%s, __GFP_NOFAIL): expected a cache without a constructor",
		      cache->name);
	warn("kmem_cache_zalloc(%s): expected a cache without a constructor, refused", cache->name);
	return NULL;
}

/* Takes an object out of hot, filled if need be; false if neither the CPU nor a slab has one. */
static bool take_from_lists(struct kmem_cache *cache, void **object)
{
	unsigned long flags = local_irq_save();
	struct kmem_cache_cpu *lists = lists_here(cache);
	bool taken;

	if (!lists->nr_hot)
		fill(cache, lists);
	taken = slab_pop_hot(cache, object);
	local_irq_restore(flags);
	return taken;
}

/* For a debug cache: takes an object directly from a slab, under the lock. */
static bool take_from_slab(struct kmem_cache *cache, void **object)
{
	unsigned long flags = spin_lock_irqsave(&cache->lock);

	*object = slab_get_object(cache);
	if (*object)
		free_words(cache, *object)->mark = 0;
	spin_unlock_irqrestore(&cache->lock, flags);
	return *object;
}

static bool grow(struct kmem_cache *cache, gfp_t gfp)
{
	struct slab *slab = slab_make(cache, gfp);
	unsigned long flags;

	if (!slab)
		return false;
	flags = spin_lock_irqsave(&cache->lock);
	slab_add(cache, slab);
	spin_unlock_irqrestore(&cache->lock, flags);
	return true;
}

void *slab_alloc_slow(struct kmem_cache *cache, gfp_t gfp, unsigned long caller)
{
	void *object;

	if (unlikely(gfp & GFP_ZONEMASK))
		gfp = without_zone(cache, gfp);
	if (unlikely(gfp & __GFP_ZERO && cache->ctor))
		return refuse_zeroes(cache, gfp);
	if (should_fail_slab(cache, gfp))
		return NULL;
	/* Other CPUs may take all objects of the new slab first: then make another one. */
	while (!(cache->debug ? take_from_slab(cache, &object) : take_from_lists(cache, &object)))
		if (!grow(cache, gfp))
			return NULL;
	if (cache->debug)
		slab_debug_alloc(cache, object, caller);
	if (gfp & __GFP_ZERO)
		memset(object, 0, cache->object_size);
	return object;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *object;

	if (likely(slab_alloc_fast(cache, gfp, &object)))
		return object;
	return slab_alloc_slow(cache, gfp, (unsigned long)__builtin_return_address(0));
}

/* --- freeing ---------------------------------------------------------------------------------- */

void slab_bad_free(const void *address, const char *who, const char *why)
{
	panic("%s(%p): %s, expected an allocated object", who, address, why);
}

struct slab_place slab_place(const void *address, const char *who)
{
	struct page *page = virt_to_page(address), *head;

	if (!address || address == ZERO_SIZE_PTR)
		return (struct slab_place){ NULL, 0 };
	/* Most likely a member of a structure to which the pointer is NULL. */
	if ((unsigned long)address < PAGE_SIZE)
		slab_bad_free(address, who, "in the first page");
	if (PFN_DOWN(__pa(address)) >= max_low_pfn)
		slab_bad_free(address, who, "not in the direct map");
	head = compound_head(page);
	if (page_state(head) != PAGE_SLAB)
		slab_bad_free(address, who, page_state_name(page_state(page)));
	return (struct slab_place){ head, (u32)((const char *)address -
						slab_address((struct slab *)head)) };
}

/*
 * Is an object that carries the mark really free? Its user may have stored the same number there.
 * So all CPUs drain their lists; then every free object is in the chain of its slab, and a search
 * of that chain decides. If the slab was returned to the page allocator by the drain, all of its
 * objects were free. In an interrupt, or with interrupts or preemption disabled (a spinlock is
 * held), this CPU cannot call the others. Then they keep the objects in their lists, and a double
 * free of such an object is not found here. Then the lists of two CPUs continue with the same
 * objects. While one CPU has allocated such an object, its mark is erased, so an allocation on the
 * other CPU panics with SLAB_LATE_WRITE.
 */
static bool is_free(struct kmem_cache *cache, struct page *head, const void *object)
{
	unsigned long flags;
	bool found;

	drain(cache);
	flags = spin_lock_irqsave(&cache->lock);
	found = page_state(head) != PAGE_SLAB || slab_cache_number(head) != cache->number ||
		slab_has_free_object(cache, slab_of_page(head), object);
	spin_unlock_irqrestore(&cache->lock, flags);
	return found;
}

static void put_into_lists(struct kmem_cache *cache, void *object)
{
	unsigned long flags = local_irq_save();
	struct kmem_cache_cpu *lists = lists_here(cache);

	if (lists->nr_hot >= cache->hot_limit)
		make_room(cache, lists);
	slab_push_hot(cache, free_words(cache, object));
	local_irq_restore(flags);
}

/* For a debug cache: puts an object directly into its slab, under the lock. */
static void put_into_slab(struct kmem_cache *cache, void *object)
{
	unsigned long flags = spin_lock_irqsave(&cache->lock);

	slab_put_object(cache, object);
	spin_unlock_irqrestore(&cache->lock, flags);
}

void slab_free_slow(struct kmem_cache *cache, struct slab_place place, unsigned long caller)
{
	void *object = slab_address(slab_of_page(place.head)) + place.offset;

	if (!slab_is_object(cache, place.offset))
		slab_bad_object(cache, object, "is freed, but is inside of one");
	if (free_words(cache, object)->mark == FREE_MARK && is_free(cache, place.head, object))
		slab_bad_object(cache, object, "is freed, but is free already");
	if (cache->debug) {
		slab_debug_free(cache, object, caller);
		put_into_slab(cache, object);
	} else {
		put_into_lists(cache, object);
	}
}

static noinline void __noreturn bad_cache(const struct kmem_cache *cache, const struct page *head,
					  const void *object)
{
	unsigned int number = slab_cache_number(head);

	panic("kmem_cache_free(%s, %p): belongs to cache %s", cache->name, object,
	      number ? kmem_caches[number]->name : "none, it is a large kmalloc()");
}

static noinline void free_slow(struct kmem_cache *cache, void *object, unsigned long caller)
{
	struct slab_place place = slab_place(object, "kmem_cache_free");

	if (!place.head)
		return;
	if (slab_cache_number(place.head) != cache->number)
		bad_cache(cache, place.head, object);
	slab_free_slow(cache, place, caller);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (unlikely(slab_cache_number_at(object) != cache->number ||
		     !slab_free_fast(cache, object)))
		free_slow(cache, object, (unsigned long)__builtin_return_address(0));
}

void kmem_cache_shrink(struct kmem_cache *cache)
{
	unsigned long flags;

	drain(cache);
	flags = spin_lock_irqsave(&cache->lock);
	slab_release_empty(cache);
	spin_unlock_irqrestore(&cache->lock, flags);
}
