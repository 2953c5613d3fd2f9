/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * DEBUG=1: pages of the direct map that nobody owns are not mapped (debug_pagealloc), so that a touch of free
 * memory faults at once. The direct map then consists of 4K pages.
 */

#if DEBUG

/**
 * debug_pagealloc() - are free pages unmapped?
 *
 * Return: what debug_pagealloc= says; true without it.
 */
bool debug_pagealloc(void);

/**
 * kernel_map_pages() - map frames of the direct map that get an owner
 * @pfn: first frame
 * @count: how many
 *
 * Context: any.
 */
void kernel_map_pages(unsigned long pfn, unsigned long count);

/**
 * kernel_unmap_pages() - unmap frames of the direct map that become free
 * @pfn: first frame
 * @count: how many
 *
 * Context: any. Flushed on this CPU only: another one may go on using a translation that it has, and miss an
 * error, no more; the frame's next owner has the same address.
 */
void kernel_unmap_pages(unsigned long pfn, unsigned long count);

#else

static inline bool debug_pagealloc(void)
{
	return false;
}

#endif
