/* SPDX-License-Identifier: MIT */
#include <mm/page.h>

/*
 * Where the frame table is, and where it ends. Every part of the kernel that deals with frames
 * uses these three numbers. setup.c computes the two borders from the memory map, mem_map.c makes
 * the table.
 */

struct page *mem_map __ro_after_init;

const char *const page_state_names[NR_PAGE_STATES] = {
	[PAGE_HOLE] = "hole",
	[PAGE_RESERVED] = "reserved",
	[PAGE_TAIL] = "tail of a block",
	[PAGE_FREE] = "free",
	[PAGE_CACHED] = "free, cached by a CPU",
	[PAGE_USED] = "allocated",
	[PAGE_TABLE] = "page table",
	[PAGE_SLAB] = "slab",
	[PAGE_ANON] = "anonymous",
	[PAGE_ANON_SHARED] = "anonymous, shared",
	[PAGE_OBJECT] = "file",
	[PAGE_SWAP] = "swap cache",
};

const char *page_state_name(enum page_state state)
{
	return state < NR_PAGE_STATES ? page_state_names[state] : "unknown";
}
