/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/*
 * The page allocator. It gives out blocks of 2^order frames: small ones from the lists of the
 * running CPU (mm/pcp.h), large ones from the buddy system of a zone (mm/buddy.h).
 *
 * A request names the highest zone that it can use. If that zone has no such block, the allocator
 * tries the next lower one: HighMem, DMA32, Normal, DMA, never upwards. In each zone the request
 * leaves as many pages free as the zone's watermark and reserve demand (mm/watermark.h).
 *
 * The owner of a block owns words a and b of its descriptors and the flags PG_*, and may change the
 * first frame's state (set_page_state()). Before a reference is dropped the state must be PAGE_USED
 * again, and all flags PG_* clear. Single pages of programs and page tables (PAGE_TABLE, PAGE_ANON
 * and behind) are an exception: they are freed as they are, and flags PG_* have to be clear before
 * the last reference is dropped only. A caller that breaks a rule stops the kernel with a message
 * that names frame, state and order.
 */

/**
 * alloc_pages() - allocate a block of 2^order frames
 * @gfp: GFP_KERNEL, GFP_HIGHUSER, ...
 * @order: 0 to MAX_ORDER
 *
 * The block is aligned to its size. Its first frame is PAGE_USED with one reference. The other
 * frames are PAGE_TAIL, and the call does not touch their descriptors.
 *
 * The memory has undefined contents, unless __GFP_ZERO is given. That flag needs one slot of
 * kmap_local_page() during the call.
 *
 * With __GFP_COMP the frames form a compound block: compound_head() finds the first frame from
 * any of them, and get_page() and put_page() accept any of them.
 *
 * Context: any with GFP_ATOMIC, GFP_NOWAIT or GFP_DMA, interrupt handlers included. With
 * __GFP_RECLAIM the call may wait for other CPUs if memory is short.
 * Return: descriptor of the first frame. NULL if the order is too large, or no zone can serve the
 * request: the log then reports it, unless __GFP_NOWARN is given. With __GFP_NOFAIL it
 * waits, and the kernel panics at the end and names the caller.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);

#define alloc_page(gfp) alloc_pages(gfp, 0)

/**
 * alloc_pages_bulk() - allocate single pages into an array
 * @gfp: as for alloc_pages()
 * @nr: number of elements in @pages
 * @pages: elements that are NULL are set to new pages, in order; the others stay
 *
 * Context: as for alloc_pages().
 * Return: number of elements before the first one that is still NULL; @nr on success.
 */
unsigned int alloc_pages_bulk(gfp_t gfp, unsigned int nr, struct page **pages);

/**
 * alloc_page_chain() - allocate single pages that are linked through word a of their descriptors
 * @gfp: as for alloc_pages()
 * @nr: number of pages
 * @head: frame number of the first page of a chain, or PFN_NONE; the new pages are put in front
 *        of it
 *
 * Context: as for alloc_pages().
 * Return: number of new pages, less than @nr if memory ran out.
 */
unsigned int alloc_page_chain(gfp_t gfp, unsigned int nr, u32 *head);

/**
 * free_page_chain() - __free_page() for each page of a chain
 * @pfn: frame number of the first page; word a of each page leads to the next, PFN_NONE ends the
 *        chain
 *
 * Context: any.
 */
void free_page_chain(u32 pfn);

/**
 * free_page_array() - __free_page() for each page of an array
 * @pages: single pages
 * @nr: number of elements
 *
 * Costs least if many elements are neighbours in memory, in rising order.
 * Context: any.
 */
void free_page_array(struct page *const *pages, unsigned int nr);

/**
 * alloc_pages_exact() - allocate adjacent pages, not more than needed
 * @size: bytes; rounded up to pages, but not to a power of two
 * @gfp: as for alloc_pages(). Panics with __GFP_HIGHMEM: such a page has no address
 *
 * Context: as for alloc_pages().
 * Return: address of the first page; NULL on failure, or if @size is 0.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);

/**
 * free_pages_exact() - free the result of alloc_pages_exact()
 * @addr: its address; NULL is allowed
 * @size: bytes, as given to alloc_pages_exact()
 *
 * Context: any.
 */
void free_pages_exact(void *addr, size_t size);

/**
 * __free_pages() - drop a reference to a block; the last one frees it
 * @page: its first frame
 * @order: as it was allocated
 *
 * Panics with frame, state and order if this is not an allocated block of that order: a free block,
 * the inside of a block, a reserved frame, a hole.
 *
 * Context: any.
 */
void __free_pages(struct page *page, unsigned int order);

#define __free_page(page) __free_pages(page, 0)

/**
 * __get_free_pages() - allocate a block in the direct map
 * @gfp: as for alloc_pages(). Panics with __GFP_HIGHMEM: such a page has no address
 * @order: 0 to MAX_ORDER
 *
 * Context: as for alloc_pages().
 * Return: address of the block, 0 on failure.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);

/**
 * free_pages() - free the result of __get_free_pages()
 * @addr: its address; 0 is allowed
 * @order: as it was allocated
 *
 * Context: any.
 */
void free_pages(unsigned long addr, unsigned int order);

/**
 * get_page() - take another reference to an allocated block
 * @page: its first frame, or any frame of a compound block
 *
 * Panics if the block has no reference yet: it is free, or was never allocated.
 *
 * Context: any, by the holder of a reference.
 */
void get_page(struct page *page);

/**
 * put_page() - drop a reference to a block; the last one frees it
 * @page: its first frame, or any frame of a compound block
 *
 * For callers that do not know the order; otherwise the same as __free_pages().
 *
 * Context: any.
 */
void put_page(struct page *page);

/**
 * split_page() - turn a block into single pages
 * @page: its first frame. The block is not compound, and the caller has the only reference to it
 * @order: its order
 *
 * Afterwards each frame is an allocated page of order 0 with one reference, and is freed on its
 * own. Panics if the block has more references.
 *
 * Context: any.
 */
void split_page(struct page *page, unsigned int order);

enum reclaim_result {
	RECLAIM_NOTHING, /* no page can be had */
	RECLAIM_SOME,    /* pages were freed: try again */
	RECLAIM_WAITED,  /* pages may be free soon: try again, but not for ever */
	RECLAIM_RESERVE, /* the thread itself makes memory free: give it what is left */
};

/**
 * page_alloc_use_reclaim() - set a function that frees pages before a request fails
 * @reclaim: called with the request, in a thread that may sleep, and may hold any such locks
 *
 * Context: boot, once.
 */
void page_alloc_use_reclaim(enum reclaim_result (*reclaim)(gfp_t gfp, unsigned int order));

/**
 * page_alloc_use_kswapd() - set a function to call when memory becomes short
 * @wake: called with a request that has found all its zones below their low marks; in any context
 *
 * Context: once.
 */
void page_alloc_use_kswapd(void (*wake)(gfp_t gfp));

/* The answers for a request when nothing can be reclaimed. */
enum oom_result {
	OOM_FAIL,    /* nothing: the request fails */
	OOM_RETRY,   /* memory was made free, or soon will be */
	OOM_RESERVE, /* the thread gives memory back: it may have the pages below the min marks */
};

/**
 * page_alloc_use_oom() - set a function that ends a program before a request fails
 * @kill: called with the request, in a thread that may sleep, and may hold any such locks
 *
 * Context: boot, once.
 */
void page_alloc_use_oom(enum oom_result (*kill)(gfp_t gfp, unsigned int order));

/**
 * drain_all_pages() - make CPUs return the blocks that they cache to the zones
 *
 * Context: any. Where this CPU must not wait for others (with interrupts off, in an interrupt
 * handler), only its own blocks are returned. The caller holds no lock that another CPU may spin
 * on with interrupts off.
 */
void drain_all_pages(void);

/**
 * page_alloc_check() - look for damage in the free lists
 *
 * Walks the free lists of all zones and the lists of this CPU. Each block must have the right
 * state, order, zone and alignment; links and counts must agree; no two free blocks may be
 * buddies.
 *
 * Context: any; locks each zone for as long as the walk through its free blocks takes.
 * Return: NULL, or what is wrong (a static string). pr_err() has printed the details.
 */
const char *page_alloc_check(void);
