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
 * A batch is 32 pages' worth of small blocks, or one larger block; none of a size that a zone can ill spare to each
 * CPU. Where hot is full, cold goes back to the zone and hot becomes cold; where hot is empty, cold becomes hot,
 * or a batch comes from the zone. So it takes a batch of allocations or frees in a row between two visits
 * to the zone, and what goes back is what was not used for longest.
 *
 * All functions here need interrupts off: that keeps the thread on its CPU, and interrupt handlers out. Only
 * the CPU itself touches its lists; others have it called (drain_all_pages()).
 */

/* Single pages that a CPU gets, or gives back, at once: at most. */
#define PCP_BATCH_MOST 32ul

/* Orders 0 to PCP_ORDERS - 1 have lists: up to 512 KiB. */
#define PCP_ORDERS 8

/**
 * struct pcp_list - blocks of one zone and order
 * @hot: frame number of the first, whose word a leads to the next
 * @cold: the same; all of these are older
 * @nr_hot: blocks in @hot
 * @nr_cold: blocks in @cold
 * @batch: how many @hot may have; 0 until it has been full, and where no such block is kept
 */
struct pcp_list {
	u32 hot, cold;
	u32 nr_hot;
	u16 nr_cold, batch;
};

struct pcp_lists {
	struct pcp_list list[MAX_NR_ZONES][PCP_ORDERS];
};

DECLARE_PER_CPU(struct pcp_lists, pcp_lists);

/* This CPU's list, at an address that all of it can be reached by. */
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

/* Of each block that comes off a list. */
static inline void pcp_check(const struct page *page, unsigned int order)
{
	if (unlikely((page->flags & PAGE_KIND_MASK) != PAGE_FLAGS(PAGE_CACHED, order, 0)))
		pcp_damaged(page, order);
}

/* What is done most goes to the list of a zone and order itself, as to any per-CPU variable. */
#define this_pcp(type, order, member) this_cpu(pcp_lists.list[type][order].member)

/**
 * pcp_take() - take the newest block
 * @type: of its zone
 * @order: its order
 * @taken: set to the block, PAGE_USED with one reference
 *
 * Return: false if hot is empty.
 */
static inline bool pcp_take(enum zone_type type, unsigned int order, struct page **taken)
{
	struct page *page;

	if (unlikely(this_cpu_dec_borrows(pcp_lists.list[type][order].nr_hot))) {
		this_pcp(type, order, nr_hot) = 0;
		return false;
	}
	page = pfn_to_page(this_pcp(type, order, hot));
	pcp_check(page, order);
	this_pcp(type, order, hot) = page->a;
	page->flags += PAGE_FLAGS(PAGE_USED, 0, 0) - PAGE_FLAGS(PAGE_CACHED, 0, 0);
	page->refcount = 1;
	*taken = page;
	return true;
}

/**
 * pcp_take_chain() - take the newest single pages
 * @type: of their zone
 * @most: how many, at most
 * @head: first of a chain through word a, PFN_NONE for none; the pages are put before it, each PAGE_USED with
 *        one reference
 *
 * Return: how many were taken: fewer if hot has fewer.
 */
unsigned int pcp_take_chain(enum zone_type type, unsigned int most, u32 *head);

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
 * pcp_make_room() - have room in hot, which is full, for a block that nobody uses any more
 * @page: as for pcp_put()
 * @order: its order
 *
 * Return: false if blocks of that order are too large for the zone to be kept: it has gone there.
 */
bool pcp_make_room(struct page *page, unsigned int order);

/**
 * pcp_put() - keep a block that nobody uses any more
 * @page: its first frame: PAGE_USED, not compound, without references
 * @order: its order, less than PCP_ORDERS
 */
static inline void pcp_put(struct page *page, unsigned int order)
{
	enum zone_type type = page_zone(page);

	if (unlikely(this_pcp(type, order, nr_hot) >= this_pcp(type, order, batch)) &&
	    !pcp_make_room(page, order))
		return;
	/* Whatever else stands there was the user's. */
	page->flags = PAGE_FLAGS(PAGE_CACHED, order, type);
	page->a = this_pcp(type, order, hot);
	this_pcp(type, order, hot) = (u32)page_to_pfn(page);
	this_cpu_add(pcp_lists.list[type][order].nr_hot, 1);
}

/**
 * pcp_drain() - give all that this CPU keeps back to the zones
 */
void pcp_drain(void);

/**
 * pcp_batch() - single pages that a CPU should get, or give back, at once
 * @zone: its @managed_pages are known
 *
 * The fewer pages the zone has for each CPU, the fewer.
 * Context: any.
 * Return: 1 to PCP_BATCH_MOST.
 */
unsigned int pcp_batch(const struct zone *zone);

/**
 * pcp_most() - pages of a zone that a CPU keeps at most
 * @zone: any
 *
 * Context: any. It becomes less with each CPU that starts.
 */
unsigned long pcp_most(const struct zone *zone);

/**
 * pcp_pages() - pages that a CPU keeps
 * @cpu: its number; it has per-CPU data
 * @zone: of which zone
 *
 * Context: any. A snapshot.
 */
unsigned long pcp_pages(u32 cpu, const struct zone *zone);
