/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>

/*
 * A model of the page allocator in the simplest form: one byte per frame. It has no lists and no
 * blocks, and does not coalesce. From the frames that are free follows what the free lists must
 * contain.
 */

enum model_frame {
	MODEL_HOLE,
	MODEL_RESERVED,
	MODEL_FREE,
	MODEL_USED,
};

/* Limit of the frames of a test machine. */
#define MODEL_MAX_PFN 0x110000ul

extern unsigned char model[MODEL_MAX_PFN]; /* enum model_frame */

/**
 * model_build() - make a random machine: RAM, reservations, and the start of highmem
 * @window_start: start of RAM that must be free lowmem: mem_map will be there
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
 * model_handover() - do in the model what memblock_free_all() must do: RAM that is not reserved
 * is free
 *
 * For each range that memblock allocated meanwhile the caller has called model_reserve().
 */
void model_handover(void);

/**
 * model_zone() - zone of a frame
 * @pfn: less than max_pfn
 *
 * Return: the zone.
 */
enum zone_type model_zone(unsigned long pfn);

/**
 * model_range_is() - are all frames of a range in one state?
 * @pfn: first
 * @nr: number of frames
 * @state: the expected state
 *
 * Return: true if they are.
 */
bool model_range_is(unsigned long pfn, unsigned long nr, enum model_frame state);

/**
 * model_set() - change the state of a range
 * @pfn: first
 * @nr: number of frames
 * @state: the new state
 */
void model_set(unsigned long pfn, unsigned long nr, enum model_frame state);

/**
 * model_matches() - compare all sums, and the lengths of all free lists, with the model
 *
 * Where 2^n aligned frames of one zone are free, and are not part of such a block of order n + 1, a
 * block of order n must be free.
 *
 * Return: NULL, or a text with the difference (static buffer).
 */
const char *model_matches(void);
