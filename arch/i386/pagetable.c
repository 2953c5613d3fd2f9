/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/pagetable.h>
#include <asm/percpu.h>
#include <asm/tlbflush.h>
#include <kernel/cpu_call.h>

/*
 * Which page tables a CPU uses. The kernel half is the same in all of them, so a CPU that runs a
 * kernel thread, or nothing, keeps those that it has loaded last: the next program is often the
 * same, and then no CR3 load and no cold TLB is paid. The price is that such a CPU still takes
 * part in flushes, and has to be sent away before the tables of a dead program are freed.
 *
 *	CPU 0   runs a thread of program A     loaded: A     A.cpus = 101b
 *	CPU 1   runs a thread of program B     loaded: B     B.cpus = 010b
 *	CPU 2   idle, A ran here before        loaded: A
 *
 * The invariant: a CPU that has page tables loaded is in their set. It enters the set before it
 * loads CR3 and leaves it afterwards, so it may be in two sets for a moment, and never in none.
 */

struct pagetable kernel_pagetable = {
	.cr3 = (u32)(CONFIG_PAE ? (unsigned long)swapper_pdpt : (unsigned long)swapper_pg_dir) -
	       PAGE_OFFSET,
	.top = CONFIG_PAE ? swapper_pdpt : (pteval_t *)swapper_pg_dir,
};

/* NULL is kernel_pagetable, before the first load. Interrupts are off around each use. */
static DEFINE_PER_CPU(struct pagetable *, loaded);

void pagetable_load(struct pagetable *pt)
{
	struct pagetable *old = this_cpu(loaded);
	u32 bit = 1u << smp_processor_id();

	if (old == pt)
		return;
	/* A full barrier: no entry is read through the new tables before the bit is visible. */
	__atomic_fetch_or(&pt->cpus, bit, __ATOMIC_SEQ_CST);
	write_cr3(pt->cr3);
	this_cpu_add(tlb_counts.cr3, 1);
	this_cpu(loaded) = pt;
	if (old)
		__atomic_fetch_and(&old->cpus, ~bit, __ATOMIC_SEQ_CST);
}

static void leave_here(void *arg)
{
	if (this_cpu(loaded) == arg)
		pagetable_load(&kernel_pagetable);
}

void pagetable_leave(struct pagetable *pt)
{
	unsigned long flags;
	struct cpumask others;

	preempt_disable();
	flags = local_irq_save();
	leave_here(pt);
	local_irq_restore(flags);
	others.bits = READ_ONCE(pt->cpus);
	if (others.bits)
		smp_call_function_many(&others, leave_here, pt, true);
	preempt_enable();
}
