/* SPDX-License-Identifier: MIT */
#include <kernel/cpu_call.h>
#include <kernel/fault_inject.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <lib/command.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/slab_internal.h>

/*
 * A slab is a block of pages cut into objects of one size. All that is known of it stands in its frame
 * descriptor (struct slab), and all that is known of a free object in the object itself; an object in use
 * has nothing but its place. From an address the way to its cache is: frame, first frame of the block,
 * number of the cache.
 *
 * Each CPU keeps free objects of each cache in two lists, as it does with pages (mm/pcp.h): nearly every
 * allocation takes the first of one, nearly every free puts one there, without a lock. Objects in these lists
 * come from any slab; only when a batch goes back does each return to its own.
 *
 * A free object carries a mark. Allocation checks and removes it, freeing checks that it
 * is not there: so a double free is seen, and a write to a free object where it hits the mark. A user may store the
 * same number in an object, so freeing believes the mark only if the object is found among the free ones. Where the
 * object must not be written to, because of a constructor or because its poison is to be checked, link and
 * mark lie behind it.
 *
 * Price: up to two batches of objects for each CPU that nobody else can have, and slabs that stay because one
 * object of them is in use.
 */

/* The cache of what is in no slab: nothing is an object of it. */
static struct kmem_cache no_cache;

struct kmem_cache *kmem_caches[NR_KMEM_CACHES] = { &no_cache };
DEFINE_PER_CPU(struct kmem_cache_cpu, kmem_cache_cpus[NR_KMEM_CACHES]);

/* --- what must not happen ----------------------------------------------------------------------- */

void slab_bad_free(const void *address, const char *who, const char *why)
{
	panic("%s(%p): %s, expected an allocated object", who, address, why);
}

void slab_bad_object(const struct kmem_cache *cache, const void *object, const char *why)
{
	slab_debug_owner(cache, object);
	panic("cache %s: object %p %s", cache->name, object, why);
}

/* --- what lies where ---------------------------------------------------------------------------- */

struct slab_place slab_place(const void *address, const char *who)
{
	struct page *page = virt_to_page(address), *head;

	if (!address || address == ZERO_SIZE_PTR)
		return (struct slab_place){ NULL, 0 };
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

/* --- failing on purpose ------------------------------------------------------------------------- */

static struct fault_attr failslab = { .name = "failslab" };

static int parse_failslab(const char *value)
{
	return fault_attr_set(&failslab, value);
}
BOOT_PARAM("failslab", "failslab=interval,probability,space,times",
	   "have allocations of objects fail, to see what happens", parse_failslab);

static bool should_fail_slab(const struct kmem_cache *cache, gfp_t gfp)
{
	return fault_injection_is_on() && !(gfp & __GFP_NOFAIL) &&
	       should_fail(&failslab, cache->object_size);
}

/* --- slabs; the cache is locked ----------------------------------------------------------------- */

static struct slab *slab_at(u32 pfn)
{
	return slab_of_page(pfn_to_page(pfn));
}

static u32 pfn_of(const struct slab *slab)
{
	return (u32)page_to_pfn((const struct page *)slab);
}

static void add_partial(struct kmem_cache *cache, struct slab *slab)
{
	slab->prev = SLAB_PFN_NONE;
	slab->next = cache->partial;
	if (cache->partial != SLAB_PFN_NONE)
		slab_at(cache->partial)->prev = pfn_of(slab);
	cache->partial = pfn_of(slab);
}

static void del_partial(struct kmem_cache *cache, const struct slab *slab)
{
	if (slab->prev == SLAB_PFN_NONE)
		cache->partial = slab->next;
	else
		slab_at(slab->prev)->next = slab->next;
	if (slab->next != SLAB_PFN_NONE)
		slab_at(slab->next)->prev = slab->prev;
}

/* Puts a free object into its slab, which need not be in a list. */
static void slab_push(const struct kmem_cache *cache, struct slab *slab, void *object)
{
	struct free_words *words = free_words(cache, object);

	words->next = slab->first_free;
	words->mark = FREE_MARK;
	slab->first_free = (u32)((char *)object - slab_address(slab)) / SLAB_GRANULE;
	slab->nr_free++;
}

static void *slab_pop(const struct kmem_cache *cache, struct slab *slab)
{
	void *object = slab_address(slab) + slab->first_free * SLAB_GRANULE;
	const struct free_words *words = free_words(cache, object);

	if (unlikely(words->mark != FREE_MARK))
		slab_bad_object(cache, object, "was written to while it was free");
	slab->first_free = words->next;
	slab->nr_free--;
	return object;
}

/* --- slabs come and go -------------------------------------------------------------------------- */

static void set_kind(struct page *page, enum page_state state, unsigned int number)
{
	page->flags &= ~(PAGE_STATE_MASK << PAGE_STATE_SHIFT);
	page->flags |= (u32)state << PAGE_STATE_SHIFT;
	page->number = (u16)number;
}

/* A slab that nobody knows yet; the cache is not locked. */
static struct slab *make_slab(const struct kmem_cache *cache, gfp_t gfp)
{
	struct page *page =
		alloc_pages((gfp & ~__GFP_ZERO) | cache->gfp | __GFP_COMP, cache->order);
	struct slab *slab = slab_of_page(page);

	if (!page)
		return NULL;
	set_kind(page, PAGE_SLAB, cache->number);
	slab->first_free = slab->nr_free = 0;
	for (unsigned int i = cache->objects; i-- > 0;) {
		void *object = slab_address(slab) + i * cache->size;

		if (cache->debug)
			slab_debug_new(cache, object);
		if (cache->ctor)
			cache->ctor(object);
		slab_push(cache, slab, object);
	}
	return slab;
}

/* The cache is locked. */
static void add_slab(struct kmem_cache *cache, struct slab *slab)
{
	cache->nr_slabs++;
	cache->nr_empty++;
	cache->nr_free += cache->objects;
	add_partial(cache, slab);
}

/* Gives a slab back whose objects are all free. The cache is locked. */
static void release_slab(struct kmem_cache *cache, struct slab *slab)
{
	struct page *page = (struct page *)slab;

	del_partial(cache, slab);
	cache->nr_slabs--;
	cache->nr_empty--;
	cache->nr_free -= cache->objects;
	while (slab->nr_free)
		slab_pop(cache, slab);
	set_kind(page, PAGE_USED, 0);
	__free_pages(page, cache->order);
}

static void put_object(struct kmem_cache *cache, void *object)
{
	struct slab *slab = slab_of_page(compound_head(virt_to_page(object)));

	slab_push(cache, slab, object);
	cache->nr_free++;
	if (slab->nr_free == 1)
		add_partial(cache, slab);
	if (slab->nr_free < cache->objects)
		return;
	cache->nr_empty++;
	if (cache->nr_empty > SLAB_KEEP_EMPTY)
		release_slab(cache, slab);
}

/* --- the lists of the CPUs; interrupts are off -------------------------------------------------- */

static void put_list(struct kmem_cache *cache, u32 first, unsigned int nr)
{
	while (nr--) {
		struct free_words *words = (struct free_words *)(unsigned long)first;
		void *object = object_of(cache, words);

		if (unlikely(words->mark != FREE_MARK))
			slab_bad_object(cache, object, "was written to while it was free");
		first = words->next;
		put_object(cache, object);
	}
}

static void give_cold_back(struct kmem_cache *cache, struct kmem_cache_cpu *list)
{
	spin_lock(&cache->lock);
	put_list(cache, list->cold, list->nr_cold);
	spin_unlock(&cache->lock);
	list->nr_cold = 0;
}

static void make_room(struct kmem_cache *cache, struct kmem_cache_cpu *list)
{
	if (list->nr_cold)
		give_cold_back(cache, list);
	list->cold = list->hot;
	list->nr_cold = list->nr_hot;
	list->nr_hot = 0;
}

static void take_from_slab(struct kmem_cache *cache, struct slab *slab, struct kmem_cache_cpu *list)
{
	if (slab->nr_free == cache->objects)
		cache->nr_empty--;
	while (slab->nr_free && list->nr_hot < cache->batch) {
		struct free_words *words = free_words(cache, slab_pop(cache, slab));

		words->next = list->hot;
		list->hot = (u32)(unsigned long)words;
		list->nr_hot++;
		cache->nr_free--;
	}
	if (!slab->nr_free)
		del_partial(cache, slab);
}

/* Has something in hot, which is empty, if there is something. */
static void fill(struct kmem_cache *cache, struct kmem_cache_cpu *list)
{
	if (list->nr_cold) {
		list->hot = list->cold;
		list->nr_hot = list->nr_cold;
		list->nr_cold = 0;
		return;
	}
	spin_lock(&cache->lock);
	while (list->nr_hot < cache->batch && cache->partial != SLAB_PFN_NONE)
		take_from_slab(cache, slab_at(cache->partial), list);
	spin_unlock(&cache->lock);
}

static void drain_here(void *arg)
{
	struct kmem_cache *cache = arg;
	unsigned long flags = local_irq_save();
	struct kmem_cache_cpu *list = slab_list(cache->number);

	spin_lock(&cache->lock);
	put_list(cache, list->hot, list->nr_hot);
	put_list(cache, list->cold, list->nr_cold);
	spin_unlock(&cache->lock);
	list->nr_hot = list->nr_cold = 0;
	local_irq_restore(flags);
}

/* Objects that CPUs keep return to their slabs: those of this CPU, and of the others if they may be called. */
static void drain(struct kmem_cache *cache)
{
	bool others = cpu_may_call_others();

	preempt_disable();
	drain_here(cache);
	if (others)
		cpu_call_others(drain_here, cache);
	preempt_enable();
}

/* A cache with @debug keeps all in cold, where nothing is taken from or put to but by these. */
static void set_rest_aside(struct kmem_cache_cpu *list)
{
	list->cold = list->hot;
	list->nr_cold = list->nr_hot;
	list->nr_hot = 0;
}

static void set_aside(struct kmem_cache *cache, struct kmem_cache_cpu *list,
		      struct free_words *words)
{
	if (list->nr_cold >= 2u * cache->batch)
		give_cold_back(cache, list);
	words->next = list->cold;
	words->mark = FREE_MARK;
	list->cold = (u32)(unsigned long)words;
	list->nr_cold++;
}

/* --- is it free? -------------------------------------------------------------------------------- */

static bool is_in_chain(const struct kmem_cache *cache, const struct slab *slab, const void *object)
{
	const char *at = slab_address(slab) + slab->first_free * SLAB_GRANULE;

	for (unsigned int i = 0; i < slab->nr_free; i++) {
		if (at == object)
			return true;
		at = slab_address(slab) + free_words(cache, at)->next * SLAB_GRANULE;
	}
	return false;
}

/*
 * An object with the mark of a free one is either free, or its user stored that number there. So the lists decide: all
 * CPUs give their objects back, and then every free object is in the chain of its slab. A slab whose objects are all
 * free may be gone by then. Where the other CPUs cannot be called, their lists are not looked at, and a second free of
 * an object that another CPU keeps is not noticed.
 */
static bool is_free(struct kmem_cache *cache, struct page *head, const void *object)
{
	unsigned long flags;
	bool found;

	drain(cache);
	flags = spin_lock_irqsave(&cache->lock);
	found = page_state(head) != PAGE_SLAB || slab_cache_number(head) != cache->number ||
		is_in_chain(cache, slab_of_page(head), object);
	spin_unlock_irqrestore(&cache->lock, flags);
	return found;
}

/* --- objects ------------------------------------------------------------------------------------ */

/* Objects have addresses in lowmem, and a cache decides itself about DMA: a request cannot choose a zone. */
static noinline gfp_t without_zone(const struct kmem_cache *cache, gfp_t gfp)
{
	warn("kmem_cache_alloc(%s, gfp %#x): expected no zone (bits %#x), they are ignored",
	     cache->name, gfp, GFP_ZONEMASK);
	return gfp & ~GFP_ZONEMASK;
}

/* Zeroes would destroy what the constructor made. */
static noinline void *refuse_zeroes(const struct kmem_cache *cache, gfp_t gfp)
{
	if (gfp & __GFP_NOFAIL)
		panic("kmem_cache_alloc(%s, __GFP_ZERO|__GFP_NOFAIL): expected a cache without a constructor",
		      cache->name);
	warn("kmem_cache_alloc(%s, __GFP_ZERO): expected a cache without a constructor, refused",
	     cache->name);
	return NULL;
}

static bool take_or_fill(struct kmem_cache *cache, void **object)
{
	unsigned long flags = local_irq_save();
	struct kmem_cache_cpu *list = slab_list(cache->number);
	bool taken;

	if (!list->nr_hot)
		fill(cache, list);
	taken = slab_take(cache, object);
	if (!cache->keep)
		set_rest_aside(list);
	local_irq_restore(flags);
	return taken;
}

static bool get_slab(struct kmem_cache *cache, gfp_t gfp)
{
	struct slab *slab = make_slab(cache, gfp);
	unsigned long flags;

	if (!slab)
		return false;
	flags = spin_lock_irqsave(&cache->lock);
	add_slab(cache, slab);
	spin_unlock_irqrestore(&cache->lock, flags);
	return true;
}

void *slab_alloc_slowly(struct kmem_cache *cache, gfp_t gfp, unsigned long caller)
{
	void *object;

	if (unlikely(gfp & GFP_ZONEMASK))
		gfp = without_zone(cache, gfp);
	if (unlikely(gfp & __GFP_ZERO && cache->ctor))
		return refuse_zeroes(cache, gfp);
	if (should_fail_slab(cache, gfp))
		return NULL;
	/* Others may take the objects of a new slab first: then there is another one. */
	while (!take_or_fill(cache, &object))
		if (!get_slab(cache, gfp))
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

	if (likely(slab_alloc_kept(cache, gfp, &object)))
		return object;
	return slab_alloc_slowly(cache, gfp, (unsigned long)__builtin_return_address(0));
}

void slab_free_slowly(struct kmem_cache *cache, struct slab_place place, unsigned long caller)
{
	void *object = slab_address(slab_of_page(place.head)) + place.offset;
	struct free_words *words = free_words(cache, object);
	struct kmem_cache_cpu *list;
	unsigned long flags;

	if (!slab_is_object(cache, place.offset))
		slab_bad_object(cache, object, "is freed, but lies inside of one");
	if (words->mark == FREE_MARK && is_free(cache, place.head, object))
		slab_bad_object(cache, object, "is freed, but is free already");
	if (cache->debug)
		slab_debug_free(cache, object, caller);
	flags = local_irq_save();
	list = slab_list(cache->number);
	if (cache->keep) {
		if (list->nr_hot >= cache->keep)
			make_room(cache, list);
		slab_keep(cache, words);
	} else {
		set_aside(cache, list, words);
	}
	local_irq_restore(flags);
}

static noinline void __noreturn not_of_this_cache(const struct kmem_cache *cache,
						  const struct page *head, const void *object)
{
	unsigned int number = slab_cache_number(head);

	panic("kmem_cache_free(%s, %p): belongs to cache %s", cache->name, object,
	      number ? kmem_caches[number]->name : "none, it is a large kmalloc()");
}

static noinline void free_slowly(struct kmem_cache *cache, void *object, unsigned long caller)
{
	struct slab_place place = slab_place(object, "kmem_cache_free");

	if (!place.head)
		return;
	if (slab_cache_number(place.head) != cache->number)
		not_of_this_cache(cache, place.head, object);
	slab_free_slowly(cache, place, caller);
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	if (unlikely(slab_cache_number_at(object) != cache->number ||
		     !slab_free_kept(cache, object)))
		free_slowly(cache, object, (unsigned long)__builtin_return_address(0));
}

/* --- giving back -------------------------------------------------------------------------------- */

static void release_empty_slabs(struct kmem_cache *cache)
{
	unsigned long flags = spin_lock_irqsave(&cache->lock);
	u32 pfn = cache->partial;

	while (pfn != SLAB_PFN_NONE) {
		struct slab *slab = slab_at(pfn);

		pfn = slab->next;
		if (slab->nr_free == cache->objects)
			release_slab(cache, slab);
	}
	spin_unlock_irqrestore(&cache->lock, flags);
}

void kmem_cache_shrink(struct kmem_cache *cache)
{
	drain(cache);
	release_empty_slabs(cache);
}
