/* SPDX-License-Identifier: MIT */
#include <asm/direct_map.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <kernel/command.h>
#include <lib/parse.h>

#if DEBUG

/* Free memory is not mapped. The tables are there, since paging_init() makes no large pages then. */

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

/* Not present before: no flush is owed. */
void kernel_map_pages(unsigned long pfn, unsigned long count)
{
	for (unsigned long i = 0; wanted && i < count; i++)
		set_pte(pte_lookup((unsigned long)__va(PFN_PHYS(pfn + i))),
			mk_pte(pfn + i, PAGE_KERNEL));
}

/* Present and global before: invlpg, here only, as the header explains. */
void kernel_unmap_pages(unsigned long pfn, unsigned long count)
{
	for (unsigned long i = 0; wanted && i < count; i++) {
		unsigned long vaddr = (unsigned long)__va(PFN_PHYS(pfn + i));

		clear_pte(pte_lookup(vaddr));
		flush_tlb_one(vaddr);
	}
}

#endif
