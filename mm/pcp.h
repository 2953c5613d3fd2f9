/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <mm/mmzone.h>

/*
 * Per-CPU page lists: free blocks of small orders that a CPU caches for itself, so that most
 * requests need no lock. mm/pcp.c explains how they work. Their user is the page allocator
 * (mm/page_alloc.c).
 *
 * Unless a function says otherwise it needs interrupts off. That keeps the thread on its CPU, and
 * keeps interrupt handlers away from the lists while they change. No CPU changes the lists of
 * another CPU: to empty those, it calls the other CPU (drain_all_pages()).
 */

/* Largest batch of a zone (its pcp_batch), in pages. */
#define PCP_BATCH_MAX 32ul

/* Orders 0 to PCP_ORDERS - 1 have lists: blocks of up to 512 KiB. */
#define PCP_ORDERS 8

/**
 * struct pcp_list - the pair of lists, hot and cold, of one zone and order
 * @hot: frame number of the first block of the newer list. page->a of a block's first frame is the
 *       frame number of the next block. @nr_hot ends the list: the last block's link means nothing
 * @cold: the same for the older list
 * @nr_hot: blocks in @hot
 * @nr_cold: blocks in @cold
 * @batch: limit of @hot, in blocks. For small orders: the zone's batch >> order. For a larger order
 *         that is cached: 1. For an order that is not cached, and until the first free: 0.
 *         pcp_make_room() computes it again each time that it is reached
 */
struct pcp_list {
	u32 hot, cold;
	u32 nr_hot;
	u16 nr_cold, batch;
};

/**
 * struct pcp_lists - all cached blocks of a CPU
 * @list: a pair of lists by zone and order
 */
struct pcp_lists {
	struct pcp_list list[MAX_NR_ZONES][PCP_ORDERS];
};

DECLARE_PER_CPU(struct pcp_lists, pcp_lists);

/**
 * pcp_list() - a pair of lists of this CPU
 * @type: zone of its blocks
 * @order: order of its blocks, less than PCP_ORDERS
 *
 * Context: interrupts off.
 * Return: the lists.
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
 * A write to word a or to the flags of a freed block leads here.
 *
 * Context: any.
 */
void pcp_damaged(const struct page *page, unsigned int order) __noreturn;

/**
 * pcp_check() - panic unless a frame is a cached block
 * @page: the frame that a list leads to
 * @order: order of the blocks in the list
 *
 * Context: interrupts off.
 */
static inline void pcp_check(const struct page *page, unsigned int order)
{
	if (unlikely((page->flags & PAGE_KIND_MASK) != PAGE_FLAGS(PAGE_CACHED, order, 0)))
		pcp_damaged(page, order);
}

/*
 * A member of a struct pcp_list of this CPU, in one instruction. The hot paths use it instead of
 * pcp_list().
 */
#define this_pcp(type, order, member) this_cpu(pcp_lists.list[type][order].member)

/**
 * pcp_take() - take the newest block of the hot list
 * @type: zone of the block
 * @order: order of the block, less than PCP_ORDERS
 * @taken: set to the block, which is PAGE_USED with one reference
 *
 * Context: interrupts off.
 * Return: false if the hot list is empty.
 */
static inline bool pcp_take(enum zone_type type, unsigned int order, struct page **taken)
{
	struct page *page;

	if (unlikely(this_cpu_dec_borrows(pcp_lists.list[type][order].nr_hot))) {
		/* nr_hot was 0 and is ~0 now: set it back. */
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
 * @type: zone of the pages
 * @limit: number of pages to take, at most
 * @head: frame number of the first page of a chain through page->a, or PFN_NONE. The pages are put
 *        in front of it; each is PAGE_USED with one reference
 *
 * Context: interrupts off.
 * Return: number of pages taken, less than @limit if the hot list has fewer.
 */
unsigned int pcp_take_chain(enum zone_type type, unsigned int limit, u32 *head);

/**
 * pcp_alloc() - take a block that this CPU caches, or fetch a batch from the zone if there is none
 * @zone: zone of the block, not locked
 * @order: order of the block, less than PCP_ORDERS
 * @mark: watermark: number of pages that must stay free in the zone when blocks are fetched from it
 *
 * Context: any, with interrupts on or off.
 * Return: the block, PAGE_USED with one reference; NULL if both lists are empty and the zone has no
 * such block above @mark.
 */
struct page *pcp_alloc(struct zone *zone, unsigned int order, unsigned long mark);

/**
 * pcp_make_room() - make the hot list empty, for a block that is being freed
 * @page: first frame of the block
 * @order: order of the block
 *
 * The blocks of the cold list return to the zone, and those of the hot list become cold. Called
 * when the hot list has `batch` blocks or more; `batch` is 0 until the first call sets it. If this
 * order is cached no longer, blocks in the lists stay until they are allocated or drained.
 *
 * Context: interrupts off, the zone not locked.
 * Return: true if the caller can put the block into the hot list now; false if blocks of this order
 * are not cached, and the block was returned to its zone.
 */
bool pcp_make_room(struct page *page, unsigned int order);

/**
 * pcp_put() - free a block into the hot list
 * @page: first frame of the block: allocated, without a reference, no compound block (mm/page.h)
 * @order: order of the block, as its flags have it; less than PCP_ORDERS
 *
 * Context: interrupts off, the zone not locked.
 */
static inline void pcp_put(struct page *page, unsigned int order)
{
	enum zone_type type = page_zone(page);

	if (unlikely(this_pcp(type, order, nr_hot) >= this_pcp(type, order, batch)) &&
	    !pcp_make_room(page, order))
		return;
	/* Also sets the upper half, page->number, to 0: it belonged to the block's user. */
	page->flags = (page->flags & (PAGE_ZONE_MASK << PAGE_ZONE_SHIFT | PAGE_ORDER_MASK)) |
		      PAGE_FLAGS(PAGE_CACHED, 0, 0);
	page->a = this_pcp(type, order, hot);
	this_pcp(type, order, hot) = (u32)page_to_pfn(page);
	this_cpu_add(pcp_lists.list[type][order].nr_hot, 1);
}

/**
 * pcp_drain() - return all blocks that this CPU caches to their zones
 *
 * Context: interrupts off, no zone locked.
 */
void pcp_drain(void);

/**
 * pcp_batch() - size of a batch for a zone, in pages
 * @zone: its @managed_pages is set
 *
 * The smallest of 32, 1/1024 of the zone's pages, and 1/192 of them divided by the number of CPUs;
 * at least 1. mm/pcp.c explains the rules.
 * Context: any, with interrupts on or off.
 * Return: 1 to PCP_BATCH_MAX.
 */
unsigned int pcp_batch(const struct zone *zone);

/**
 * pcp_high() - limit of what one CPU caches of a zone, in pages of all orders
 * @zone: any
 *
 * The limit may become lower when further CPUs get per-CPU data.
 * Context: any, with interrupts on or off.
 * Return: pages of order 0.
 */
unsigned long pcp_high(const struct zone *zone);

/**
 * pcp_pages() - number of pages of a zone that a CPU caches now
 * @cpu: number of a CPU that has per-CPU data
 * @zone: any
 *
 * Context: any, with interrupts on or off. A snapshot: it may be out of date when it returns.
 * Return: pages of order 0.
 */
unsigned long pcp_pages(u32 cpu, const struct zone *zone);
