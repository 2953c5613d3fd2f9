/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/*
 * What a request for memory says of itself: where the memory may come from, and how far the
 * allocator may go to get it. Callers use the sums (GFP_KERNEL, ...); the bits are for the
 * allocators.
 */

typedef unsigned int gfp_t;

#define __GFP_DMA     0x01u /* from ZONE_DMA only */
#define __GFP_HIGHMEM 0x02u /* may come from ZONE_HIGHMEM: has no address until it is mapped */
#define __GFP_ZERO    0x04u /* filled with zeroes */
#define __GFP_HIGH    0x08u /* may use the reserve below the min watermark */
#define __GFP_NOWARN  0x10u /* no report if it fails */
#define __GFP_RECLAIM 0x20u /* may sleep to get memory */
#define __GFP_NOFAIL  0x40u /* the caller cannot go on without: no memory is a panic */
#define __GFP_COMP    0x80u /* a compound block: each frame leads to the first, see compound_head() */

#define GFP_ATOMIC   (__GFP_HIGH)
#define GFP_NOWAIT   (0u)
#define GFP_KERNEL   (__GFP_RECLAIM)
#define GFP_USER     (__GFP_RECLAIM)
#define GFP_DMA      (__GFP_DMA)
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)

/* The bits that say where from; they are the index of the request's zonelist. */
#define GFP_ZONEMASK (__GFP_DMA | __GFP_HIGHMEM)

/**
 * gfp_zone() - the highest zone that will do for a request
 * @gfp: GFP_KERNEL, GFP_HIGHUSER, ...
 *
 * Lower zones will do as well. With __GFP_DMA there is none, so such a request never leaves
 * ZONE_DMA, with __GFP_HIGHMEM too.
 */
static inline enum zone_type gfp_zone(gfp_t gfp)
{
	if (gfp & __GFP_DMA)
		return ZONE_DMA;
	return gfp & __GFP_HIGHMEM ? ZONE_HIGHMEM : ZONE_NORMAL;
}
