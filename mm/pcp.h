/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <mm/mmzone.h>

/*
 * What each CPU keeps for itself: free blocks of the small orders, which it gives out and takes back
 * without a lock. For each zone and order there are two lists of up to `batch` blocks:
 *
 *	alloc ◀── hot ◀── free         newest first: still in the CPU's cache
 *	           ⇅
 *	          cold ◀──▶ zone       all or nothing, under the zone's lock
 *
 * Where hot is full, cold goes back to the zone and hot becomes cold; where hot is empty, cold becomes hot,
 * or a batch comes from the zone. So it takes a batch of allocations or frees in a row between two visits
 * to the zone, and what goes back is what was not used for longest.
 *
 * All functions here need interrupts off: that keeps the thread on its CPU, and interrupt handlers out. Only
 * the CPU itself touches its lists; others have it called (drain_all_pages()).
 */

/* Orders 0 to PCP_ORDERS - 1 have lists. */
#define PCP_ORDERS 4

/**
 * struct pcp_list - blocks of one zone and order
 * @hot: frame number of the first, whose word a leads to the next
 * @cold: the same; all of these are older
 * @nr_hot: blocks in @hot
 * @nr_cold: blocks in @cold
 * @batch: how many @hot may have; 0 until the first visit to the zone
 */
struct pcp_list {
	u32 hot, cold;
	u16 nr_hot, nr_cold, batch;
};

struct pcp_lists {
	struct pcp_list list[MAX_NR_ZONES][PCP_ORDERS];
};

DECLARE_PER_CPU(struct pcp_lists, pcp_lists);

/* This CPU's list. */
static inline struct pcp_list *pcp_list(enum zone_type type, unsigned int order)
{
	return &this_cpu_ptr(pcp_lists)->list[type][order];
}

/**
 * pcp_damaged() - panic: what a list leads to is no block that is kept there
 * @page: where it leads
 * @order: what it should be
 */
void pcp_damaged(const struct page *page, unsigned int order) __noreturn;

/**
 * pcp_take() - take the newest block
 * @list: of this CPU
 * @order: its order
 *
 * Return: the block, PAGE_USED with one reference; NULL if hot is empty.
 */
static inline struct page *pcp_take(struct pcp_list *list, unsigned int order)
{
	const u32 kind = PAGE_FLAGS(PAGE_CACHED, order, 0);
	struct page *page;

	if (unlikely(list->nr_hot == 0))
		return NULL;
	page = pfn_to_page(list->hot);
	if (unlikely((page->flags & PAGE_KIND_MASK) != kind))
		pcp_damaged(page, order);
	list->hot = page->a;
	list->nr_hot--;
	page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(PAGE_CACHED, 0, 0);
	page->refcount = 1;
	return page;
}

/**
 * pcp_fill() - have something in hot, which is empty
 * @zone: of the list
 * @list: of this CPU
 * @order: its order
 * @mark: free pages that have to stay in the zone
 *
 * Beyond the first block a batch takes only what an ordinary request might.
 * Return: false if there is nothing that may be taken.
 */
bool pcp_fill(struct zone *zone, struct pcp_list *list, unsigned int order, unsigned long mark);

/**
 * pcp_make_room() - have room in hot, which is full
 * @zone: of the list
 * @list: of this CPU
 * @order: its order
 */
void pcp_make_room(struct zone *zone, struct pcp_list *list, unsigned int order);

/**
 * pcp_put() - keep a block that nobody uses any more
 * @zone: its zone
 * @page: its first frame, without references
 * @order: its order, less than PCP_ORDERS
 */
static inline void pcp_put(struct zone *zone, struct page *page, unsigned int order)
{
	struct pcp_list *list = pcp_list(zone->type, order);

	if (unlikely(list->nr_hot >= list->batch))
		pcp_make_room(zone, list, order);
	page->flags = PAGE_FLAGS(PAGE_CACHED, order, zone->type);
	page->a = list->hot;
	list->hot = (u32)page_to_pfn(page);
	list->nr_hot++;
}

/**
 * pcp_drain() - give all that this CPU keeps back to the zones
 */
void pcp_drain(void);

/**
 * pcp_pages() - pages that a CPU keeps
 * @cpu: its number; it has per-CPU data
 * @zone: of which zone
 *
 * Context: any. A snapshot.
 */
unsigned long pcp_pages(u32 cpu, const struct zone *zone);
