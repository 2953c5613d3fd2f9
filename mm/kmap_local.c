/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <lib/parse.h>
#include <mm/kmap_local.h>

/*
 * The part of kmap_local_page() that knows page descriptors. arch/i386/kmap_local.c has the slots,
 * and explains them.
 */

_Static_assert(KMAP_LOCAL_SCALE == FRAME_SCALE, "a descriptor leads to its frame");

#if DEBUG

bool kmap_local_force_map;

static int parse_force_map(const char *value)
{
	return parse_bool(value, &kmap_local_force_map);
}
BOOT_PARAM("kmap_local_force_map", "kmap_local_force_map=0|1",
	   "DEBUG=1: kmap_local_page() gives lowmem pages slots, too", parse_force_map);

#endif

void __init kmap_local_init(void)
{
	kmap_local_init_slots(mem_map);
}

struct page *kmap_local_to_page(unsigned long vaddr)
{
	unsigned long pfn;

	return kmap_local_pfn(vaddr, &pfn) ? pfn_to_page(pfn) : NULL;
}
