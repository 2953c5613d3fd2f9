/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/tlbflush.h>

/*
 * The flushes that are more than one instruction. Which change owes which flush stands in tlbflush.h.
 */

struct tlb_counts tlb_counts;

/* From so many pages on, dropping everything costs less than one invlpg a page. */
#define FLUSH_RANGE_PAGES 32

void flush_tlb_all(void)
{
	unsigned long flags, cr4;

	if (!cpu_has(CPU_PGE)) {
		flush_tlb_local();
		return;
	}
	/* An interrupt between the two writes would only run slowly; one that writes CR4 would be
	 * undone. */
	flags = local_irq_save();
	cr4 = read_cr4();
	write_cr4(cr4 & ~CR4_PGE);
	write_cr4(cr4);
	tlb_counts.all++;
	local_irq_restore(flags);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	if (end - start > FLUSH_RANGE_PAGES * PAGE_SIZE) {
		flush_tlb_all();
		return;
	}
	for (unsigned long vaddr = start & PAGE_MASK; vaddr < end; vaddr += PAGE_SIZE)
		flush_tlb_one(vaddr);
}
