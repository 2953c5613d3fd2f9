/* SPDX-License-Identifier: MIT */
#include <kernel/cpu_call.h>
#include <kernel/fault_inject.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <lib/command.h>
#include <mm/buddy.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/pcp.h>
#include <mm/watermark.h>
#include <mm/zone_report.h>

/*
 * Who gets which block. A request of a small order takes one that this CPU keeps (mm/pcp.h), of the zone that
 * it would like best: that is all, nearly always, and no lock is involved. Otherwise its zones are tried in
 * turn (mm/buddy.h), each down to the mark that the request may not go below (mm/watermark.h). Where that
 * fails, what the CPUs keep goes back to the zones, and they are tried once more.
 *
 * A block that a CPU keeps has passed the zone's mark already and does not count as free in the zone. So a
 * request's first choice may come from there at once. Where the zone is a second choice the zone must be above the
 * mark, whether the block comes from the zone or from a list.
 *
 * Freeing checks the descriptor before anything changes: it must be the first frame of an allocated block
 * of that order, with a reference.
 */

/* --- what must not happen ----------------------------------------------------------------------- */

/* The first frame of the block that a tail is part of, NULL if there is none that reaches so far. */
static const struct page *block_around(const struct page *tail)
{
	unsigned long pfn = page_to_pfn(tail);

	for (unsigned int order = 1; order <= MAX_ORDER; order++) {
		const struct page *head = pfn_to_page(ALIGN_DOWN(pfn, 1ul << order));

		if (page_state(head) >= PAGE_FREE && page_order(head) >= order)
			return head;
	}
	return NULL;
}

static noinline void __noreturn bad_free(const struct page *page, unsigned int order)
{
	unsigned long pfn = page_to_pfn(page);
	const struct page *head = page;

	if (pfn >= max_pfn)
		panic("free of frame %#lx, order %u: there is no such frame, expected less than "
		      "%#lx",
		      pfn, order, max_pfn);
	if (page_state(page) == PAGE_TAIL)
		head = block_around(page);
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

/* --- failing on purpose ------------------------------------------------------------------------- */

static struct fault_attr fail_page_alloc = { .name = "fail_page_alloc" };

static int parse_fail_page_alloc(const char *value)
{
	return fault_attr_set(&fail_page_alloc, value);
}
BOOT_PARAM("fail_page_alloc", "fail_page_alloc=interval,probability,space,times",
	   "have page allocations fail, to see what happens", parse_fail_page_alloc);

static bool should_fail_page_alloc(gfp_t gfp, unsigned int order)
{
	return fault_injection_is_on() && !(gfp & __GFP_NOFAIL) &&
	       should_fail(&fail_page_alloc, PAGE_SIZE << order);
}

/* --- a block on its way to the caller ----------------------------------------------------------- */

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

static void dissolve_compound(struct page *page, unsigned int order)
{
	u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, page_zone(page));

	page->flags &= ~PAGE_COMPOUND;
	for (unsigned long i = 1; i < 1ul << order; i++)
		page[i].flags = tail;
}

/* What few requests ask for, and what only DEBUG=1 does. */
static noinline void prepare(struct page *page, gfp_t gfp, unsigned int order, unsigned long caller)
{
	page_debug_alloc(page, order, caller);
	if (gfp & __GFP_ZERO)
		clear_block(page, order);
	if (gfp & __GFP_COMP && order > 0)
		make_compound(page, order);
}

/* --- allocating --------------------------------------------------------------------------------- */

/* Through this CPU's list, which may have something by now. `first`: the request likes no other zone better. */
static struct page *alloc_through_list(struct zone *zone, unsigned int order, unsigned long mark,
				       bool first)
{
	unsigned long irq_flags = local_irq_save();
	struct pcp_list *list = pcp_list(zone->type, order);
	struct page *page = NULL;

	if ((first || zone->free_pages >= mark) &&
	    (list->nr_hot || pcp_fill(zone, list, order, mark)))
		pcp_take(zone->type, order, &page);
	local_irq_restore(irq_flags);
	return page;
}

static struct page *try_zones(gfp_t gfp, unsigned int order)
{
	struct zone *const *best = gfp_zonelist(gfp)->zone;

	for (struct zone *const *zone = best; *zone; zone++) {
		unsigned long mark = zone_mark(*zone, gfp);
		struct page *page = order < PCP_ORDERS
					    ? alloc_through_list(*zone, order, mark, zone == best)
					    : buddy_alloc(*zone, order, mark);

		if (page)
			return page;
	}
	return NULL;
}

static noinline struct page *nothing_found(gfp_t gfp, unsigned int order, unsigned long caller)
{
	if (gfp & __GFP_NOFAIL)
		out_of_memory(gfp, order, caller);
	if (!(gfp & __GFP_NOWARN))
		alloc_failure_report(gfp, order, caller);
	return NULL;
}

static void drain_here(void *unused)
{
	unsigned long irq_flags = local_irq_save();

	pcp_drain();
	local_irq_restore(irq_flags);
}

void drain_all_pages(void)
{
	bool others = cpu_may_call_others();

	preempt_disable();
	drain_here(NULL);
	if (others)
		cpu_call_others(drain_here, NULL);
	preempt_enable();
}

/* What this CPU keeps of the zone that the request would like best. */
static inline bool take_kept(gfp_t gfp, unsigned int order, struct page **page)
{
	unsigned long irq_flags = local_irq_save();
	bool taken = pcp_take(first_zone[gfp & GFP_ZONEMASK], order, page);

	local_irq_restore(irq_flags);
	return taken;
}

static struct page *alloc_from_zones(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct page *page;

	if (should_fail_page_alloc(gfp, order))
		return NULL;
	if (order > MAX_ORDER)
		return nothing_found(gfp, order, caller);
	if (order < PCP_ORDERS && take_kept(gfp, order, &page))
		return page;
	page = try_zones(gfp, order);
	if (page)
		return page;
	/* A caller that may not sleep may hold a lock that another CPU spins on with interrupts off: waiting for
	 * that CPU here would be a deadlock. */
	if (gfp & __GFP_RECLAIM && !in_atomic())
		drain_all_pages();
	else
		drain_here(NULL);
	page = try_zones(gfp, order);
	return page ? page : nothing_found(gfp, order, caller);
}

/* Is nothing to be done for a request but to find a block? */
static inline bool is_plain(gfp_t gfp)
{
	return !DEBUG && !(gfp & (__GFP_ZERO | __GFP_COMP)) && !fault_injection_is_on();
}

static noinline struct page *alloc_slowly(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct page *page = alloc_from_zones(gfp, order, caller);

	if (page && (DEBUG || gfp & (__GFP_ZERO | __GFP_COMP)))
		prepare(page, gfp, order, caller);
	return page;
}

/* A block that no CPU keeps: of the zone that the request would like best, if that has one. */
static noinline struct page *alloc_large(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct zone *zone = gfp_zonelist(gfp)->zone[0];
	struct page *page = NULL;

	if (likely(order <= MAX_ORDER && is_plain(gfp)))
		page = buddy_alloc(zone, order, zone_mark(zone, gfp));
	return likely(page) ? page : alloc_slowly(gfp, order, caller);
}

static inline bool alloc_kept(gfp_t gfp, unsigned int order, struct page **page)
{
	return is_plain(gfp) && take_kept(gfp, order, page);
}

static inline struct page *alloc_for(gfp_t gfp, unsigned int order, unsigned long caller)
{
	struct page *page;

	if (unlikely(order >= PCP_ORDERS))
		return alloc_large(gfp, order, caller);
	return likely(alloc_kept(gfp, order, &page)) ? page : alloc_slowly(gfp, order, caller);
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(order >= PCP_ORDERS))
		return alloc_large(gfp, order, (unsigned long)__builtin_return_address(0));
	if (likely(alloc_kept(gfp, order, &page)))
		return page;
	return alloc_slowly(gfp, order, (unsigned long)__builtin_return_address(0));
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

/* Interrupts are off for so many pages at most. */
#define CHAIN_STEP 32u

static unsigned int take_kept_chain(gfp_t gfp, unsigned int most, u32 *head)
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

		if (is_plain(gfp))
			got += take_kept_chain(gfp, nr - got, head);
		if (got == nr)
			break;
		/* This one fetches some more for the next. */
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
	if (unlikely(gfp & __GFP_HIGHMEM))
		panic("%s(gfp %#x): __GFP_HIGHMEM has no address to return", who, gfp);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	check_has_address(gfp, "__get_free_pages");
	page = alloc_for(gfp, order, (unsigned long)__builtin_return_address(0));
	return page ? (unsigned long)lowmem_page_address(page) : 0;
}

static unsigned int order_for(unsigned long pages)
{
	unsigned int order = 0;

	while (order <= MAX_ORDER && 1ul << order < pages)
		order++;
	return order;
}

/* The block that is large enough, cut into pages, of which those behind the end are not needed. */
void *alloc_pages_exact(size_t size, gfp_t gfp)
{
	unsigned long pages = size / PAGE_SIZE + (size % PAGE_SIZE != 0);
	unsigned int order = order_for(pages);
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

/* --- references and freeing --------------------------------------------------------------------- */

/* True if it was the last. A count of 1 is ours alone and needs no locked instruction. */
static inline bool drop_reference(struct page *page, unsigned int order)
{
	if (unlikely((page->flags & (PAGE_KIND_MASK & ~PAGE_COMPOUND)) !=
		     PAGE_FLAGS(PAGE_USED, order, 0)))
		bad_free(page, order);
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

void __free_pages(struct page *page, unsigned int order)
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

/* Returns where the chain goes on. Interrupts are off. */
static u32 free_some(u32 pfn)
{
	for (unsigned int i = 0; i < CHAIN_STEP && pfn != PFN_NONE; i++) {
		struct page *page = pfn_to_page(pfn);
		u32 next = page->a;

		if (drop_reference(page, 0)) {
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
	const u16 kind = (u16)PAGE_FLAGS(PAGE_USED, 0, page_zone(page));

	if (unlikely((page->flags & PAGE_KIND_MASK) != PAGE_FLAGS(PAGE_USED, order, 0) ||
		     page->refcount != 1))
		panic("split_page(frame %#lx, order %u): state %s, order %u, %u references, "
		      "expected allocated with this order and one reference, not compound",
		      page_to_pfn(page), order, page_state_name(page_state(page)), page_order(page),
		      page->refcount);
	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].kind = kind; /* and the number stays: kmap() may have mapped the frame */
		page[i].refcount = 1;
	}
	page_debug_split(page, order);
}
