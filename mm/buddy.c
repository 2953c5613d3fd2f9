/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/buddy.h>
#include <mm/page_debug.h>

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
 * newest first: what was freed last is still in the cache. The b of the first means nothing, so to take
 * that one does not touch the second.
 *
 * Invariant (page_alloc_check() looks for it): of each block only the first frame tells what it is,
 * all others are PAGE_TAIL; no two buddies of the same order are both free. So the lists depend on
 * what is allocated only, not on how it came about, apart from their order.
 *
 * Price: an order-0 pair that has to split a block of 4 MiB and puts it together again does each
 * list operation ten times; the larger the order, the cheaper. No frame but the first ones of
 * blocks is touched.
 */

/* --- the lists; the zone is locked -------------------------------------------------------------- */

static noinline void __noreturn damaged_list(const struct zone *zone, unsigned int order, u32 pfn)
{
	panic("free list of zone %s, order %u, leads to frame %#x: state %s, order %u, "
	      "expected a free block of this order",
	      zone->name, order, pfn, page_state_name(page_state(pfn_to_page(pfn))),
	      page_order(pfn_to_page(pfn)));
}

static inline u32 free_flags(const struct zone *zone, unsigned int order)
{
	return PAGE_FLAGS(PAGE_FREE, order, zone->type);
}

/* `page` is the descriptor of `pfn`, and `flags` what free_flags() says: callers know both. */
static inline void area_add(struct zone *zone, u32 pfn, struct page *page, u32 flags,
			    unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	u32 next = area->head;

	page->flags = flags;
	page->a = next;
	area->head = pfn;
	area->nr_free++;
	if (next != PFN_NONE)
		pfn_to_page(next)->b = pfn;
}

static inline void area_del(struct zone *zone, u32 pfn, const struct page *page, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	u32 next = page->a, previous = page->b;

	area->nr_free--;
	if (area->head == pfn) {
		area->head = next;
		return;
	}
	pfn_to_page(previous)->a = next;
	if (next != PFN_NONE)
		pfn_to_page(next)->b = previous;
}

/* --- blocks; the zone is locked ----------------------------------------------------------------- */

/* The smallest order from `order` on of which there is a free block; more than MAX_ORDER: none. */
static inline unsigned int smallest_free(const struct zone *zone, unsigned int order)
{
	while (order <= MAX_ORDER && zone->free_area[order].head == PFN_NONE)
		order++;
	return order;
}

/* The first free block of an order, out of its list. */
static inline u32 take_first(struct zone *zone, unsigned int order)
{
	struct free_area *area = &zone->free_area[order];
	u32 pfn = area->head;
	const struct page *page = pfn_to_page(pfn);

	if (unlikely(page->flags != free_flags(zone, order)))
		damaged_list(zone, order, pfn);
	area->head = page->a;
	area->nr_free--;
	return pfn;
}

_Static_assert(PAGE_ORDER_SHIFT == 0, "the flags of the next order are one more");

/*
 * Makes a block of order `order` of the one of order `have` at `pfn`. Its upper half becomes free, and that of what
 * remains, and so on.
 */
static inline void split(struct zone *zone, u32 pfn, unsigned int have, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);
	u32 flags = free_flags(zone, have), half = 1u << have;

	while (have > order) {
		have--;
		half >>= 1;
		flags--; /* the order is in the lowest bits */
		area_add(zone, pfn + half, page + half, flags, have);
	}
	page->flags = flags;
}

/* Where the list of an order is empty: part of a larger block; PFN_NONE if there is none. */
static noinline u32 take_part(struct zone *zone, unsigned int order)
{
	unsigned int have = smallest_free(zone, order + 1);
	u32 pfn;

	if (have > MAX_ORDER)
		return PFN_NONE;
	pfn = take_first(zone, have);
	split(zone, pfn, have, order);
	return pfn;
}

static inline struct page *take(struct zone *zone, unsigned int order)
{
	struct page *page;
	u32 pfn;

	if (zone->free_area[order].head != PFN_NONE)
		pfn = take_first(zone, order);
	else
		pfn = take_part(zone, order);
	if (pfn == PFN_NONE)
		return NULL;
	page = pfn_to_page(pfn);
	page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(PAGE_FREE, 0, 0);
	page->refcount = 1;
	zone->free_pages -= 1ul << order;
	return page;
}

struct page *buddy_alloc(struct zone *zone, unsigned int order, unsigned long mark)
{
	struct page *page = NULL;
	unsigned long irq_flags = spin_lock_irqsave(&zone->lock);

	if (zone->free_pages >= mark + (1ul << order))
		page = take(zone, order);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
	return page;
}

/* Makes blocks of `order` of the one of order `have` at `pfn`, and puts them on a list. */
static void cut_block(const struct zone *zone, u32 pfn, unsigned int have, unsigned int order,
		      u32 *head)
{
	const u32 flags = PAGE_FLAGS(PAGE_CACHED, order, zone->type);

	for (u32 at = 1u << have; at > 0;) {
		struct page *page;

		at -= 1u << order;
		page = pfn_to_page(pfn + at);
		page->flags = flags;
		page->a = *head;
		*head = pfn + at;
	}
}

unsigned int buddy_take_list(struct zone *zone, unsigned int order, unsigned int nr, u32 *head)
{
	unsigned int got = 0;

	while (got < nr) {
		unsigned int have = smallest_free(zone, order), want;
		u32 pfn;

		if (have > MAX_ORDER)
			break;
		pfn = take_first(zone, have);
		for (want = have; 1u << (want - order) > nr - got;)
			want--;
		split(zone, pfn, have, want);
		have = want;
		cut_block(zone, pfn, have, order, head);
		got += 1u << (have - order);
	}
	zone->free_pages -= (unsigned long)got << order;
	return got;
}

/* Puts a block into the lists, merged with as much as possible. */
static noinline void put(struct zone *zone, u32 pfn, unsigned int order)
{
	const u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, zone->type);
	const u32 end = (u32)max_pfn;
	u32 flags = free_flags(zone, order), size = 1u << order;

	for (; order < MAX_ORDER; order++, size <<= 1, flags++) {
		u32 buddy = pfn ^ size;
		struct page *other = pfn_to_page(buddy);

		if (buddy >= end || other->flags != flags)
			break;
		area_del(zone, buddy, other, order);
		/* The upper one is now inside of a block. */
		pfn_to_page(pfn | size)->flags = tail;
		pfn &= buddy;
	}
	area_add(zone, pfn, pfn_to_page(pfn), flags, order);
}

void buddy_free(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long irq_flags = spin_lock_irqsave(&zone->lock);
	u32 pfn = (u32)page_to_pfn(page);

	zone->free_pages += 1ul << order;
	if (order < MAX_ORDER)
		put(zone, pfn, order);
	else /* has no buddy */
		area_add(zone, pfn, page, free_flags(zone, MAX_ORDER), MAX_ORDER);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
}

void buddy_put_range(struct zone *zone, u32 pfn, u32 end, unsigned int order)
{
	const u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, zone->type);

	zone->free_pages += end - pfn;
	while (pfn < end) {
		unsigned int large = order;
		u32 next = pfn + (1u << order);

		/* As large as alignment and end allow. */
		while (large < MAX_ORDER && !(pfn >> large & 1) && pfn + (2u << large) <= end)
			large++;
		for (; next < pfn + (1u << large); next += 1u << order)
			pfn_to_page(next)->flags = tail;
		put(zone, pfn, large);
		pfn = next;
	}
}

/* --- at boot ------------------------------------------------------------------------------------ */

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
	page_debug_free(first, order);
	irq_flags = spin_lock_irqsave(&zone->lock);
	mark_tails(first, 1ul << order, PAGE_FLAGS(PAGE_TAIL, 0, zone->type));
	zone->managed_pages += 1ul << order;
	zone->free_pages += 1ul << order;
	put(zone, (u32)pfn, order);
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
