/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/**
 * mem_map_alloc_high() - a frame table out of high memory
 * @size: bytes
 *
 * Takes its addresses from the bottom of the vmalloc range, which begins behind it afterwards. The
 * descriptors are zero. Those of holes are read-only, as far as no RAM shares a page with them.
 *
 * Context: boot, once, after paging_init(), before vmalloc_init().
 * Return: its address; NULL if it would take more than half of the vmalloc range, or there is no memory.
 */
struct page *mem_map_alloc_high(u64 size);
