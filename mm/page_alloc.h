/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>
#include <mm/page.h>

/*
 * The page allocator: zones, and in each a binary buddy system of orders 0 to MAX_ORDER.
 *
 * A request names the highest zone that will do; where that has nothing the next lower one is
 * tried: HIGHMEM, NORMAL, DMA, never upwards.
 */

#define MAX_ORDER 10

typedef unsigned int gfp_t;

#define __GFP_DMA     0x01u /* from ZONE_DMA only */
#define __GFP_HIGHMEM 0x02u /* may come from ZONE_HIGHMEM: has no address until it is mapped */
#define __GFP_ZERO    0x04u /* filled with zeroes */
#define __GFP_HIGH    0x08u /* may use the reserve below the min watermark */
#define __GFP_NOWARN  0x10u /* no report if it fails */
#define __GFP_RECLAIM 0x20u /* may sleep to get memory */

#define GFP_ATOMIC   (__GFP_HIGH)
#define GFP_KERNEL   (__GFP_RECLAIM)
#define GFP_USER     (__GFP_RECLAIM)
#define GFP_DMA	     (__GFP_DMA)
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)

struct free_area {
	u32 head;    /* frame number of the first free block, PFN_NONE if there is none */
	u32 nr_free; /* blocks */
};

#define PFN_NONE 0xffffffffu

/**
 * struct zone - a range of frames that serve the same requests
 * @name: "DMA", "Normal", "HighMem"
 * @start_pfn: first frame
 * @spanned_pages: frames from start_pfn on, holes included
 * @present_pages: of these, RAM
 * @managed_pages: of these, given to the allocator
 * @free_pages: of these, free now
 * @free_area: free blocks by order
 */
struct zone {
	const char *name;
	unsigned long start_pfn;
	unsigned long spanned_pages;
	unsigned long present_pages;
	unsigned long managed_pages;
	unsigned long free_pages;
	struct free_area free_area[MAX_ORDER + 1];
};

extern struct zone zones[MAX_NR_ZONES];

/* Walks the zones that have RAM, lowest first. */
#define for_each_zone(z)                                                                           \
	for ((z) = zones; (z) < zones + MAX_NR_ZONES; (z)++)                                       \
		if ((z)->present_pages)

/**
 * mem_map_init() - make the frame table and the zones
 *
 * Allocates mem_map from memblock, and enters every frame of the memory list as PAGE_RESERVED with
 * its zone, every other as PAGE_HOLE. Needs max_pfn and max_low_pfn. Panics with the figures if
 * mem_map does not fit into the direct map.
 *
 * Context: boot, once, with the whole direct map in place.
 */
void mem_map_init(void);

/**
 * free_boot_range() - give a range of frames to the allocator
 * @start_pfn: first frame
 * @end_pfn: one past the last
 *
 * All of it is RAM, is PAGE_RESERVED and lies below max_pfn. It goes in the largest aligned blocks
 * that fit, never over a zone border. Counted as managed.
 *
 * Context: boot; interrupts any.
 */
void free_boot_range(unsigned long start_pfn, unsigned long end_pfn);

/**
 * alloc_pages() - allocate a block of 2^order frames
 * @gfp: GFP_KERNEL, GFP_HIGHUSER, ...
 * @order: 0 to MAX_ORDER
 *
 * The block is aligned to its size. Its first frame has refcount 1.
 *
 * Context: any with GFP_ATOMIC; interrupts any.
 * Return: descriptor of the first frame; NULL if no zone has such a block (reported unless
 * __GFP_NOWARN), or the order is too large.
 */
struct page *alloc_pages(gfp_t gfp, unsigned int order);

#define alloc_page(gfp) alloc_pages(gfp, 0)

/**
 * __free_pages() - drop a reference to a block, and free it with the last
 * @page: its first frame
 * @order: as it was allocated
 *
 * Panics, naming frame, state and order, if this is not an allocated block of that order.
 * Context: any.
 */
void __free_pages(struct page *page, unsigned int order);

#define __free_page(page) __free_pages(page, 0)

/**
 * __get_free_pages() - allocate a block of the direct map
 * @gfp: without __GFP_HIGHMEM
 * @order: 0 to MAX_ORDER
 *
 * Return: its address, 0 on failure.
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order);

/**
 * free_pages() - free what __get_free_pages() returned
 * @addr: its address; 0: nothing is done
 * @order: as it was allocated
 */
void free_pages(unsigned long addr, unsigned int order);

/**
 * get_page() - take one more reference to an allocated block
 * @page: its first frame
 */
void get_page(struct page *page);

/**
 * put_page() - drop a reference, and free the block with the last
 * @page: its first frame
 */
void put_page(struct page *page);

/**
 * split_page() - make 2^order single pages of a block
 * @page: first frame of an allocated block with one reference
 * @order: its order
 *
 * Afterwards each is an allocated page of order 0 with one reference.
 */
void split_page(struct page *page, unsigned int order);

/**
 * nr_free_pages() - free frames of all zones
 */
unsigned long nr_free_pages(void);

/**
 * nr_managed_pages() - frames that were given to the allocator, of all zones
 */
unsigned long nr_managed_pages(void);

/**
 * page_alloc_check() - look for damage
 *
 * Walks all free lists: each block in the right state, order and zone, aligned, its links
 * consistent, counts right, no two free buddies side by side.
 *
 * Context: any; long with interrupts off.
 * Return: NULL, or what is wrong (a static string; details are printed with pr_err()).
 */
const char *page_alloc_check(void);

/**
 * buddyinfo_show() - free blocks per zone and order, as Linux's /proc/buddyinfo
 * @out: where to
 */
void buddyinfo_show(printf_fn *out);

/**
 * zoneinfo_show() - the zones, as Linux's /proc/zoneinfo
 * @out: where to
 */
void zoneinfo_show(printf_fn *out);

/**
 * meminfo_show() - sums, as Linux's /proc/meminfo
 * @out: where to
 */
void meminfo_show(printf_fn *out);
