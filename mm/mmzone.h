/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <mm/gfp.h>
#include <mm/page.h>

/*
 * Zones: ranges of frames which serve the same requests, because the same can reach them.
 *
 *	0            16 MiB               max_low_pfn                       max_pfn
 *	├──── DMA ─────┼───── NORMAL ─────────┼────────── HIGHMEM ─────────────┤
 *	 ISA devices    the direct map         the CPU, after a kmap
 *
 * A zone without RAM spans nothing and is never asked. A request has a list of the zones that will do, best
 * first, and leaves in each what its watermark and its reserve say (mm/watermark.h).
 */

/* A block has 2^order frames, order 0 to MAX_ORDER: 4 KiB to 4 MiB. */
#define MAX_ORDER 10

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

/* First frame above ZONE_DMA: an ISA device drives 24 address lines. */
#define DMA_END_PFN (16ul << 20 >> PAGE_SHIFT)

/**
 * struct free_area - the free blocks of one order
 * @head: frame number of the first, PFN_NONE if there is none; page->a leads to the next
 * @nr_free: how many
 */
struct free_area {
	u32 head;
	u32 nr_free;
};

enum watermark {
	WMARK_MIN,  /* below it only __GFP_HIGH gets memory */
	WMARK_LOW,  /* below it, reclaim should begin */
	WMARK_HIGH, /* above it, reclaim may stop */
	NR_WMARKS,
};

/**
 * struct zone - a range of frames
 * @lock: guards @free_pages, @free_area, @managed_pages and the words of all descriptors of free
 *	frames of this zone. Innermost: nothing else is locked, and nothing sleeps, under it.
 * @type: its index in zones[]
 * @free_pages: of @managed_pages, in @free_area now; what CPUs keep for themselves is not among them
 * @free_area: free blocks by order
 * @watermark: free pages that have to stay
 * @lowmem_reserve: by the highest zone that a request would take: free pages that have to stay besides
 * @pcp_batch: single pages that a CPU gets, or gives back, at once
 * @start_pfn: first frame
 * @spanned_pages: frames from @start_pfn on, holes included
 * @present_pages: of these, RAM
 * @managed_pages: of these, given to the allocator
 * @name: "DMA", "Normal", "HighMem"
 */
struct zone {
	spinlock_t lock;
	enum zone_type type;
	unsigned long free_pages;
	struct free_area free_area[MAX_ORDER + 1];
	unsigned long watermark[NR_WMARKS];
	unsigned long lowmem_reserve[MAX_NR_ZONES];
	unsigned int pcp_batch;
	unsigned long start_pfn;
	unsigned long spanned_pages;
	unsigned long present_pages;
	unsigned long managed_pages;
	const char *name;
};

extern struct zone zones[MAX_NR_ZONES];

/* Walks the zones that have RAM, lowest first. */
#define for_each_zone(z)                                     \
	for ((z) = zones; (z) < zones + MAX_NR_ZONES; (z)++) \
		if ((z)->present_pages)

/**
 * struct zonelist - where a request may be served from
 * @zone: best first; NULL behind the last
 *
 * Zones without RAM are left out, but there is always a first one.
 */
struct zonelist {
	struct zone *zone[MAX_NR_ZONES + 1];
};

extern struct zonelist zonelists[GFP_ZONEMASK + 1];

/* The type of the first zone of each. */
extern u8 first_zone[GFP_ZONEMASK + 1];

/**
 * gfp_zonelist() - where a request may be served from
 * @gfp: its flags
 */
static inline const struct zonelist *gfp_zonelist(gfp_t gfp)
{
	return &zonelists[gfp & GFP_ZONEMASK];
}

/* First frame behind a zone. */
static inline unsigned long zone_end_pfn(const struct zone *zone)
{
	return zone->start_pfn + zone->spanned_pages;
}

/**
 * mem_map_init() - make the frame table and the zones
 *
 * Allocates mem_map from memblock, and enters every frame of the memory list as PAGE_RESERVED,
 * every other as PAGE_HOLE, each with its zone. Needs max_pfn and max_low_pfn. Panics with the
 * figures if mem_map does not fit below memblock's current limit.
 *
 * Context: boot, once, with the whole direct map in place.
 */
void mem_map_init(void);

/**
 * zone_free_pages() - free frames of a zone
 * @zone: any
 *
 * What CPUs keep for themselves is free, too.
 * Context: any. A snapshot: it may be out of date when it returns.
 */
unsigned long zone_free_pages(const struct zone *zone);

/**
 * nr_free_pages() - free frames of all zones
 *
 * Context: as zone_free_pages().
 */
unsigned long nr_free_pages(void);

/**
 * nr_managed_pages() - frames that were given to the allocator, of all zones
 */
unsigned long nr_managed_pages(void);
