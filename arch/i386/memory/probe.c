/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/probe.h>

/*
 * Both probes map the frame at one page of the fixmap, FIX_TEST, which nothing else uses at boot.
 */

bool probe_phys(phys_addr_t phys)
{
	bool reached;
	u32 word;

	set_fixmap(FIX_TEST, phys & ~(phys_addr_t)(PAGE_SIZE - 1), PAGE_KERNEL_RO);
	reached = probe_read((void *)fix_to_virt(FIX_TEST), &word) == 0;
	clear_fixmap(FIX_TEST);
	return reached;
}

bool probe_ram(phys_addr_t phys)
{
	volatile u32 *word = (volatile u32 *)fix_to_virt(FIX_TEST);
	u32 before, after;

	/*
	 * The slot is not present, so no CPU can have an old translation of it: no flush is owed.
	 */
	set_fixmap(FIX_TEST, phys & ~(phys_addr_t)(PAGE_SIZE - 1), PAGE_KERNEL);
	before = *word;
	*word = ~before;
	/* The cache would keep the word, whatever is behind it (Intel SDM 2, WBINVD). */
	__asm__ volatile("wbinvd" ::: "memory");
	after = *word;
	*word = before;
	/* It flushes what was present. */
	clear_fixmap(FIX_TEST);
	return after == ~before;
}
