/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * With DEBUG=1, free pages of the direct map are not mapped (debug_pagealloc), so that an access to
 * free memory faults at once. The direct map then consists of 4 KiB pages.
 */

#if DEBUG

/**
 * debug_pagealloc() - test whether free pages are unmapped
 *
 * Context: any, after the parameters are parsed.
 * Return: the value of debug_pagealloc=; true without it.
 */
bool debug_pagealloc(void);

/**
 * kernel_map_pages() - map frames of the direct map that get an owner
 * @pfn: first frame
 * @count: number of frames
 *
 * Context: any.
 */
void kernel_map_pages(unsigned long pfn, unsigned long count);

/**
 * kernel_unmap_pages() - unmap frames of the direct map that become free
 * @pfn: first frame
 * @count: number of frames
 *
 * Flushes this CPU only. Another CPU may use an old translation and miss an error, which is
 * harmless: the next owner has the frame at the same address.
 * Context: any.
 */
void kernel_unmap_pages(unsigned long pfn, unsigned long count);

#else

static inline bool debug_pagealloc(void)
{
	return false;
}

#endif
