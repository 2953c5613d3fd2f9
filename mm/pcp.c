/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <mm/buddy.h>
#include <mm/pcp.h>

/* Where a CPU's lists meet their zone: once for a batch, so out of line. The picture is in the header. */

DEFINE_PER_CPU(struct pcp_lists, pcp_lists);

void pcp_damaged(const struct page *page, unsigned int order)
{
	panic("a list of free blocks of CPU %u leads to frame %#lx: state %s, order %u, "
	      "expected a block of order %u that the CPU keeps",
	      smp_processor_id(), page_to_pfn(page), page_state_name(page_state(page)),
	      page_order(page), order);
}

unsigned int pcp_take_chain(enum zone_type type, unsigned int most, u32 *head)
{
	struct pcp_list *list = pcp_list(type, 0);
	const unsigned int nr = min(list->nr_hot, most);
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

static unsigned int nr_lists(void)
{
	unsigned int nr = 0;
	u32 cpu;

	for_each_cpu_with_data(cpu)
		nr++;
	return nr;
}

/*
 * CPUs keep at most 2 * batch pages of each order up to log2(batch), that is 12 * batch for the largest batch. All of
 * them together keep no more than a 16th of the zone so. It must not be more, as nobody else can have these pages.
 */
unsigned int pcp_batch(const struct zone *zone)
{
	unsigned long share = zone->managed_pages / (16 * 12 * nr_lists());
	unsigned long most = min(zone->managed_pages / 1024, PCP_BATCH_MOST);

	return (unsigned int)max(min(share, most), 1ul);
}

/* One block of a size of which there is less than a batch, unless one for each CPU is more than a 256th of the zone. */
static unsigned int batch_of(const struct zone *zone, unsigned int order)
{
	unsigned int batch = zone->pcp_batch >> order;

	if (batch)
		return batch;
	return (unsigned long)nr_lists() << order <= zone->managed_pages >> 8;
}

/* How many blocks a request may fetch at once, 0 to `most`. The zone is locked. */
static unsigned int may_fetch(const struct zone *zone, unsigned int order, unsigned long mark,
			      unsigned int most)
{
	unsigned long ordinary = max(mark, zone->watermark[WMARK_MIN]);
	unsigned long spare = 0;

	if (zone->free_pages < mark + (1ul << order))
		return 0;
	if (zone->free_pages > ordinary)
		spare = (zone->free_pages - ordinary) >> order;
	return (unsigned int)max(min(spare, (unsigned long)most), 1ul);
}

bool pcp_fill(struct zone *zone, struct pcp_list *list, unsigned int order, unsigned long mark)
{
	if (list->nr_cold) {
		list->hot = list->cold;
		list->nr_hot = list->nr_cold;
		list->nr_cold = 0;
		return true;
	}
	spin_lock(&zone->lock);
	list->nr_hot = buddy_take_list(
		zone, order, may_fetch(zone, order, mark, batch_of(zone, order)), &list->hot);
	spin_unlock(&zone->lock);
	return list->nr_hot;
}

/* Takes a block off a list that is on its way back to its zone. */
static u32 next_of(u32 pfn, unsigned int order)
{
	const struct page *page = pfn_to_page(pfn);

	pcp_check(page, order);
	return page->a;
}

/*
 * What was taken together is mostly given back together, and so lies side by side here, in rising or falling order:
 * such blocks go back as one range, which is merged once and not block by block. The zone is locked.
 */
static void put_back(struct zone *zone, u32 pfn, unsigned int nr, unsigned int order)
{
	const u32 size = 1u << order;

	while (nr) {
		u32 start = pfn, end = pfn + size, next = next_of(pfn, order);

		for (nr--; nr; nr--) {
			if (next == start - size)
				start = next;
			else if (next == end)
				end += size;
			else
				break;
			next = next_of(next, order);
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

	list->batch = (u16)batch_of(zone, order);
	if (!list->batch) {
		buddy_free(zone, page, order);
		return false;
	}
	if (list->nr_cold) {
		spin_lock(&zone->lock);
		put_back(zone, list->cold, list->nr_cold, order);
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
	put_back(zone, list->hot, list->nr_hot, order);
	put_back(zone, list->cold, list->nr_cold, order);
	spin_unlock(&zone->lock);
	list->nr_hot = list->nr_cold = 0;
}

void pcp_drain(void)
{
	for (struct zone *zone = zones; zone < zones + MAX_NR_ZONES; zone++)
		for (unsigned int order = 0; order < PCP_ORDERS; order++)
			drain_list(zone, pcp_list(zone->type, order), order);
}

unsigned long pcp_most(const struct zone *zone)
{
	unsigned long pages = 0;

	for (unsigned int order = 0; order < PCP_ORDERS; order++)
		pages += 2ul * batch_of(zone, order) << order;
	return pages;
}

unsigned long pcp_pages(u32 cpu, const struct zone *zone)
{
	const struct pcp_list *lists = per_cpu(pcp_lists, cpu).list[zone->type];
	unsigned long pages = 0;

	for (unsigned int order = 0; order < PCP_ORDERS; order++)
		pages += (unsigned long)(READ_ONCE(lists[order].nr_hot) +
					 READ_ONCE(lists[order].nr_cold))
			 << order;
	return pages;
}

/* --- sums of what is free ----------------------------------------------------------------------- */

unsigned long zone_free_pages(const struct zone *zone)
{
	unsigned long pages = zone->free_pages;
	u32 cpu;

	for_each_cpu_with_data(cpu)
		pages += pcp_pages(cpu, zone);
	return pages;
}

unsigned long nr_free_pages(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		sum += zone_free_pages(&zones[i]);
	return sum;
}
