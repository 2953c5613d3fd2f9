/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/*
 * Flags of a request for memory ("get free pages"): which zones it can use, and what the
 * allocator may do to serve it. Callers use the combinations GFP_KERNEL, GFP_ATOMIC, ...; the
 * single bits are for the allocators. Names and meanings are those of Linux.
 */

typedef unsigned int gfp_t;

#define __GFP_DMA      0x001u  /* take memory from ZONE_DMA only */
#define __GFP_HIGHMEM  0x002u  /* all zones are allowed: the caller maps the page to use it */
#define __GFP_DMA32    0x004u  /* highmem is allowed, but only below 4 GiB */
#define __GFP_ZERO     0x008u  /* fill the memory with zeroes */
#define __GFP_HIGH     0x010u  /* the pages below the min watermark are allowed */
#define __GFP_NOWARN   0x020u  /* do not report a failure */
#define __GFP_RECLAIM  0x040u  /* the caller can sleep, so the allocator may wait */
#define __GFP_NOFAIL   0x080u  /* the caller cannot handle a failure: wait, and panic at the end */
#define __GFP_COMP     0x100u  /* make a compound block, see compound_head() */
#define __GFP_IO       0x200u  /* reclaim may write pages to a disk, and wait for it */
#define __GFP_MOVABLE  0x400u  /* the page can leave again: it needs little of the reserves */
#define __GFP_FS       0x800u  /* reclaim may wait for what file systems do */
#define __GFP_MEMALLOC 0x1000u /* all free pages are allowed: the caller makes memory free */

#define GFP_ATOMIC   (__GFP_HIGH)               /* interrupt handlers, callers with a spinlock */
#define GFP_NOWAIT   (0u)                       /* may not sleep, and can live without memory */
#define GFP_NOIO     (__GFP_RECLAIM)            /* for the way to a disk */
#define GFP_NOFS     (GFP_NOIO | __GFP_IO)      /* for a file system, with its locks held */
#define GFP_KERNEL   (GFP_NOFS | __GFP_FS)      /* memory of the kernel, with an address */
#define GFP_USER     GFP_KERNEL                 /* memory of a process, with an address */
#define GFP_DMA      (__GFP_DMA)                /* buffers of ISA devices */
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM) /* memory of a process; it needs no address */

/* The same, and reclaim can move the page to a file or to swap, and free it. */
#define GFP_HIGHUSER_MOVABLE (GFP_HIGHUSER | __GFP_MOVABLE)

/* The bits that choose the zones. They are the index of the request's zonelist. */
#define GFP_ZONEMASK (__GFP_DMA | __GFP_HIGHMEM | __GFP_DMA32)

/* Flags of requests whose pages may have no address. */
#define GFP_ANY_HIGHMEM (__GFP_HIGHMEM | __GFP_DMA32)

/**
 * gfp_zone() - highest zone that a request can use
 * @gfp: GFP_KERNEL, GFP_HIGHUSER, ...
 *
 * The request can use all lower zones, too. __GFP_DMA overrides the other flags, and __GFP_DMA32
 * overrides __GFP_HIGHMEM. A machine without RAM above 4 GiB has no ZONE_DMA32, and a request with
 * __GFP_DMA32 is one with __GFP_HIGHMEM there (mm/mem_map.c, mm/watermark.c).
 *
 * Context: any.
 * Return: the zone.
 */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	/* A table is cheaper than three tests. Each entry with __GFP_DMA is 0: ZONE_DMA. */
	static const u8 highest[GFP_ZONEMASK + 1] = {
		[0] = ZONE_NORMAL,
		[__GFP_HIGHMEM] = ZONE_HIGHMEM,
		[__GFP_DMA32] = ZONE_DMA32,
		[__GFP_DMA32 | __GFP_HIGHMEM] = ZONE_DMA32,
	};

	return (enum zone_type)highest[gfp & GFP_ZONEMASK];
}
