/* SPDX-License-Identifier: MIT */
#include <mm/page.h>

/*
 * Where the frame table is, and where it ends. Every part of the kernel that deals with frames
 * uses these three numbers. setup.c computes the two borders from the memory map, mem_map.c makes
 * the table.
 */

struct page *mem_map __ro_after_init;

const char *page_state_name(enum page_state state)
{
	static const char *const names[] = {
		[PAGE_HOLE] = "hole",
		[PAGE_RESERVED] = "reserved",
		[PAGE_TAIL] = "tail of a block",
		[PAGE_FREE] = "free",
		[PAGE_CACHED] = "free, cached by a CPU",
		[PAGE_USED] = "allocated",
		[PAGE_SLAB] = "slab",
		[PAGE_TABLE] = "page table",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}
