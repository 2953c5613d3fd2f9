/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/probe.h>

/*
 * Asks the machine about RAM by an access. The memory map may name RAM that the CPU cannot address,
 * or that does not exist. Both probes map the frame at FIX_TEST, a fixmap page that nothing else
 * uses at boot.
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
	 * The entry is not present, so no CPU can have an old translation of it, and no flush is
	 * needed.
	 */
	set_fixmap(FIX_TEST, phys & ~(phys_addr_t)(PAGE_SIZE - 1), PAGE_KERNEL);
	before = *word;
	*word = ~before;
	/*
	 * Without this, the cache would return the word even if there is no RAM behind it (Intel
	 * SDM 2, WBINVD).
	 */
	__asm__ volatile("wbinvd" ::: "memory");
	after = *word;
	*word = before;
	/* clear_fixmap() also flushes the page. */
	clear_fixmap(FIX_TEST);
	return after == ~before;
}
