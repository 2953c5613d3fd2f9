/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * How much of a zone a request has to leave.
 *
 *	free pages of Normal
 *	│ any request for lowmem may take these
 *	├── min + reserve for highmem requests ── GFP_HIGHUSER stops here
 *	│ GFP_KERNEL may take these
 *	├── min ──────────────────────────────── GFP_KERNEL stops here
 *	│ GFP_ATOMIC may take these
 *	0
 *
 * The names and the arithmetic are those of Linux's Documentation/admin-guide/sysctl/vm.rst:
 * min_free_kbytes, lowmem_reserve_ratio, watermark_scale_factor.
 */

/**
 * zone_limits_update() - work out watermarks, reserves, and how much CPUs may keep
 *
 * Context: any; whenever managed pages, the number of CPUs, or a setting below, have changed.
 */
void zone_limits_update(void);

/**
 * zone_mark() - free pages that a request has to leave in a zone
 * @zone: one of its zonelist
 * @gfp: of the request
 */
static inline unsigned long zone_mark(const struct zone *zone, gfp_t gfp)
{
	return (gfp & __GFP_HIGH ? 0 : zone->watermark[WMARK_MIN]) +
	       zone->lowmem_reserve[gfp_zone(gfp)];
}

/* No more than this for min_free_kbytes: 256 MiB. */
#define MIN_FREE_KBYTES_MOST 262144u

/**
 * min_free_kbytes() - the setting
 *
 * Return: kB that only __GFP_HIGH may take, over all of lowmem.
 */
u32 min_free_kbytes(void);

/**
 * min_free_kbytes_set() - choose it
 * @text: a number up to MIN_FREE_KBYTES_MOST
 *
 * Without it, it grows with the square root of lowmem: 4 * sqrt(kB).
 * Return: 0, or a negative errno: then nothing is changed.
 */
int min_free_kbytes_set(const char *text);

/**
 * lowmem_reserve_ratio() - the setting
 * @type: of a lowmem zone
 *
 * Return: one in so many pages of the zones above, up to the one that the request would like best, stays
 * free in this one. 0: none does.
 */
u32 lowmem_reserve_ratio(enum zone_type type);

/**
 * lowmem_reserve_ratio_set() - choose it
 * @text: two numbers, for DMA and Normal: "256,32"
 *
 * Return: 0, or a negative errno: then nothing is changed.
 */
int lowmem_reserve_ratio_set(const char *text);
