/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <lib/term.h>
#include <mm/gfp.h>
#include <mm/page.h>

/*
 * Zones. Not all frames can serve all requests: an ISA device reaches the first 16 MiB only, and
 * the kernel has addresses for lowmem only. A zone is a range of frames that can serve the same
 * requests.
 *
 *	0            16 MiB         max_low_pfn            4 GiB             max_pfn
 *	├──── DMA ─────┼──── NORMAL ─────┼────── DMA32 ───────┼───── HIGHMEM ─────┤
 *	 ISA devices    the direct map    32-bit devices       the CPU
 *	                                 └── highmem: only after kmap() ──────────┘
 *
 * DMA32 exists only if there is RAM above 4 GiB. Otherwise all of highmem is below 4 GiB, and is
 * HIGHMEM.
 *
 * Each combination of zone flags has a zonelist: the zones that such a request can use, the best
 * one first. A request leaves some pages of each zone free (mm/watermark.h). A zone without RAM
 * spans no frames and is in no zonelist.
 */

/* A block has 2^order frames, with an order from 0 to MAX_ORDER: 4 KiB to 4 MiB. */
#define MAX_ORDER TERM_MAX_ORDER

/**
 * get_order() - find the order of the smallest block that has room for a size
 * @size: bytes, not 0
 *
 * Context: any.
 * Return: the order; it is above MAX_ORDER if no block is large enough.
 */
static inline unsigned int get_order(unsigned long size)
{
	unsigned long last_page = (size - 1) >> PAGE_SHIFT;
	unsigned int bits = sizeof(last_page) * CHAR_BIT;

	return last_page ? bits - (unsigned int)__builtin_clzl(last_page) : 0;
}

/* First frame above ZONE_DMA: ISA has 24 address lines. */
#define DMA_END_PFN (16ul << 20 >> PAGE_SHIFT)

/* First frame above ZONE_DMA32: 4 GiB. */
#define DMA32_END_PFN (1ul << (32 - PAGE_SHIFT))

/**
 * struct free_area - the free blocks of one order
 * @head: frame number of the first block, or PFN_NONE; word a of each block leads to the next
 * @nr_free: number of blocks
 */
struct free_area {
	u32 head;
	u32 nr_free;
};

enum watermark {
	WMARK_MIN,  /* below it only requests with __GFP_HIGH get memory */
	WMARK_LOW,  /* below it reclaim should begin */
	WMARK_HIGH, /* above it reclaim may stop */
	NR_WMARKS,
};

/**
 * struct zone - a range of frames
 * @lock: protects @free_pages, @free_area, @managed_pages and the descriptors of the frames that
 *        are free in this zone. Innermost lock: its holder takes no other lock and does not sleep
 * @type: index in zones[]
 * @free_pages: pages of the blocks in @free_area; blocks that CPUs have cached are not counted
 * @free_area: free blocks by order
 * @watermark: numbers of pages that should stay free
 * @lowmem_reserve: number of pages that must stay free besides, by the highest zone of a request;
 *                  the second half is for requests with __GFP_MOVABLE
 * @pcp_batch: size of a batch of per-CPU lists, in pages (mm/pcp.c); set by zone_limits_update()
 * @start_pfn: first frame
 * @spanned_pages: frames from @start_pfn on, holes included
 * @present_pages: frames of RAM among them
 * @managed_pages: frames that the page allocator got
 * @pgvisit: pages of programs and files that the hand of reclaim has passed (vm/reclaim.c)
 * @pgscan: of these, pages that it looked at
 * @pgsteal: pages that it freed. All three are changed by locked operations
 * @name: "DMA", "Normal", "DMA32", "HighMem"
 */
struct zone {
	spinlock_t lock;
	enum zone_type type;
	unsigned long free_pages;
	struct free_area free_area[MAX_ORDER + 1];
	unsigned long watermark[NR_WMARKS];
	unsigned long lowmem_reserve[2 * MAX_NR_ZONES];
	unsigned int pcp_batch;
	unsigned long start_pfn;
	unsigned long spanned_pages;
	unsigned long present_pages;
	unsigned long managed_pages;
	unsigned long pgvisit, pgscan, pgsteal;
	const char *name;
};

extern struct zone zones[MAX_NR_ZONES];

/**
 * is_highmem() - are the pages of a zone outside of the direct map?
 * @zone: any
 *
 * Context: any.
 * Return: true for DMA32 and HighMem.
 */
static inline bool is_highmem(const struct zone *zone)
{
	return zone->type >= ZONE_DMA32;
}

/* Walks the zones that have RAM, the lowest zone first. */
#define for_each_zone(z)                                     \
	for ((z) = zones; (z) < zones + MAX_NR_ZONES; (z)++) \
		if ((z)->present_pages)

/**
 * struct zonelist - zones that a request can use
 * @zone: the best zone first; NULL ends the list
 *
 * Zones without RAM are left out. There is always a first zone: DMA, if no zone has RAM.
 */
struct zonelist {
	struct zone *zone[MAX_NR_ZONES + 1];
};

extern struct zonelist zonelists[GFP_ZONEMASK + 1];

/* Type of the first zone of each zonelist: one byte, loaded by the fast path. */
extern u8 first_zone[GFP_ZONEMASK + 1];

/**
 * gfp_zonelist() - zones that a request can use
 * @gfp: flags of the request
 *
 * Context: any, after mem_map_init().
 * Return: the zones, in the order in which they are tried.
 */
static inline const struct zonelist *gfp_zonelist(gfp_t gfp)
{
	return &zonelists[gfp & GFP_ZONEMASK];
}

/**
 * zone_end_pfn() - one past the last frame of a zone
 * @zone: any
 *
 * Context: any.
 * Return: a frame number.
 */
static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->start_pfn + zone->spanned_pages;
}

/**
 * mem_map_init() - make the frame table, the zones and the zonelists
 *
 * Allocates mem_map from memblock. Each frame of memblock's memory list becomes PAGE_RESERVED,
 * each other frame PAGE_HOLE, with the zone that contains it. Needs max_pfn and max_low_pfn. RAM
 * without room for its descriptors is left out; the kernel panics with the figures if even lowmem
 * does not fit.
 *
 * Context: boot, once, after the direct map was completed.
 */
void mem_map_init(void);

/**
 * page_block() - find the block that a frame belongs to
 * @page: any frame
 *
 * Context: any. A snapshot, unless the caller owns the block.
 * Return: its first frame, which tells the state of all; @page itself if it is no tail; NULL if no
 * block covers a tail.
 */
const struct page *page_block(const struct page *page);

/**
 * zone_free_pages() - number of free pages of a zone, those included that CPUs have cached
 * @zone: any
 *
 * Context: any. A snapshot: it may be out of date when it returns.
 * Return: pages of order 0.
 */
unsigned long zone_free_pages(const struct zone *zone);

/**
 * nr_free_pages() - number of free pages of all zones, those included that CPUs have cached
 *
 * Context: any. A snapshot: it may be out of date when it returns.
 * Return: pages of order 0.
 */
unsigned long nr_free_pages(void);

/**
 * nr_free_highpages() - number of free pages of highmem, those included that CPUs have cached
 *
 * Context: any. A snapshot: it may be out of date when it returns.
 * Return: pages of order 0, of DMA32 and HighMem.
 */
unsigned long nr_free_highpages(void);

/**
 * nr_managed_pages() - number of pages that the page allocator got, of all zones
 *
 * Context: any.
 * Return: pages of order 0.
 */
unsigned long nr_managed_pages(void);

/**
 * totalhigh_pages() - number of pages of highmem that the page allocator got
 *
 * Context: any.
 * Return: pages of order 0, of DMA32 and HighMem.
 */
static inline unsigned long totalhigh_pages(void)
{
	return zones[ZONE_DMA32].managed_pages + zones[ZONE_HIGHMEM].managed_pages;
}
