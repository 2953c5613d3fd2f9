/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/page.h>
#include <lib/types.h>

/*
 * The page frame descriptor. There is one for each frame from 0 to the last of RAM, in one array,
 * mem_map, so that descriptor and frame number are an addition apart. 16 bytes: 64 GiB is 16.7
 * million frames, and the table of them comes out of the 896 MiB that the kernel can see: 256 MiB
 * of it at 16 bytes, 640 at 40.
 *
 *	word 0  flags     31    16  10        9  8 7   4 3   0
 *	                  [number][compound][zone][state][order]
 *	word 1  refcount  one per user and per mapping
 *	word 2,3  a, b    by state:
 *	                  free        next and previous frame number of the free list
 *	                  slab        lists and counts, see mm/slab.c
 *	                  tail of a compound block: a is the number of the first frame
 *	                  otherwise   private to the owner
 *
 * The number is that of a slab's cache, or of the slot that kmap() may have for a highmem page; else 0.
 * Links are frame numbers, so the layout is the same on a 64-bit host.
 *
 * Invariant: only the first frame of a free block is PAGE_FREE, only the first frame of an
 * allocated block is PAGE_USED (or a state that its user sets); every other frame of either is
 * PAGE_TAIL and is not touched by allocation or freeing (but for compound blocks, whose frames lead to the
 * first one).
 */
struct page {
	union {
		u32 flags;
		struct {
			u16 kind, number; /* the halves of flags */
		};
	};
	u32 refcount;
	u32 a;
	u32 b;
};

_Static_assert(sizeof(struct page) == 16, "16 bytes per frame is what makes 64 GiB fit");

enum page_state {
	PAGE_HOLE,     /* no RAM here */
	PAGE_RESERVED, /* RAM that was never given to the allocator */
	PAGE_TAIL,     /* inside a block, see its first frame */
	PAGE_FREE,     /* first frame of a free block of `order` */
	PAGE_CACHED,   /* the same, in the list of a CPU (mm/pcp.h) */
	PAGE_USED,     /* first frame of an allocated block of `order` */
	PAGE_TABLE,    /* a page table */
	PAGE_SLAB,     /* first frame of a slab, or of a large kmalloc() */
};

enum zone_type {
	ZONE_DMA,     /* physical 0 to 16 MiB: what ISA DMA can reach */
	ZONE_NORMAL,  /* to the end of the direct map */
	ZONE_HIGHMEM, /* above: has no address until it is mapped */
	MAX_NR_ZONES,
};

/**
 * page_state_name() - a state in words, for messages
 * @state: any value
 *
 * Return: "free", "tail of a block", ...
 */
const char *page_state_name(enum page_state state);

#define PAGE_ORDER_SHIFT 0
#define PAGE_ORDER_MASK  0xfu
#define PAGE_STATE_SHIFT 4
#define PAGE_STATE_MASK  0xfu
#define PAGE_ZONE_SHIFT  8
#define PAGE_ZONE_MASK   0x3u
#define PAGE_COMPOUND    0x400u /* a frame of a compound block */

/* All of a descriptor's flags that say what it is. */
#define PAGE_KIND_MASK \
	(PAGE_STATE_MASK << PAGE_STATE_SHIFT | PAGE_ORDER_MASK << PAGE_ORDER_SHIFT | PAGE_COMPOUND)

#define PAGE_FLAGS(state, order, zone)                                         \
	((u32)(state) << PAGE_STATE_SHIFT | (u32)(order) << PAGE_ORDER_SHIFT | \
	 (u32)(zone) << PAGE_ZONE_SHIFT)

/* No frame: end of a list. (Frame 0xffffffff would be at 16 TiB; memory_setup() leaves it out.) */
#define PFN_NONE 0xffffffffu

extern struct page *mem_map;
extern unsigned long max_pfn;     /* frames 0 .. max_pfn - 1 have a descriptor */
extern unsigned long max_low_pfn; /* frames below it are in the direct map */

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return mem_map + pfn;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - mem_map);
}

/* A frame is so many times as long as its descriptor. */
#define FRAME_SCALE (PAGE_SIZE / sizeof(struct page))

/* That is one shift, where the number takes two. */
static inline phys_addr_t page_to_phys(const struct page *page)
{
	return (phys_addr_t)((unsigned long)page - (unsigned long)mem_map) * FRAME_SCALE;
}

static inline enum page_state page_state(const struct page *page)
{
	return (enum page_state)(page->flags >> PAGE_STATE_SHIFT & PAGE_STATE_MASK);
}

static inline unsigned int page_order(const struct page *page)
{
	return page->flags >> PAGE_ORDER_SHIFT & PAGE_ORDER_MASK;
}

static inline enum zone_type page_zone(const struct page *page)
{
	return (enum zone_type)(page->flags >> PAGE_ZONE_SHIFT & PAGE_ZONE_MASK);
}

_Static_assert(ZONE_HIGHMEM == 2 && MAX_NR_ZONES == 3, "one bit tells highmem");

static inline bool page_is_highmem(const struct page *page)
{
	return page->flags & (u32)ZONE_HIGHMEM << PAGE_ZONE_SHIFT;
}

/**
 * compound_head() - first frame of the compound block that a frame is part of
 * @page: any
 *
 * Return: @page itself, unless it is the tail of a compound block.
 */
static inline struct page *compound_head(struct page *page)
{
	const u32 tail = PAGE_FLAGS(PAGE_TAIL, 0, 0) | PAGE_COMPOUND;

	return (page->flags & PAGE_KIND_MASK) == tail ? pfn_to_page(page->a) : page;
}

/**
 * pfn_valid() - is there RAM with a descriptor at this frame number?
 * @pfn: any number
 *
 * Return: false for holes and beyond the end.
 */
static inline bool pfn_valid(unsigned long pfn)
{
	return pfn < max_pfn && page_state(pfn_to_page(pfn)) != PAGE_HOLE;
}

/**
 * lowmem_page_address() - address of a page of the direct map
 * @page: of ZONE_DMA or ZONE_NORMAL
 *
 * Return: its address; for a highmem page see page_address() in <mm/highmem.h>.
 */
static inline void *lowmem_page_address(const struct page *page)
{
	return __va(page_to_phys(page));
}

/**
 * virt_to_page() - descriptor of a direct-map address
 * @va: direct-map address
 */
static inline struct page *virt_to_page(const void *va)
{
	return pfn_to_page(PFN_DOWN(__pa(va)));
}
