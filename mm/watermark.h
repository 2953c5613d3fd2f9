/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * Watermarks and reserves: how many pages a request must leave free in a zone.
 *
 *	free pages of Normal
 *	│ any request for lowmem or highmem may take these
 *	├── min + reserve for highmem requests ── GFP_HIGHUSER stops here
 *	│ GFP_KERNEL may take these
 *	├── min ──────────────────────────────── GFP_KERNEL stops here
 *	│ GFP_ATOMIC may take these
 *	0
 *
 * mm/watermark.c says why, and how the numbers are computed.
 */

/**
 * zone_limits_update() - compute watermarks, reserves and batch sizes of all zones again
 *
 * To be called after a change of managed pages, of the number of CPUs, or of a setting below.
 *
 * Context: any.
 */
void zone_limits_update(void);

/**
 * zone_mark() - number of pages that a request must leave free in a zone
 * @zone: a zone of its zonelist
 * @gfp: flags of the request
 *
 * Context: any.
 * Return: pages of order 0.
 */
static inline unsigned long zone_mark(const struct zone *zone, gfp_t gfp)
{
	_Static_assert(__GFP_MOVABLE >> 8 == MAX_NR_ZONES, "the flag becomes an index");
	if (unlikely(gfp & __GFP_MEMALLOC))
		return 0;
	return (gfp & __GFP_HIGH ? 0 : zone->watermark[WMARK_MIN]) +
	       zone->lowmem_reserve[gfp_zone(gfp) + (gfp >> 8 & MAX_NR_ZONES)];
}

/**
 * zones_are_low() - are all zones of a request below their low marks?
 * @gfp: flags of the request
 *
 * Context: any.
 * Return: true if kswapd should work.
 */
bool zones_are_low(gfp_t gfp);

/**
 * zone_reserve_movable() - say whether pages with __GFP_MOVABLE can leave
 * @movable: there is a place to swap to. Their reserves are a fifth then
 *
 * Context: any.
 */
void zone_reserve_movable(bool movable);

/* Limit of min_free_kbytes: 256 MiB, as in Linux. */
#define MIN_FREE_KBYTES_MAX 262144u

/**
 * min_free_kbytes() - how much lowmem is kept for requests with __GFP_HIGH
 *
 * Context: any.
 * Return: kB, the sum over all lowmem zones.
 */
u32 min_free_kbytes(void);

/**
 * min_free_kbytes_set() - set how much lowmem is kept for requests with __GFP_HIGH
 * @text: kB, a number up to MIN_FREE_KBYTES_MAX
 *
 * Before the first call the value is 4 times the square root of lowmem in kB.
 *
 * Context: any.
 * Return: 0; or a negative errno, and nothing has changed.
 */
int min_free_kbytes_set(const char *text);

/**
 * lowmem_reserve_ratio() - ratio of the reserve that a zone keeps from requests for higher zones
 * @type: any zone
 *
 * Context: any.
 * Return: n: the zone keeps one page for every n managed pages of the zones above it, up to the
 * best zone of the request. 0: the zone has no reserve.
 */
u32 lowmem_reserve_ratio(enum zone_type type);

/**
 * lowmem_reserve_ratio_set() - set the ratios of the reserves
 * @text: two numbers, for DMA and Normal: "256,32"; a third one is for DMA32
 *
 * Context: any.
 * Return: 0; or a negative errno, and nothing has changed.
 */
int lowmem_reserve_ratio_set(const char *text);
