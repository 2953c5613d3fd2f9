/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <mm/page.h>

/*
 * Zones: ranges of frames which serve the same requests, because the same can reach them.
 *
 *	0            16 MiB               max_low_pfn                       max_pfn
 *	├──── DMA ─────┼───── NORMAL ─────────┼────────── HIGHMEM ─────────────┤
 *	 ISA devices    the direct map         the CPU, after a kmap
 *
 * A zone without RAM spans nothing and is never asked.
 */

/* A block has 2^order frames, order 0 to MAX_ORDER: 4 KiB to 4 MiB. */
#define MAX_ORDER 10

/* First frame above ZONE_DMA: an ISA device drives 24 address lines. */
#define DMA_END_PFN (16ul << 20 >> PAGE_SHIFT)

/* No frame: end of a list. (Frame 0xffffffff would be at 16 TiB.) */
#define PFN_NONE 0xffffffffu

/**
 * struct free_area - the free blocks of one order
 * @head: frame number of the first, PFN_NONE if there is none; page->a leads to the next
 * @nr_free: how many
 */
struct free_area {
	u32 head;
	u32 nr_free;
};

/**
 * struct zone - a range of frames
 * @lock: guards @free_pages, @free_area, @managed_pages and the words of all descriptors of free
 *	frames of this zone. Innermost: nothing else is locked, and nothing sleeps, under it.
 * @type: its index in zones[]
 * @free_pages: of @managed_pages, free now
 * @free_area: free blocks by order
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
 * nr_free_pages() - free frames of all zones
 *
 * Context: any. A snapshot: it may be out of date when it returns.
 */
unsigned long nr_free_pages(void);

/**
 * nr_managed_pages() - frames that were given to the allocator, of all zones
 */
unsigned long nr_managed_pages(void);
