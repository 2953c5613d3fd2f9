/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/cpu_call.h>
#include <kernel/fault_inject.h>
#include <kernel/hook.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <mm/buddy.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/pcp.h>
#include <mm/watermark.h>
#include <mm/zone_report.h>

/*
 * The page allocator: which block a request gets, and the rules for giving it back.
 *
 * A request takes one of three ways, from the cheapest to the last resort:
 *
 *	alloc_fast_path()        takes the newest block that this CPU has cached of the request's
 *	     │                   best zone (mm/pcp.h): two list operations and no lock. Most
 *	     ▼ none is cached    requests end here.
 *	alloc_slow_path()        also zeroes memory, makes compound blocks, injects failures, and
 *	     │                   reports a request that failed
 *	     ▼
 *	alloc_from_free_lists()  tries the zones of the request in turn, each down to the mark that
 *	                         the request must leave (mm/watermark.h). If all fail, the slow
 *	                         path makes the CPUs return what they cache, and tries once more.
 *
 * CPUs do not cache blocks of orders 8 to 10. alloc_large() is the fast path for these: it asks the
 * buddy system of the best zone (mm/buddy.h).
 *
 * A block that a CPU has cached does not count as free in its zone any more. So a request may
 * take one of its best zone without a look at the zone's mark. A lower zone is a second choice:
 * the request takes nothing of it, not even a cached block, while the zone is below the mark.
 *
 * Freeing checks the descriptor before it changes anything: it must be the first frame of an
 * allocated block of that order, with a reference. A wrong free cannot be repaired,
 * since the caller believes that it owns memory that it does not own. So it stops the kernel.
 */

/* --- mistakes of callers ---------------------------------------------------------------------- */

/* Says which rule the free broke, and how. */
static noinline void __noreturn bad_free(const struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	const struct page *head = page;

	if (pfn >= max_pfn)
		panic("free of frame %#lx, order %u: there is no such frame, expected less than "
		      "%#lx",
		      pfn, order, max_pfn);
	if (page_state(page) == PAGE_TAIL)
		head = page_block(page);
	if (head && (page_state(head) == PAGE_FREE || page_state(head) == PAGE_CACHED))
		panic("double free of frame %#lx, order %u: it is in the free block of order %u at "
		      "frame %#lx, expected an allocated block",
		      pfn, order, page_order(head), page_to_pfn(head));
	if (head && head != page)
		panic("free of frame %#lx, order %u: it is the tail of the %s block of order %u at "
		      "frame "
		      "%#lx, expected that frame and order",
		      pfn, order, page_state_name(page_state(head)), page_order(head),
		      page_to_pfn(head));
	if (page->flags & PAGE_PG_MASK && page_state(page) >= PAGE_USED)
		panic("free of frame %#lx, order %u: flags PG_* are %#x, expected 0", pfn, order,
		      page->flags & PAGE_PG_MASK);
	panic("free of frame %#lx, order %u: state %s, order %u, %u references, "
	      "expected allocated with order %u and at least one reference",
	      pfn, order, page_state_name(page_state(page)), page_order(page), page->refcount,
	      order);
}

static noinline void __noreturn bad_reference(const struct page *page)
{
	panic("get_page(frame %#lx): state %s, order %u, %u references, expected an allocated "
	      "block with "
	      "at least one",
	      page_to_pfn(page), page_state_name(page_state(page)), page_order(page),
	      page->refcount);
}

/* --- injected failures ------------------------------------------------------------------------ */

static struct fault_attr fail_page_alloc = { .name = "fail_page_alloc" };

static int parse_fail_page_alloc(const char *value)
{
	return fault_attr_set(&fail_page_alloc, value);
}
BOOT_PARAM("fail_page_alloc", "fail_page_alloc=interval,probability,space,times",
	   "make page allocations fail, to test their callers", parse_fail_page_alloc);

static bool should_fail_page_alloc(gfp_t gfp, unsigned int order)
{
	return fault_injection_is_on() && !(gfp & __GFP_NOFAIL) &&
	       should_fail(&fail_page_alloc, PAGE_SIZE << order);
}

/* --- a new block ------------------------------------------------------------------------------ */

static void clear_block(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1ul << order; i++)
		clear_highpage(page + i);
}

static void make_compound(struct page *page, unsigned int order)
{
	u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, page_zone(page)) | PAGE_COMPOUND;
	u32 head = (u32)page_to_pfn(page);

	page->flags |= PAGE_COMPOUND;
	for (unsigned long i = 1; i < 1ul << order; i++) {
		page[i].flags = tail;
		page[i].a = head;
	}
}

/* The tails of a free block must look as if they never were part of a compound block. */
static void dissolve_compound(struct page *page, unsigned int order)
{
	u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, page_zone(page));

	page->flags &= ~PAGE_COMPOUND;
	for (unsigned long i = 1; i < 1ul << order; i++)
		page[i].flags = tail;
}

/* Rare work: zeroing, compound blocks, debug checks. */
static noinline void prepare(struct page *page, gfp_t gfp, unsigned int order, unsigned long caller)
{
	page_debug_alloc(page, order, caller);
	if (gfp & __GFP_ZERO)
		clear_block(page, order);
	if (gfp & __GFP_COMP && order > 0)
		make_compound(page, order);
}

/* --- allocating: from the free lists, slow path, fast path ------------------------------------ */

/*
 * One pass over the zones of a request, best first. A small block comes through this CPU's list,
 * which fetches a batch if it is empty; a large one comes from the zone.
 */
static struct page *alloc_from_free_lists(gfp_t gfp, unsigned int order)
{
	struct zone *const *best = gfp_zonelist(gfp)->zone;

	for (struct zone *const *zone = best; *zone; zone++) {
		unsigned long mark = zone_mark(*zone, gfp);
		struct page *page;

		/* A second choice must be above its mark even if this CPU has a block of it. */
		if (zone != best && (*zone)->free_pages < mark)
			continue;
		page = order < PCP_ORDERS ? pcp_alloc(*zone, order, mark)
					  : buddy_alloc(*zone, order, mark);
		if (page)
			return page;
	}
	return NULL;
}

/*
 * The pages that highmem keeps for tables and others that cannot leave (mm/watermark.c). They are
 * the last choice before reclaim, so that they are there when lowmem is full up to its reserve.
 */
static struct page *alloc_below_min(gfp_t gfp, unsigned int order)
{
	struct page *page = NULL;

	if (order || gfp & __GFP_MOVABLE)
		return NULL;
	for (struct zone *const *at = gfp_zonelist(gfp)->zone; !page && *at && is_highmem(*at);
	     at++)
		page = pcp_alloc(*at, 0, zone_mark(*at, gfp | __GFP_HIGH));
	return page;
}

static void drain_this_cpu(void *unused)
{
	unsigned long irq_flags = local_irq_save();

	pcp_drain();
	local_irq_restore(irq_flags);
}

/* Only CPUs that keep any pages are interrupted. */
void drain_all_pages(void)
{
	const bool may_call = cpu_may_call_others();
	struct cpumask others = { 0 };
	u32 cpu;

	preempt_disable();
	drain_this_cpu(NULL);
	for_each_cpu_with_data(cpu)
		for (const struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++)
			if (pcp_pages(cpu, zone))
				__cpumask_set_cpu(cpu, &others);
	if (may_call && !cpumask_empty(&others))
		smp_call_function_many(&others, drain_this_cpu, NULL, true);
	preempt_enable();
}

/* Frees pages that can be had again; NULL: there are none. */
static enum reclaim_result (*reclaim_hook)(gfp_t gfp, unsigned int order);

void page_alloc_use_reclaim(enum reclaim_result (*reclaim)(gfp_t gfp, unsigned int order))
{
	hook_set(reclaim_hook, reclaim);
}

/* Called when memory becomes short; NULL: nothing can be done about it. */
static void (*kswapd_hook)(gfp_t gfp);

void page_alloc_use_kswapd(void (*wake)(gfp_t gfp))
{
	hook_set(kswapd_hook, wake);
}

/*
 * A freed page may be taken by another thread, so a request tries often as long as there are any.
 * Large blocks may never come together.
 */
#define RECLAIM_ROUNDS       256u
#define RECLAIM_LARGE_ROUNDS 8u
#define LARGE_ORDER          4u
#define WAIT_ROUNDS          16u /* one wait is as long as this number of rounds */

static noinline struct page *reclaim_and_alloc(gfp_t gfp, unsigned int order)
{
	enum reclaim_result (*reclaim)(gfp_t gfp, unsigned int order) = READ_ONCE(reclaim_hook);
	u32 most = order < LARGE_ORDER ? RECLAIM_ROUNDS : RECLAIM_LARGE_ROUNDS;
	enum reclaim_result result;
	struct page *page = NULL;

	if (!reclaim || !(gfp & __GFP_RECLAIM) || in_atomic() || irqs_disabled())
		return NULL;
	for (u32 round = 0; !page && (round < most || gfp & __GFP_NOFAIL); round++) {
		result = reclaim(gfp, order);
		if (result == RECLAIM_NOTHING)
			break;
		drain_this_cpu(NULL);
		page = alloc_from_free_lists(result == RECLAIM_RESERVE ? gfp | __GFP_MEMALLOC : gfp,
					     order)
			       ?: alloc_below_min(gfp, order);
		if (result == RECLAIM_RESERVE)
			break;
		if (result == RECLAIM_WAITED)
			round += WAIT_ROUNDS;
	}
	return page;
}

/* Ends a program that has much memory; NULL: there are none. */
static enum oom_result (*oom_hook)(gfp_t gfp, unsigned int order);

void page_alloc_use_oom(enum oom_result (*kill)(gfp_t gfp, unsigned int order))
{
	hook_set(oom_hook, kill);
}

/* Each end of a program gives memory back, which other threads may take. */
#define KILL_ROUNDS 8u

/* A request that must not fail continues until no program is left. */
static noinline struct page *kill_and_alloc(gfp_t gfp, unsigned int order)
{
	enum oom_result (*kill)(gfp_t gfp, unsigned int order) = READ_ONCE(oom_hook);
	struct page *page = NULL;

	if (!kill || !(gfp & __GFP_RECLAIM) || in_atomic() || irqs_disabled())
		return NULL;
	for (u32 round = 0; !page && (round < KILL_ROUNDS || gfp & __GFP_NOFAIL); round++) {
		enum oom_result result = kill(gfp, order);

		if (result == OOM_FAIL)
			break;
		if (result == OOM_RESERVE)
			gfp |= __GFP_HIGH;
		drain_all_pages();
		page = alloc_from_free_lists(gfp, order);
		if (!page)
			page = reclaim_and_alloc(gfp, order);
	}
	return page;
}

static noinline struct page *alloc_failed(gfp_t gfp, unsigned int order, unsigned long caller)
{
	if (gfp & __GFP_NOFAIL)
		out_of_memory(gfp, order, caller);
	if (!(gfp & __GFP_NOWARN))
		alloc_failure_report(gfp, order, caller);
	return NULL;
}

/* The request wants more than a block, or every request must be looked at. */
static inline bool needs_slow_path(gfp_t gfp)
{
	return DEBUG || gfp & (__GFP_ZERO | __GFP_COMP) || fault_injection_is_on();
}

static noinline struct page *alloc_slow_path(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct page *page;

	if (should_fail_page_alloc(gfp, order))
		return NULL;
	if (order > MAX_ORDER)
		return alloc_failed(gfp, order, caller);
	page = alloc_from_free_lists(gfp, order);
	if (kswapd_hook && zones_are_low(gfp | __GFP_MOVABLE))
		kswapd_hook(gfp);
	if (!page) {
		drain_this_cpu(NULL);
		page = alloc_from_free_lists(gfp, order) ?: alloc_below_min(gfp, order);
	}
	if (!page)
		page = reclaim_and_alloc(gfp, order);
	/*
	 * A caller that may not sleep may hold a lock that another CPU spins on with interrupts
	 * off; waiting for that CPU here would deadlock.
	 */
	if (!page && gfp & __GFP_RECLAIM && !in_atomic()) {
		drain_all_pages();
		page = alloc_from_free_lists(gfp, order) ?: alloc_below_min(gfp, order);
	}
	if (!page)
		page = kill_and_alloc(gfp, order);
	if (!page)
		return alloc_failed(gfp, order, caller);
	if (DEBUG || gfp & (__GFP_ZERO | __GFP_COMP))
		prepare(page, gfp, order, caller);
	return page;
}

/* The fast path for orders that CPUs do not cache. */
static noinline struct page *alloc_large(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct zone *zone = gfp_zonelist(gfp)->zone[0];
	struct page *page = NULL;

	if (likely(order <= MAX_ORDER && !needs_slow_path(gfp)))
		page = buddy_alloc(zone, order, zone_mark(zone, gfp));
	return likely(page) ? page : alloc_slow_path(gfp, order, caller);
}

/* Takes the newest block of the best zone that this CPU has cached. */
static inline bool alloc_fast_path(gfp_t gfp, unsigned int order, struct page **page)
{
	unsigned long irq_flags;
	bool taken;

	if (unlikely(needs_slow_path(gfp)))
		return false;
	irq_flags = local_irq_save();
	taken = pcp_take(first_zone[gfp & GFP_ZONEMASK], order, page);
	local_irq_restore(irq_flags);
	return taken;
}

/*
 * Takes a block from the list of the second zone of a request. Most requests for high memory get
 * their page from there, once the first zone is used up. Both watermarks are looked at, as in
 * alloc_from_free_lists(), which would find the same block by a longer way.
 */
static inline struct page *alloc_second(gfp_t gfp, unsigned int order)
{
	struct zone *const *zone = gfp_zonelist(gfp)->zone;
	struct page *page = NULL;
	unsigned long irq_flags;

	if (needs_slow_path(gfp) || !zone[1] || zone[1]->free_pages < zone_mark(zone[1], gfp) ||
	    zone[0]->free_pages >= zone_mark(zone[0], gfp) + (1ul << order))
		return NULL;
	irq_flags = local_irq_save();
	if (!this_pcp(zone[0]->type, order, nr_cold))
		pcp_take(zone[1]->type, order, &page);
	local_irq_restore(irq_flags);
	return page;
}

/* One function for what comes behind the fast path, which would need more registers with two. */
static noinline struct page *alloc_otherwise(gfp_t gfp, unsigned int order, unsigned long caller)
{
	return alloc_second(gfp, order) ?: alloc_slow_path(gfp, order, caller);
}

/* `caller` is the return address of the allocating call, for reports. */
static __always_inline struct page *alloc_for(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct page *page;

	if (unlikely(order >= PCP_ORDERS))
		return alloc_large(gfp, order, caller);
	if (likely(alloc_fast_path(gfp, order, &page)))
		return page;
	return alloc_otherwise(gfp, order, caller);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	return alloc_for(gfp, order, (unsigned long)__builtin_return_address(0));
}

unsigned int alloc_pages_bulk(gfp_t gfp, unsigned int nr, struct page **pages)
{
	unsigned long caller = (unsigned long)__builtin_return_address(0);

	for (unsigned int i = 0; i < nr; i++) {
		if (!pages[i])
			pages[i] = alloc_for(gfp, 0, caller);
		if (!pages[i])
			return i;
	}
	return nr;
}

/* Pages handled per section with interrupts off. */
#define CHAIN_STEP 32u

static unsigned int take_chain(gfp_t gfp, unsigned int most, u32 *head)
{
	unsigned long irq_flags = local_irq_save();
	unsigned int taken =
		pcp_take_chain(first_zone[gfp & GFP_ZONEMASK], min(most, CHAIN_STEP), head);

	local_irq_restore(irq_flags);
	return taken;
}

unsigned int alloc_page_chain(gfp_t gfp, unsigned int nr, u32 *head)
{
	unsigned long caller = (unsigned long)__builtin_return_address(0);
	unsigned int got = 0;

	while (got < nr) {
		struct page *page;

		if (!needs_slow_path(gfp))
			got += take_chain(gfp, nr - got, head);
		if (got == nr)
			break;
		/* The slow path refills the list, so the next round finds pages there. */
		page = alloc_for(gfp, 0, caller);
		if (!page)
			break;
		page->a = *head;
		*head = (u32)page_to_pfn(page);
		got++;
	}
	return got;
}

static void check_has_address(gfp_t gfp, const char *who)
{
	if (unlikely(gfp & GFP_ANY_HIGHMEM))
		panic("%s(gfp %#x): __GFP_HIGHMEM has no address to return", who, gfp);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	check_has_address(gfp, "__get_free_pages");
	page = alloc_for(gfp, order, (unsigned long)__builtin_return_address(0));
	return page ? (unsigned long)lowmem_page_address(page) : 0;
}

/* Allocates a block that is large enough, splits it, and frees the pages beyond the end. */
void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned long pages = size / PAGE_SIZE + (size % PAGE_SIZE != 0);
	/* All orders that are too large fail in the same way. */
	unsigned int order = min(get_order(size), MAX_ORDER + 1u);
	struct page *page;

	check_has_address(gfp, "alloc_pages_exact");
	if (size == 0)
		return NULL;
	page = alloc_for(gfp & ~__GFP_COMP, order, (unsigned long)__builtin_return_address(0));
	if (!page)
		return NULL;
	split_page(page, order);
	for (unsigned long i = pages; i < 1ul << order; i++)
		__free_page(page + i);
	return lowmem_page_address(page);
}

/* --- references and freeing ------------------------------------------------------------------- */

/* Of a block that may be freed, these bits are known: PAGE_USED, its order, no flags PG_*. */
#define PAGE_FREE_CHECK_MASK ((PAGE_KIND_MASK & ~PAGE_COMPOUND) | PAGE_PG_MASK)

/*
 * Returns true if this was the last reference. A count of 1 is the caller's own reference: no
 * other CPU can change the count, so a plain store does.
 */
static inline bool drop_reference(struct page *page, unsigned int order)
{
	if (likely(page->refcount == 1)) {
		page->refcount = 0;
		return true;
	}
	if (unlikely(page->refcount == 0))
		bad_free(page, order);
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

static inline void prepare_to_free(struct page *page, unsigned int order)
{
	page_debug_free(page, order);
	if (unlikely(page->flags & PAGE_COMPOUND))
		dissolve_compound(page, order);
}

static inline void free_block(struct page *page, unsigned int order)
{
	unsigned long irq_flags;

	if (!drop_reference(page, order))
		return;
	prepare_to_free(page, order);
	if (unlikely(order >= PCP_ORDERS)) {
		buddy_free(&zones[page_zone(page)], page, order);
		return;
	}
	irq_flags = local_irq_save();
	pcp_put(page, order);
	local_irq_restore(irq_flags);
}

/* Is the block a plain one, in state PAGE_USED, of this order and without flags PG_*? */
static inline bool is_plain(const struct page *page, unsigned int order)
{
	return likely((page->flags & PAGE_FREE_CHECK_MASK) == PAGE_FLAGS(PAGE_USED, order, 0));
}

/*
 * A single page of a program or a page table keeps its state until it is free. Others may hold
 * references, and set flags PG_*, until the last one is dropped. Everything else is a mistake. The
 * whole way is in a function of its own, so that it costs plain blocks nothing.
 */
static noinline void free_owned_page(struct page *page, unsigned int order)
{
	enum page_state state = page_state(page);

	if ((state != PAGE_TABLE && state < PAGE_ANON) || order || page->flags & PAGE_ORDER_MASK ||
	    (page->flags & PAGE_PG_MASK && page->refcount == 1))
		bad_free(page, order);
	free_block(page, order);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (is_plain(page, order))
		free_block(page, order);
	else
		free_owned_page(page, order);
}

/* Frees up to CHAIN_STEP pages, with interrupts off. Returns the rest of the chain. */
static u32 free_some(u32 pfn)
{
	for (unsigned int i = 0; i < CHAIN_STEP && pfn != PFN_NONE; i++) {
		struct page *page = pfn_to_page(pfn);
		u32 next = page->a;

		if (!is_plain(page, 0)) {
			free_owned_page(page, 0);
		} else if (drop_reference(page, 0)) {
			prepare_to_free(page, 0);
			pcp_put(page, 0);
		}
		pfn = next;
	}
	return pfn;
}

void free_page_chain(u32 pfn)
{
	while (pfn != PFN_NONE) {
		unsigned long irq_flags = local_irq_save();

		pfn = free_some(pfn);
		local_irq_restore(irq_flags);
	}
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

void free_pages_exact(void *addr, size_t size)
{
	if (!addr)
		return;
	for (size_t at = 0; at < size; at += PAGE_SIZE)
		free_pages((unsigned long)addr + at, 0);
}

void get_page(struct page *page)
{
	page = compound_head(page);
	if (unlikely(page_state(page) < PAGE_USED || page->refcount == 0))
		bad_reference(page);
	__atomic_add_fetch(&page->refcount, 1, __ATOMIC_RELAXED);
}

void put_page(struct page *page)
{
	page = compound_head(page);
	__free_pages(page, page_order(page));
}

void split_page(struct page *page, unsigned int order)
{
	const u32 checked = PAGE_KIND_MASK | PAGE_PG_MASK;
	const u16 kind = (u16)PAGE_FLAGS(PAGE_USED, 0, page_zone(page));

	if (unlikely((page->flags & checked) != PAGE_FLAGS(PAGE_USED, order, 0) ||
		     page->refcount != 1))
		panic("split_page(frame %#lx, order %u): state %s, order %u, %u references, "
		      "expected allocated with this order and one reference, not compound, "
		      "no flags PG_*",
		      page_to_pfn(page), order, page_state_name(page_state(page)), page_order(page),
		      page->refcount);
	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].kind = kind; /* `number` stays: kmap() may have mapped the frame */
		page[i].refcount = 1;
	}
	page_debug_split(page, order);
}
