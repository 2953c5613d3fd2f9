/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/buddy.h>
#include <mm/pcp.h>

/*
 * Per-CPU page lists: free blocks that a CPU caches, between the requests and the zones.
 *
 * To take a page from a zone a CPU needs the zone's lock, and may have to split a block of 4 MiB
 * in ten steps. But most requests are for one page or a few, and most freed pages are soon
 * allocated again. So each CPU caches free blocks of orders 0 to 7. (Jeff Bonwick and Jonathan
 * Adams call such a list a magazine: "Magazines and Vmem", USENIX 2001.)
 *
 * For each zone and order a CPU has a pair of lists, hot and cold, of at most one batch each:
 *
 *	allocate ◀── hot ◀── free      newest block first: its bytes may still be in the data cache
 *	             ▲ ⇅
 *	             │ cold            a whole list, when hot is empty or full; no lock
 *	             │  ▼
 *	            zone               up to a batch, under the zone's lock
 *
 * - Allocating takes the first block of hot. If hot is empty, cold becomes hot. If cold is empty
 *   too, the CPU fetches up to a batch from the zone into hot.
 * - Freeing puts the block in front of hot. If hot is full, cold returns to the zone, hot becomes
 *   cold, and the block begins a new hot list.
 *
 * A batch is 32 pages: 32 blocks of order 0, 16 of order 1, ... 1 of order 5. Of orders 6 and 7 it
 * is one block. In a small zone, or with many CPUs, a batch is smaller, and large blocks are not
 * cached at all.
 *
 * With a batch of 32 blocks at most one of 32 operations takes the zone's lock, in whatever order
 * the CPU allocates and frees. (But near its watermark a zone gives less than a batch.) And the
 * zone gets those blocks back that were unused for the longest time. One list is not enough: when
 * it is full except for one block, a caller that frees two blocks and allocates two would return
 * the list to the zone and fetch a new one, again and again.
 *
 * Invariant: only the CPU itself changes its lists, and only with interrupts off, which also keeps
 * the thread on its CPU. So the lists need no lock and no atomic instruction (x86: LOCK prefix).
 * Other CPUs only read the counts, for reports and for an estimate in vmalloc(), and the flags of a
 * cached block whose buddy they free. They do not find PAGE_FREE there: that state is written under
 * the zone's lock only.
 *
 * A block in a list is PAGE_CACHED, has no reference, and is not counted in the zone's free_pages.
 * So taking it cannot bring free_pages below a watermark: pcp_take() looks at no watermark, only
 * refill() does. (The page allocator also looks at a watermark before it calls this file: if the
 * zone is a second choice and below its mark, the request takes no block of it, not even a cached
 * one.)
 *
 * Price: no other CPU can allocate what this CPU caches. Therefore all CPUs together cache a small
 * part of a zone only: see "how much a CPU caches" below. And if a request finds nothing, its own
 * CPU returns what it caches, and the request tries again. If it may wait, all CPUs that cache any
 * pages do, by an interrupt (drain_all_pages()): before reclaim looks at its first page, but at
 * most ten times a second, and once more when reclaim was in vain. Without the limit, CPUs that
 * allocate under pressure interrupt each other all the time, for a few pages each.
 */

DEFINE_PER_CPU(struct pcp_lists, pcp_lists);

void pcp_damaged(const struct page *page, unsigned int order)
{
	panic("a list of free blocks of CPU %u leads to frame %#lx: state %s, order %u, "
	      "expected a block of order %u that the CPU has cached",
	      smp_processor_id(), page_to_pfn(page), page_state_name(page_state(page)),
	      page_order(page), order);
}

/* --- how much a CPU caches -------------------------------------------------------------------- */

/*
 * Two rules limit what all CPUs together cache of a zone. Each is a share of the zone's pages:
 *
 * 1. Orders whose blocks are not larger than the zone's batch: at most 1/16 in all their lists. A
 *    CPU has up to 12 of them, so a batch is at most 1/192 of the zone, divided by the number of
 *    CPUs. (It is at least one page, so a zone with few pages for each CPU may exceed the 1/16.)
 * 2. A larger order has one block in each list. It is cached only if one such block for each CPU is
 *    together at most 1/256 of the zone. So the two lists of the largest order have at most 2/256,
 *    those of the next smaller order half of that, and so on: all together at most 1/64.
 *
 * Together that is less than 1/8.
 */

/* Orders 0 to 5: their blocks have at most PCP_BATCH_MAX pages. */
#define BATCH_ORDERS 6u
_Static_assert(1u << (BATCH_ORDERS - 1) == PCP_BATCH_MAX,
	       "a block of the largest of these orders is a whole batch");

/* Hot and cold. */
#define LISTS_PER_ORDER 2u

/* The shares of the two rules. */
#define CACHED_SHARE      16u
#define LARGE_BLOCK_SHARE 256u

/* One batch is at most 1/1024 of a zone, however few CPUs there are. */
#define BATCH_SHARE 1024u

static unsigned int nr_cpus_with_lists(void)
{
	unsigned int nr = 0;
	u32 cpu;

	for_each_cpu_with_data(cpu)
		nr++;
	return nr;
}

unsigned int pcp_batch(const struct zone *zone)
{
	unsigned int batches = LISTS_PER_ORDER * BATCH_ORDERS * nr_cpus_with_lists();
	unsigned long share = zone->managed_pages / (CACHED_SHARE * batches);
	unsigned long limit = min(zone->managed_pages / BATCH_SHARE, PCP_BATCH_MAX);

	return (unsigned int)max(min(share, limit), 1ul);
}

/*
 * Limit of each list of a pair, in blocks; 0 if blocks of this order are not cached.
 * zone_limits_update() sets zone->pcp_batch when the memory changes. At boot, free_initmem() is the
 * last to call it, after all CPUs have got their per-CPU data.
 */
static unsigned int list_limit(const struct zone *zone, unsigned int order)
{
	unsigned int limit = zone->pcp_batch >> order;

	if (limit)
		return limit;
	return (unsigned long)nr_cpus_with_lists() << order <=
	       zone->managed_pages / LARGE_BLOCK_SHARE;
}

unsigned long pcp_high(const struct zone *zone)
{
	unsigned long pages = 0;

	for (unsigned int order = 0; order < PCP_ORDERS; order++)
		pages += (unsigned long)LISTS_PER_ORDER * list_limit(zone, order) << order;
	return pages;
}

/*
 * The length of a hot list of any CPU. For a moment it is ~0, while that CPU finds the list empty
 * (pcp_take()).
 */
static unsigned int nr_hot_of(const struct pcp_list *list)
{
	u32 nr = READ_ONCE(list->nr_hot);

	return nr == ~0u ? 0 : nr;
}

unsigned long pcp_pages(u32 cpu, const struct zone *zone)
{
	const struct pcp_list *lists = per_cpu(pcp_lists, cpu).list[zone->type];
	unsigned long pages = 0;

	for (unsigned int order = 0; order < PCP_ORDERS; order++)
		pages += (unsigned long)(nr_hot_of(&lists[order]) + READ_ONCE(lists[order].nr_cold))
			 << order;
	return pages;
}

/* --- allocating ------------------------------------------------------------------------------- */

/*
 * How many blocks to fetch: 0 if the request would take the zone below its watermark `mark`, else 1
 * to `limit`. (If the order is not cached, `limit` is 0. The request still gets its one block.) The
 * request itself may take the zone down to `mark`. Further blocks are taken only while at least
 * `mark` and at least WMARK_MIN pages stay free. So an urgent request (__GFP_HIGH) takes one block
 * of the reserve below WMARK_MIN, not a batch. The zone is locked.
 */
static unsigned int refill_size(const struct zone *zone, unsigned int order, unsigned long mark,
				unsigned int limit)
{
	unsigned long ordinary = max(mark, zone->watermark[WMARK_MIN]);
	unsigned long spare = 0;

	if (zone->free_pages < mark + (1ul << order))
		return 0;
	if (zone->free_pages > ordinary)
		spare = (zone->free_pages - ordinary) >> order;
	return (unsigned int)max(min(spare, (unsigned long)limit), 1ul);
}

/* Makes cold hot, or fetches blocks into hot, which is empty. Returns false if there are none. */
static bool refill(struct zone *zone, struct pcp_list *list, unsigned int order, unsigned long mark)
{
	if (list->nr_cold) {
		list->hot = list->cold;
		list->nr_hot = list->nr_cold;
		list->nr_cold = 0;
		return true;
	}
	spin_lock(&zone->lock);
	list->nr_hot = buddy_take_list(
		zone, order, refill_size(zone, order, mark, list_limit(zone, order)), &list->hot);
	spin_unlock(&zone->lock);
	return list->nr_hot;
}

struct page *pcp_alloc(struct zone *zone, unsigned int order, unsigned long mark)
{
	unsigned long irq_flags = local_irq_save();
	struct pcp_list *list = pcp_list(zone->type, order);
	struct page *page = NULL;

	if (list->nr_hot || refill(zone, list, order, mark))
		pcp_take(zone->type, order, &page);
	local_irq_restore(irq_flags);
	return page;
}

unsigned int pcp_take_chain(enum zone_type type, unsigned int limit, u32 *head)
{
	struct pcp_list *list = pcp_list(type, 0);
	const unsigned int nr = min(list->nr_hot, limit);
	u32 pfn = list->hot, first = *head;

	for (unsigned int i = nr; i; i--) {
		struct page *page = pfn_to_page(pfn);
		u32 next = page->a;

		pcp_check(page, 0);
		page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(PAGE_CACHED, 0, 0);
		page->refcount = 1;
		page->a = first;
		first = pfn;
		pfn = next;
	}
	*head = first;
	list->hot = pfn;
	list->nr_hot -= nr;
	return nr;
}

/* --- freeing ---------------------------------------------------------------------------------- */

/* The block that follows `pfn` in a list, after a check that `pfn` is a cached block. */
static u32 next_block(u32 pfn, unsigned int order)
{
	const struct page *page = pfn_to_page(pfn);

	pcp_check(page, order);
	return page->a;
}

/*
 * Returns `nr` blocks, from `pfn` on, to their zone, which is locked. Blocks that were allocated
 * together are mostly freed together, so neighbours in the list are often neighbours in memory,
 * in rising or falling order. buddy_put_range() cuts such a run into the largest aligned blocks,
 * and coalesces each of these once. That is cheaper than to coalesce block by block.
 */
static void return_blocks(struct zone *zone, u32 pfn, unsigned int nr, unsigned int order)
{
	const u32 size = 1u << order;

	while (nr) {
		u32 start = pfn, end = pfn + size, next = next_block(pfn, order);

		for (nr--; nr; nr--) {
			if (next == start - size)
				start = next;
			else if (next == end)
				end += size;
			else
				break;
			next = next_block(next, order);
		}
		buddy_put_range(zone, start, end, order);
		pfn = next;
	}
}

bool pcp_make_room(struct page *page, unsigned int order)
{
	enum zone_type type = page_zone(page);
	struct pcp_list *list = pcp_list(type, order);
	struct zone *zone = &zones[type];

	list->batch = (u16)list_limit(zone, order);
	if (!list->batch) {
		buddy_free(zone, page, order);
		return false;
	}
	if (list->nr_cold) {
		spin_lock(&zone->lock);
		return_blocks(zone, list->cold, list->nr_cold, order);
		spin_unlock(&zone->lock);
	}
	list->cold = list->hot;
	list->nr_cold = (u16)list->nr_hot;
	list->nr_hot = 0;
	return true;
}

static void drain_list(struct zone *zone, struct pcp_list *list, unsigned int order)
{
	if (!list->nr_hot && !list->nr_cold)
		return;
	spin_lock(&zone->lock);
	return_blocks(zone, list->hot, list->nr_hot, order);
	return_blocks(zone, list->cold, list->nr_cold, order);
	spin_unlock(&zone->lock);
	list->nr_hot = list->nr_cold = 0;
}

void pcp_drain(void)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++)
		for (unsigned int order = 0; order < PCP_ORDERS; order++)
			drain_list(zone, pcp_list(zone->type, order), order);
}

/* --- sums of free pages, with what CPUs cache ------------------------------------------------- */

unsigned long zone_free_pages(const struct zone *zone)
{
	unsigned long pages = zone->free_pages;
	u32 cpu;

	for_each_cpu_with_data(cpu)
		pages += pcp_pages(cpu, zone);
	return pages;
}

unsigned long nr_free_highpages(void)
{
	return zone_free_pages(&zones[ZONE_DMA32]) + zone_free_pages(&zones[ZONE_HIGHMEM]);
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		sum += zone_free_pages(&zones[i]);
	return sum;
}
