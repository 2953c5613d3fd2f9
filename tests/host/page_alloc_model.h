/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * What the page allocator must do, in the simplest form: a byte a frame. There are no lists, no
 * blocks and no merging here; what the free lists have to look like follows from which frames are free.
 */

enum model_frame {
	MODEL_HOLE,
	MODEL_RESERVED,
	MODEL_FREE,
	MODEL_USED,
};

/* Frames that a test machine may have at most. */
#define MODEL_MAX_PFN 0x110000ul

extern unsigned char model[MODEL_MAX_PFN]; /* enum model_frame */

/**
 * model_build() - a random machine: RAM, what of it is taken, and where highmem begins
 * @window_start: RAM which must be free and lowmem: mem_map will be there
 * @window_end: its end
 *
 * Fills memblock's two lists, max_pfn and max_low_pfn. model_handover() fills the model.
 */
void model_build(phys_addr_t window_start, phys_addr_t window_end);

/**
 * model_reserve() - enter a range as reserved
 * @base: first byte
 * @size: bytes
 */
void model_reserve(phys_addr_t base, phys_addr_t size);

/**
 * model_handover() - what memblock_free_all() has to do: what is RAM and not reserved is free
 *
 * Whatever memblock allocated meanwhile must have been told by model_reserve().
 */
void model_handover(void);

/**
 * model_zone() - zone of a frame
 * @pfn: less than max_pfn
 */
enum zone_type model_zone(unsigned long pfn);

/**
 * model_range_is() - are all frames of a range in one state?
 * @pfn: first
 * @nr: how many
 * @state: expected
 */
bool model_range_is(unsigned long pfn, unsigned long nr, enum model_frame state);

/**
 * model_set() - change the state of a range
 * @pfn: first
 * @nr: how many
 * @state: new
 */
void model_set(unsigned long pfn, unsigned long nr, enum model_frame state);

/**
 * model_matches() - compare all sums and all free lists' lengths with the model
 *
 * A block of order n has to be free where 2^n aligned frames of one zone are, and are not part of
 * such a block of order n + 1.
 *
 * Return: NULL, or what differs, with figures (static buffer).
 */
const char *model_matches(void);
