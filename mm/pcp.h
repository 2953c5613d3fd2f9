/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <mm/mmzone.h>

/*
 * Per-CPU lists: free blocks of small orders that a CPU caches for itself, so that most requests
 * need no lock. mm/pcp.c explains how they work. Its user is the page allocator
 * (mm/page_alloc.c).
 *
 * Unless a function says otherwise it needs interrupts off. That keeps the thread on its CPU, and
 * keeps interrupt handlers away from the lists while they change. No CPU touches the lists of
 * another CPU; drain_all_pages() calls the other CPUs instead.
 */

/* Limit of a batch, in pages. */
#define PCP_BATCH_MAX 32ul

/* Orders 0 to PCP_ORDERS - 1 have lists: blocks of up to 512 KiB. */
#define PCP_ORDERS 8

/**
 * struct pcp_list - cached blocks of one zone and order
 * @hot: frame number of the first block of the newer list; word a of each block leads to the next
 * @cold: the same for the older list
 * @nr_hot: blocks in @hot
 * @nr_cold: blocks in @cold
 * @batch: limit of @nr_hot. 0 before the first block is freed, and if blocks of this order are too
 *         large to be cached
 */
struct pcp_list {
	u32 hot, cold;
	u32 nr_hot;
	u16 nr_cold, batch;
};

/**
 * struct pcp_lists - all cached blocks of a CPU
 * @list: by zone and order
 */
struct pcp_lists {
	struct pcp_list list[MAX_NR_ZONES][PCP_ORDERS];
};

DECLARE_PER_CPU(struct pcp_lists, pcp_lists);

/**
 * pcp_list() - a list of this CPU
 * @type: zone of its blocks
 * @order: order of its blocks, less than PCP_ORDERS
 */
static inline struct pcp_list *pcp_list(enum zone_type type, unsigned int order)
{
	return &this_cpu_ptr(pcp_lists)->list[type][order];
}

/**
 * pcp_damaged() - panic: a list leads to a frame that is not a cached block
 * @page: the frame
 * @order: order of the blocks in the list
 *
 * Context: any.
 */
void pcp_damaged(const struct page *page, unsigned int order) __noreturn;

/**
 * pcp_check() - panic unless a frame is a cached block
 * @page: the frame that a list leads to
 * @order: order of the blocks in the list
 */
static inline void pcp_check(const struct page *page, unsigned int order)
{
	if (unlikely((page->flags & PAGE_KIND_MASK) != PAGE_FLAGS(PAGE_CACHED, order, 0)))
		pcp_damaged(page, order);
}

/*
 * A member of a list of this CPU, in one instruction. The hot paths use it instead of pcp_list().
 */
#define this_pcp(type, order, member) this_cpu(pcp_lists.list[type][order].member)

/**
 * pcp_take() - take the newest block of the hot list
 * @type: its zone
 * @order: its order, less than PCP_ORDERS
 * @taken: set to the block, which is PAGE_USED with one reference
 *
 * Return: false if the hot list is empty.
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
 * pcp_take_chain() - take the newest single pages of the hot list
 * @type: their zone
 * @limit: number of pages to take, at most
 * @head: first page of a chain through word a, or PFN_NONE. The pages are put in front of it;
 *        each is PAGE_USED with one reference
 *
 * Return: number of pages taken, less than @limit if the hot list has fewer.
 */
unsigned int pcp_take_chain(enum zone_type type, unsigned int limit, u32 *head);

/**
 * pcp_alloc() - take a block from this CPU's lists, and refill them from the zone if they are empty
 * @zone: zone of the block, not locked
 * @order: its order, less than PCP_ORDERS
 * @mark: pages that must stay free in the zone when blocks are taken from it
 *
 * Context: any, with interrupts on or off.
 * Return: the block, PAGE_USED with one reference; NULL if the lists are empty and the zone has no
 * such block above @mark.
 */
struct page *pcp_alloc(struct zone *zone, unsigned int order, unsigned long mark);

/**
 * pcp_make_room() - empty the hot list, which is full
 * @page: first frame of the block that is being freed
 * @order: its order
 *
 * Return: true if the caller can put the block into the hot list now; false if blocks of this order
 * are not cached, and the block was returned to its zone.
 */
bool pcp_make_room(struct page *page, unsigned int order);

/**
 * pcp_put() - free a block into the hot list
 * @page: its first frame: PAGE_USED, not compound, without a reference
 * @order: its order, less than PCP_ORDERS
 */
static inline void pcp_put(struct page *page, unsigned int order)
{
	enum zone_type type = page_zone(page);

	if (unlikely(this_pcp(type, order, nr_hot) >= this_pcp(type, order, batch)) &&
	    !pcp_make_room(page, order))
		return;
	/* Also clears `number`, which belonged to the block's user. */
	page->flags = PAGE_FLAGS(PAGE_CACHED, order, type);
	page->a = this_pcp(type, order, hot);
	this_pcp(type, order, hot) = (u32)page_to_pfn(page);
	this_cpu_add(pcp_lists.list[type][order].nr_hot, 1);
}

/**
 * pcp_drain() - return all blocks that this CPU caches to their zones
 */
void pcp_drain(void);

/**
 * pcp_batch() - size of a batch for a zone, in pages
 * @zone: its @managed_pages is set
 *
 * The fewer pages the zone has per CPU, the smaller is the batch.
 * Context: any, with interrupts on or off.
 * Return: 1 to PCP_BATCH_MAX.
 */
unsigned int pcp_batch(const struct zone *zone);

/**
 * pcp_high() - limit of what one CPU caches of a zone, in pages of all orders
 * @zone: any
 *
 * Context: any, with interrupts on or off. The limit falls with each CPU that starts.
 */
unsigned long pcp_high(const struct zone *zone);

/**
 * pcp_pages() - number of pages of a zone that a CPU caches now
 * @cpu: number of a CPU that has per-CPU data
 * @zone: any
 *
 * Context: any, with interrupts on or off. A snapshot: it may be out of date when it returns.
 */
unsigned long pcp_pages(u32 cpu, const struct zone *zone);
