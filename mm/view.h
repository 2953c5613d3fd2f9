/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The table by which a program outside of the machine finds the kernel's data; mm/view.c explains
 * it. tools/view.py and web/view.js read it. Every field is 32 bits wide and little-endian.
 *
 * A change of a field's meaning raises VIEW_VERSION. A new field is added at the end, which only
 * makes `size` larger: readers ignore what they do not know.
 */

#define VIEW_MAGIC   "HIGHVIEW"
#define VIEW_VERSION 1

/* Physical address of the anchor: the BIOS data area has 16 bytes there for any program's use. */
#define VIEW_ANCHOR 0x4f0ul

/**
 * struct view_anchor - leads to the table
 * @magic: VIEW_MAGIC, without a null byte
 * @view: physical address of struct view
 * @check: makes the four 32-bit words of the anchor add up to 0
 */
struct view_anchor {
	char magic[8];
	u32 view;
	u32 check;
};

/**
 * struct view_field - bits of a frame's flags
 * @shift: number of the lowest bit
 * @mask: the field, after the shift
 */
struct view_field {
	u32 shift, mask;
};

/**
 * struct view - where the data is, and how to read it
 *
 * Addresses are virtual unless their comment says otherwise: a reader translates them by the page
 * tables. A name that ends in _at is an offset in bytes. A name that ends in _size is the size of
 * one element of an array.
 */
struct view {
	char magic[8]; /* VIEW_MAGIC */
	u32 version;   /* VIEW_VERSION */
	u32 size;      /* bytes of this structure */

	/* Page tables: the physical address that CR3 has, and whether entries are 64 bits wide. */
	u32 root, pae;

	/* Borders of the address space, in rising order; <asm/layout.h> has the picture. */
	u32 page_offset, direct_map_end, vmalloc_start, vmalloc_end;
	u32 pkmap_start, fixmap_start, fixmap_end;
	u32 kernel_start, kernel_end; /* the image, inside of the direct map */

	/* CPUs: cpu_offsets[n] is not 0 if CPU n was started; CPU 0 always was. */
	u32 nr_cpus, cpu_offsets;

	/* A counter of timer ticks, and ticks per second: a reader sees that the kernel runs. */
	u32 ticks, ticks_per_second;

	/* Frames: mem_map[pfn] for pfn < max_pfn. */
	u32 max_pfn, max_low_pfn;
	u32 mem_map, frame_size, flags_at, refcount_at, a_at, b_at;
	struct view_field order, state, zone, compound, number;
	u32 state_names, nr_states; /* an array of addresses of strings */

	/* Zones. free_area[order] of a zone has the number of free blocks of that order. */
	u32 zones, zone_size, nr_zones;
	u32 name_at, start_pfn_at, spanned_at, present_at, managed_at, free_pages_at;
	u32 watermark_at, nr_watermarks;
	u32 free_area_at, free_area_size, nr_free_at, nr_orders;

	/*
	 * Slots of kmap(): slot n is the page at pkmap_start + n pages. Its signed count is
	 * kmap_idle if the slot maps a page without users, more with users, and less if empty.
	 * kmap_flushes is the address of a counter: each flush has made all idle slots empty.
	 */
	u32 kmap_slots, kmap_slot_size, nr_kmap_slots, kmap_count_at, kmap_idle, kmap_flushes;

	/*
	 * Slots of kmap_local_page(), in bytes: slot n of CPU c is the page at kmap_local_start +
	 * c * kmap_local_per_cpu + n * kmap_local_stride. Slots without a page are not present.
	 */
	u32 kmap_local_start, kmap_local_per_cpu, kmap_local_stride, kmap_local_depth;
};

/**
 * view_init() - fill in the table, and write the anchor if page 0 is RAM
 *
 * Context: boot, once, after vmalloc_init(): no border changes any more.
 */
void view_init(void);
