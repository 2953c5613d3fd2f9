/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/mmzone.h>
#include <vm/object.h>

/*
 * The memory of reclaim: some bits of each frame (vm/clock.h), and which pages of files have left.
 * vm/history.c is the chapter.
 */

/* Beside the bits of vm/clock.h: the page has entered, and nobody has used it yet. */
#define FRAME_NEW 0x8u

/**
 * history_init() - make the tables
 *
 * Context: boot, once, after vmalloc_init(). Without memory for them all bits are 0.
 */
void history_init(void);

/**
 * frame_bits() - the bits of a frame
 * @pfn: any frame
 *
 * Context: any.
 * Return: CLOCK_CREDIT, CLOCK_ONCE, FRAME_NEW.
 */
u8 frame_bits(unsigned long pfn);

/**
 * set_frame_bits() - change the bits of a frame
 * @pfn: any frame
 * @bits: the new ones
 *
 * Context: any.
 */
void set_frame_bits(unsigned long pfn, u8 bits);

/**
 * once_pages() - count the frames of a zone with CLOCK_ONCE
 * @type: the zone
 *
 * Context: any.
 * Return: their number.
 */
unsigned long once_pages(enum zone_type type);

/**
 * history_entered() - a page of a file has entered the cache
 * @object: of a disk, locked
 * @page: in its tree
 *
 * Context: thread.
 */
void history_entered(struct vm_object *object, const struct page *page);

/**
 * history_used() - a page of a file is used, not by a mapping
 * @object: of a disk, locked
 * @page: in its tree
 *
 * The first use of a new page is what it was read for. Uses of the same page one after the other,
 * as by a program that reads byte by byte, count as one.
 * Context: thread.
 */
void history_used(struct vm_object *object, struct page *page);

/**
 * history_evicted() - reclaim takes a page; if it comes back it is not CLOCK_ONCE
 * @object: of a disk, locked
 * @page: in its tree
 *
 * Context: thread.
 */
void history_evicted(const struct vm_object *object, const struct page *page);
