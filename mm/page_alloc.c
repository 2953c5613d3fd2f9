/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <mm/page_poison.h>
#include <mm/zone_report.h>

/*
 * A binary buddy system in each zone. A block of order n has 2^n frames and begins at a multiple of
 * 2^n, so there is exactly one block that it can be merged with, its buddy, and that one's number
 * differs in bit n alone:
 *
 *	frame     0   1   2   3   4   5   6   7
 *	order 0   A  (A^1)        E  (E^1)
 *	order 1   └──B──┘ └─B^2─┘
 *	order 2   └──────C──────┘ └─────C^4─────┘
 *
 * To allocate is to take the smallest block that is large enough, and to halve it as long as half
 * will do; the upper halves become free. To free is to merge with the buddy as long as that is a
 * free block of the same order. One comparison tells: the buddy's flags word must be exactly that of
 * a free block of this order in this zone. A hole, reserved RAM, a frame in use, the inside of a
 * block, and a frame beyond the zone's border all have another, so blocks never grow over any of
 * these.
 *
 * Free blocks of an order are a list through words a (next) and b (previous) of their first frames,
 * newest first: what was freed last is still in the cache.
 *
 * Invariant (page_alloc_check() looks for it): of each block only the first frame tells what it is,
 * all others are PAGE_TAIL; no two buddies of the same order are both free. So the lists depend on
 * what is allocated only, not on how it came about, apart from their order.
 *
 * Price: an order-0 pair that has to split a block of 4 MiB and puts it together again does each
 * list operation ten times; the larger the order, the cheaper. No frame but the first ones of
 * blocks is touched.
 */

/* All of a descriptor's flags that a block must have to be freed, and to be given out. */
#define BLOCK_MASK (PAGE_STATE_MASK << PAGE_STATE_SHIFT | PAGE_ORDER_MASK << PAGE_ORDER_SHIFT)

/* --- what must not happen -----------------------------------------------------------------------
 */

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
	if (head && page_state(head) == PAGE_FREE)
		panic("double free of frame %#lx, order %u: it is in the free block of order %u at "
		      "frame "
		      "%#lx, expected an allocated block",
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

static noinline void __noreturn damaged_list(const struct zone *zone, unsigned int order, u32 pfn)
{
	panic("free list of zone %s, order %u, leads to frame %#x: state %s, order %u, "
	      "expected a free block of this order",
	      zone->name, order, pfn, page_state_name(page_state(pfn_to_page(pfn))),
	      page_order(pfn_to_page(pfn)));
}

/* --- the lists; the zone is locked --------------------------------------------------------------
 */

static inline u32 free_flags(const struct zone *zone, unsigned int order)
{
	return PAGE_FLAGS(PAGE_FREE, order, zone->type);
}

static inline void area_add(struct zone *zone, u32 pfn, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	struct page *page = pfn_to_page(pfn);

	page->flags = free_flags(zone, order);
	page->a = area->head;
	page->b = PFN_NONE;
	if (area->head != PFN_NONE)
		pfn_to_page(area->head)->b = pfn;
	area->head = pfn;
	area->nr_free++;
}

static inline void area_del(struct zone *zone, u32 pfn, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	const struct page *page = pfn_to_page(pfn);

	if (page->b == PFN_NONE)
		area->head = page->a;
	else
		pfn_to_page(page->b)->a = page->a;
	if (page->a != PFN_NONE)
		pfn_to_page(page->a)->b = page->b;
	area->nr_free--;
}

/* --- blocks; the zone is locked -----------------------------------------------------------------
 */

/* Takes a block out of a zone, NULL if it has none that is large enough. */
static inline struct page *take_block(struct zone *zone, unsigned int order)
{
	unsigned int have = order;
	struct page *page;
	u32 pfn;

	while (zone->free_area[have].head == PFN_NONE)
		if (++have > MAX_ORDER)
			return NULL;
	pfn = zone->free_area[have].head;
	page = pfn_to_page(pfn);
	if (unlikely(page->flags != free_flags(zone, have)))
		damaged_list(zone, have, pfn);
	area_del(zone, pfn, have);
	while (have > order) {
		have--;
		area_add(zone, pfn + (1u << have), have);
	}
	page->flags = PAGE_FLAGS(PAGE_USED, order, zone->type);
	page->refcount = 1;
	zone->free_pages -= 1ul << order;
	return page;
}

/* Puts a block into a zone, merged with as much as possible. */
static inline void put_block(struct zone *zone, u32 pfn, unsigned int order)
{
	zone->free_pages += 1ul << order;
	for (; order < MAX_ORDER; order++) {
		u32 buddy = pfn ^ (1u << order);

		if (buddy >= max_pfn || pfn_to_page(buddy)->flags != free_flags(zone, order))
			break;
		area_del(zone, buddy, order);
		/* The upper one is now inside of a block. */
		pfn_to_page(pfn | buddy)->flags = PAGE_FLAGS(PAGE_TAIL, 0, zone->type);
		pfn &= buddy;
	}
	area_add(zone, pfn, order);
}

/* --- at boot ------------------------------------------------------------------------------------
 */

static void mark_tails(struct page *page, unsigned long nr, u32 flags)
{
	struct page *end = page + nr;

	for (; end - page >= 8; page += 8) {
		page[0].flags = flags;
		page[1].flags = flags;
		page[2].flags = flags;
		page[3].flags = flags;
		page[4].flags = flags;
		page[5].flags = flags;
		page[6].flags = flags;
		page[7].flags = flags;
	}
	for (; page < end; page++)
		page->flags = flags;
}

/* The largest block that ends at `end`, is aligned to its size and does not begin before `start`. */
static unsigned int order_of_block_before(unsigned long start, unsigned long end)
{
	unsigned int order = 0;

	while (order < MAX_ORDER && IS_ALIGNED(end, 2ul << order) && end - start >= 2ul << order)
		order++;
	return order;
}

static void give_boot_block(struct zone *zone, unsigned long pfn, unsigned int order)
{
	const u32 reserved = PAGE_FLAGS(PAGE_RESERVED, 0, zone->type);
	struct page *first = pfn_to_page(pfn), *last = first + (1ul << order) - 1;
	unsigned long irq_flags;

	if (first->flags != reserved || last->flags != reserved)
		panic("frames %#lx-%#lx given to the allocator: states %s and %s, expected "
		      "reserved",
		      pfn, page_to_pfn(last), page_state_name(page_state(first)),
		      page_state_name(page_state(last)));
	page_poison(first, order);
	irq_flags = spin_lock_irqsave(&zone->lock);
	mark_tails(first, 1ul << order, PAGE_FLAGS(PAGE_TAIL, 0, zone->type));
	zone->managed_pages += 1ul << order;
	put_block(zone, (u32)pfn, order);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
}

void free_boot_range(unsigned long start_pfn, unsigned long end_pfn)
{
	for (struct zone *zone = zones + MAX_NR_ZONES; zone-- > zones;) {
		unsigned long start = max(start_pfn, zone->start_pfn);
		unsigned long end = min(end_pfn, zone_end_pfn(zone));

		while (start < end) {
			unsigned int order = order_of_block_before(start, end);

			end -= 1ul << order;
			give_boot_block(zone, end, order);
		}
	}
}

/* --- allocating ---------------------------------------------------------------------------------
 */

static struct page *alloc_from_zone(struct zone *zone, unsigned int order)
{
	unsigned long irq_flags = spin_lock_irqsave(&zone->lock);
	struct page *page = take_block(zone, order);

	spin_unlock_irqrestore(&zone->lock, irq_flags);
	return page;
}

static void clear_block(struct page *page, unsigned int order)
{
	for (unsigned long i = 0; i < 1ul << order; i++)
		clear_highpage(page + i);
}

static noinline struct page *nothing_found(gfp_t gfp, unsigned int order, unsigned long caller)
{
	if (!(gfp & __GFP_NOWARN))
		alloc_failure_report(gfp, order, caller);
	return NULL;
}

struct page *alloc_pages(gfp_t gfp, unsigned int order)
{
	unsigned long caller = (unsigned long)__builtin_return_address(0);

	if (unlikely(order > MAX_ORDER))
		return nothing_found(gfp, order, caller);
	for (struct zone *zone = &zones[gfp_zone(gfp)] + 1; zone-- > zones;) {
		struct page *page;

		if (zone->free_pages >> order == 0)
			continue;
		page = alloc_from_zone(zone, order);
		if (unlikely(!page))
			continue;
		page_check_poison(page, order);
		if (gfp & __GFP_ZERO)
			clear_block(page, order);
		return page;
	}
	return nothing_found(gfp, order, caller);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
{
	struct page *page;

	if (unlikely(gfp & __GFP_HIGHMEM))
		panic("__get_free_pages(gfp %#x, order %u): __GFP_HIGHMEM has no address to return",
		      gfp, order);
	page = alloc_pages(gfp, order);
	return page ? (unsigned long)lowmem_page_address(page) : 0;
}

/* --- references and freeing ---------------------------------------------------------------------
 */

/* True if it was the last. A count of 1 is ours alone and needs no locked instruction. */
static inline bool drop_reference(struct page *page, unsigned int order)
{
	if (unlikely((page->flags & BLOCK_MASK) != PAGE_FLAGS(PAGE_USED, order, 0)))
		bad_free(page, order);
	if (likely(page->refcount == 1)) {
		page->refcount = 0;
		return true;
	}
	if (unlikely(page->refcount == 0))
		bad_free(page, order);
	return __atomic_sub_fetch(&page->refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

static inline void free_block(struct page *page, unsigned int order)
{
	struct zone *zone = &zones[page_zone(page)];
	unsigned long irq_flags;

	page_poison(page, order);
	irq_flags = spin_lock_irqsave(&zone->lock);
	put_block(zone, (u32)page_to_pfn(page), order);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
}

void __free_pages(struct page *page, unsigned int order)
{
	if (drop_reference(page, order))
		free_block(page, order);
}

void free_pages(unsigned long addr, unsigned int order)
{
	if (addr)
		__free_pages(virt_to_page((void *)addr), order);
}

void get_page(struct page *page)
{
	if (unlikely(page_state(page) < PAGE_USED || page->refcount == 0))
		bad_reference(page);
	__atomic_add_fetch(&page->refcount, 1, __ATOMIC_RELAXED);
}

void put_page(struct page *page)
{
	__free_pages(page, page_order(page));
}

void split_page(struct page *page, unsigned int order)
{
	u32 flags = PAGE_FLAGS(PAGE_USED, 0, page_zone(page));

	if (unlikely((page->flags & BLOCK_MASK) != PAGE_FLAGS(PAGE_USED, order, 0) ||
		     page->refcount != 1))
		panic("split_page(frame %#lx, order %u): state %s, order %u, %u references, "
		      "expected allocated with this order and one reference",
		      page_to_pfn(page), order, page_state_name(page_state(page)), page_order(page),
		      page->refcount);
	for (unsigned long i = 0; i < 1ul << order; i++) {
		page[i].flags = flags;
		page[i].refcount = 1;
	}
}
