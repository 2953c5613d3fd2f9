/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/buddy.h>
#include <mm/page_debug.h>

/*
 * A binary buddy system in each zone (Kenneth Knowlton, "A fast storage allocator", CACM 1965).
 *
 * A zone must give out blocks of 1, 2, 4 ... 1024 frames, and small blocks that are freed must
 * become large ones again. So a block of order n has 2^n frames and begins at a multiple of 2^n.
 * Each block then has exactly one neighbour, its buddy, with which it forms a block of order n+1.
 * The number of the buddy differs in bit n only:
 *
 *	frame     0   1   2   3   4   5   6   7
 *	order 0   A  (A^1)        E  (E^1)
 *	order 1   └──B──┘ └─B^2─┘
 *	order 2   └──────C──────┘ └─────C^4─────┘
 *
 * - Allocating takes the smallest free block that is large enough. While half of it suffices, the
 *   upper half becomes a free block.
 * - Freeing coalesces: while the buddy is a free block of the same order, the two become one
 *   block of the next order.
 *
 * One comparison finds out whether the buddy is such a block: its flags word must be exactly that
 * of a free block of this order in this zone. A hole, a reserved frame, a frame in use, a frame
 * inside a block and a frame of the next zone all have other flags. So no block grows over any of
 * them.
 *
 * The free blocks of an order form a list: word a of a first frame is the number of the next
 * block, word b that of the previous one. The newest block is first, since its memory may still
 * be in a CPU's cache. Word b of the first block has no meaning, so removing that block does not
 * touch the second.
 *
 * Invariant (page_alloc_check() tests it): only the first frame of a block tells what it is, all
 * others are PAGE_TAIL. No two buddies of one order are both free. So the blocks in the lists
 * depend only on which frames are free, not on how they became free.
 *
 * Price: allocating one frame out of a block of 4 MiB splits ten times, and freeing it coalesces
 * ten times. The per-CPU lists (mm/pcp.c) make that rare. Only the first frames of blocks are
 * touched.
 */

/* --- free lists; the zone is locked ----------------------------------------------------------- */

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

/*
 * Callers know `page`, the descriptor of `pfn`, and `flags`, the result of free_flags(): passing
 * them is cheaper than computing them again.
 */
static inline void add_to_list(struct zone *zone, u32 pfn, struct page *page, u32 flags,
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

static inline void remove_from_list(struct zone *zone, u32 pfn, const struct page *page,
				    unsigned int order)
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

static inline u32 remove_first(struct zone *zone, unsigned int order)
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

/* --- allocating ------------------------------------------------------------------------------- */

/* The smallest order, from `order` on, that has a free block; more than MAX_ORDER if none has. */
static inline unsigned int smallest_free(const struct zone *zone, unsigned int order)
{
	while (order <= MAX_ORDER && zone->free_area[order].head == PFN_NONE)
		order++;
	return order;
}

_Static_assert(PAGE_ORDER_SHIFT == 0, "flags + 1 are the flags of the next order");

/*
 * Splits the block of order `have` at `pfn` until a block of order `order` remains there. The upper
 * half of each split becomes a free block.
 */
static inline void split(struct zone *zone, u32 pfn, unsigned int have, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);
	u32 flags = free_flags(zone, have), half = 1u << have;

	while (have > order) {
		have--;
		half >>= 1;
		flags--;
		add_to_list(zone, pfn + half, page + half, flags, have);
	}
	page->flags = flags;
}

/* Part of a larger block, or PFN_NONE. Called when the list of `order` is empty. */
static noinline u32 split_larger(struct zone *zone, unsigned int order)
{
	unsigned int have = smallest_free(zone, order + 1);
	u32 pfn;

	if (have > MAX_ORDER)
		return PFN_NONE;
	pfn = remove_first(zone, have);
	split(zone, pfn, have, order);
	return pfn;
}

static inline struct page *take_block(struct zone *zone, unsigned int order)
{
	struct page *page;
	u32 pfn;

	if (zone->free_area[order].head != PFN_NONE)
		pfn = remove_first(zone, order);
	else
		pfn = split_larger(zone, order);
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
		page = take_block(zone, order);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
	return page;
}

/*
 * Cuts the memory from frame `pfn` to `end` into blocks of `order`, and links them behind each
 * other. `link` is where the number of the first one belongs; returns where that of the next block
 * belongs.
 */
static u32 *cut_range(const struct zone *zone, u32 pfn, u32 end, unsigned int order, u32 *link)
{
	const u32 flags = PAGE_FLAGS(PAGE_CACHED, order, zone->type);

	for (; pfn < end; pfn += 1u << order) {
		struct page *page = pfn_to_page(pfn);

		page->flags = flags;
		*link = pfn;
		link = &page->a;
	}
	return link;
}

/*
 * Makes free blocks of the rest of a block that begins at frame `pfn` and ends before `end`. The
 * frames before it in the block are in use, so each part is as large as its place allows.
 */
static void put_rest(struct zone *zone, u32 pfn, u32 end)
{
	while (pfn < end) {
		unsigned int order = (unsigned int)__builtin_ctz(pfn);

		add_to_list(zone, pfn, pfn_to_page(pfn), free_flags(zone, order), order);
		pfn += 1u << order;
	}
}

unsigned int buddy_take_list(struct zone *zone, unsigned int order, unsigned int nr, u32 *head)
{
	const u32 behind = *head;
	unsigned int got = 0;

	while (got < nr) {
		unsigned int have = smallest_free(zone, order), want = have, part;
		u32 pfn, end;

		if (have > MAX_ORDER)
			break;
		pfn = remove_first(zone, have);
		/* The smallest part of it that has all that is missing. */
		while (want > order && 1u << (want - order) >= 2 * (nr - got))
			want--;
		split(zone, pfn, have, want);
		part = min(nr - got, 1u << (want - order));
		end = pfn + (part << order);
		put_rest(zone, end, pfn + (1u << want));
		head = cut_range(zone, pfn, end, order, head);
		got += part;
	}
	*head = behind;
	zone->free_pages -= (unsigned long)got << order;
	return got;
}

/* --- freeing ---------------------------------------------------------------------------------- */

/*
 * Coalesces a block with its free buddies, and puts the result into its list. The zone is locked.
 */
static noinline void coalesce(struct zone *zone, u32 pfn, unsigned int order)
{
	const u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, zone->type);
	const u32 end = (u32)max_pfn;
	u32 flags = free_flags(zone, order), size = 1u << order;

	for (; order < MAX_ORDER; order++, size <<= 1, flags++) {
		u32 buddy = pfn ^ size;
		struct page *other = pfn_to_page(buddy);

		if (buddy >= end || other->flags != flags)
			break;
		remove_from_list(zone, buddy, other, order);
		/* The first frame of the upper buddy is inside of the larger block now. */
		pfn_to_page(pfn | size)->flags = tail;
		pfn &= buddy;
	}
	add_to_list(zone, pfn, pfn_to_page(pfn), flags, order);
}

void buddy_free(struct zone *zone, struct page *page, unsigned int order)
{
	unsigned long irq_flags = spin_lock_irqsave(&zone->lock);
	u32 pfn = (u32)page_to_pfn(page);

	zone->free_pages += 1ul << order;
	if (order < MAX_ORDER)
		coalesce(zone, pfn, order);
	else /* The largest order has no buddies. */
		add_to_list(zone, pfn, page, free_flags(zone, MAX_ORDER), MAX_ORDER);
	spin_unlock_irqrestore(&zone->lock, irq_flags);
}

void buddy_put_range(struct zone *zone, u32 pfn, u32 end, unsigned int order)
{
	const u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, zone->type);

	zone->free_pages += end - pfn;
	while (pfn < end) {
		unsigned int large = order;
		u32 next = pfn + (1u << order);

		/* The largest block that begins here and ends within the range. */
		while (large < MAX_ORDER && !(pfn >> large & 1) && pfn + (2u << large) <= end)
			large++;
		for (; next < pfn + (1u << large); next += 1u << order)
			pfn_to_page(next)->flags = tail;
		coalesce(zone, pfn, large);
		pfn = next;
	}
}

/* --- frames that the allocator gets ----------------------------------------------------------- */

/* Unrolled: at boot this loop touches each frame of RAM once. */
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

/* Order of the largest block that ends at `end` and does not begin before `start`. */
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
	coalesce(zone, (u32)pfn, order);
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
