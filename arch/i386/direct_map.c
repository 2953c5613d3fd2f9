/* SPDX-License-Identifier: MIT */
#include <asm/direct_map.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/command.h>
#include <lib/parse.h>

#if DEBUG

/*
 * With DEBUG=1, free memory is not mapped, as with Linux's debug_pagealloc. Changing a PTE cannot
 * fail: with this option, paging_init() makes no large pages, so all tables exist.
 */

static bool wanted = true;

static int parse_debug_pagealloc(const char *value)
{
	return parse_bool(value, &wanted);
}
BOOT_PARAM("debug_pagealloc", "debug_pagealloc=on|off",
	   "DEBUG=1: free pages of lowmem are unmapped, so that a touch faults",
	   parse_debug_pagealloc);

bool debug_pagealloc(void)
{
	return wanted;
}

/* The pages were not present, so no flush is needed. */
void kernel_map_pages(unsigned long pfn, unsigned long count)
{
	for (unsigned long i = 0; wanted && i < count; i++)
		set_pte(pte_lookup((unsigned long)__va(PFN_PHYS(pfn + i))),
			mk_pte(pfn + i, PAGE_KERNEL));
}

/*
 * The pages were present and global. The flush is invlpg on this CPU only; the header explains why.
 */
void kernel_unmap_pages(unsigned long pfn, unsigned long count)
{
	for (unsigned long i = 0; wanted && i < count; i++) {
		unsigned long vaddr = (unsigned long)__va(PFN_PHYS(pfn + i));

		clear_pte(pte_lookup(vaddr));
		flush_tlb_one(vaddr);
	}
}

#endif
