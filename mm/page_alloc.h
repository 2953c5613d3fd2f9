/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>
#include <mm/mmzone.h>
#include <mm/page.h>

/*
 * The page allocator: in each zone a binary buddy system of orders 0 to MAX_ORDER, and before it lists of
 * each CPU for the small ones.
 *
 * A request names the highest zone that will do; where that has nothing the next lower one is
 * tried: HIGHMEM, NORMAL, DMA, never upwards. In each it leaves what watermark and reserve say
 * (mm/watermark.h).
 *
 * Whoever gets a block owns its descriptors' words a and b, and may set the first frame's state to
 * PAGE_SLAB or PAGE_TABLE; it must be PAGE_USED again when the block is freed. Breaches of the
 * rules below stop the kernel with a message that names frame, state and order.
 */

/**
 * alloc_pages() - allocate a block of 2^order frames
 * @gfp: GFP_KERNEL, GFP_HIGHUSER, ...
 * @order: 0 to MAX_ORDER
 *
 * The block is aligned to its size. Its first frame has refcount 1 and state PAGE_USED; the others
 * are PAGE_TAIL and were not touched. What is in the memory is undefined unless __GFP_ZERO is
 * given, which needs one slot of kmap_local_page() for the time of the call.
 *
 * With __GFP_COMP the frames are one compound block: each of them leads to the first (compound_head()), and
 * get_page() and put_page() take any of them.
 *
 * Context: any with GFP_ATOMIC, GFP_NOWAIT or GFP_DMA, interrupts too; with __GFP_RECLAIM it may wait for
 * other CPUs where memory is short.
 * Return: descriptor of the first frame; NULL if no zone has such a block (reported unless
 * __GFP_NOWARN; a panic that names the caller with __GFP_NOFAIL), or the order is too large.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);

#define alloc_page(gfp) alloc_pages(gfp, 0)

/**
 * alloc_pages_bulk() - allocate many single pages
 * @gfp: as alloc_pages()
 * @nr: elements of @pages
 * @pages: those that are NULL are filled, in order
 *
 * Context: as alloc_pages().
 * Return: number of elements from the first on that are filled now; less than @nr if memory ran out.
 */
unsigned int alloc_pages_bulk(gfp_t gfp, unsigned int nr, struct page **pages);

/**
 * alloc_page_chain() - allocate many single pages, linked through word a of their descriptors
 * @gfp: as alloc_pages()
 * @nr: how many
 * @head: frame number of the first page of a chain, PFN_NONE for none; the new ones are put before it
 *
 * Context: as alloc_pages().
 * Return: how many there are now; less than @nr if memory ran out.
 */
unsigned int alloc_page_chain(gfp_t gfp, unsigned int nr, u32 *head);

/**
 * free_page_chain() - __free_page() for each page of a chain
 * @pfn: frame number of the first; word a of each leads to the next, up to PFN_NONE
 *
 * Context: as __free_pages().
 */
void free_page_chain(u32 pfn);

/**
 * alloc_pages_exact() - allocate pages that lie side by side, no more than needed
 * @size: bytes; rounded up to pages, not to a power of two
 * @gfp: without __GFP_HIGHMEM, else panic
 *
 * Context: as alloc_pages().
 * Return: address of the first, NULL on failure or for 0 bytes.
 */
void *alloc_pages_exact(size_t size, gfp_t gfp);

/**
 * free_pages_exact() - free what alloc_pages_exact() returned
 * @addr: its address; NULL: nothing is done
 * @size: as it was asked for
 *
 * Context: any.
 */
void free_pages_exact(void *addr, size_t size);

/**
 * __free_pages() - drop a reference to a block, and free it with the last
 * @page: its first frame
 * @order: as it was allocated
 *
 * Panics, naming frame, state and order, if this is not an allocated block of that order: a block
 * that is free already, the inside of a block, reserved RAM, a hole. Context: any.
 */
void __free_pages(struct page *page, unsigned int order);

#define __free_page(page) __free_pages(page, 0)

/**
 * __get_free_pages() - allocate a block of the direct map
 * @gfp: without __GFP_HIGHMEM, else panic: such a page has no address
 * @order: 0 to MAX_ORDER
 *
 * Context: that of alloc_pages().
 * Return: its address, 0 on failure.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);

/**
 * free_pages() - free what __get_free_pages() returned
 * @addr: its address; 0: nothing is done
 * @order: as it was allocated
 *
 * Context: any.
 */
void free_pages(unsigned long addr, unsigned int order);

/**
 * get_page() - take one more reference to an allocated block
 * @page: its first frame; any frame of a compound block
 *
 * Panics if nobody has a reference that could be shared: the block is free, or was never allocated.
 * Context: any, by a holder of a reference.
 */
void get_page(struct page *page);

/**
 * put_page() - drop a reference, and free the block with the last
 * @page: its first frame; any frame of a compound block
 *
 * __free_pages() for whoever does not know the order.
 * Context: any.
 */
void put_page(struct page *page);

/**
 * split_page() - make 2^order single pages of a block
 * @page: first frame of an allocated block with one reference, not compound
 * @order: its order
 *
 * Afterwards each is an allocated page of order 0 with one reference, to be freed on its own.
 * Context: any, by the only owner. Panics if there are more references.
 */
void split_page(struct page *page, unsigned int order);

/**
 * drain_all_pages() - give all that CPUs keep for themselves back to the zones
 *
 * Context: any. The other CPUs are left out where this one may not wait for them: with interrupts off, in
 * an interrupt; no lock is held that another CPU may wait for with interrupts off.
 */
void drain_all_pages(void);

/**
 * page_alloc_check() - look for damage
 *
 * Walks all free lists: each block in the right state, order and zone, aligned, its links
 * consistent, counts right, no two free buddies side by side; and this CPU's lists.
 *
 * Context: any; each zone is locked for as long as it has free blocks to look at.
 * Return: NULL, or what is wrong (a static string; details are printed with pr_err()).
 */
const char *page_alloc_check(void);
