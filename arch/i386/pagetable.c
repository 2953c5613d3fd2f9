/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/pagetable.h>
#include <asm/percpu.h>
#include <asm/tlbflush.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <lib/string.h>

/*
 * Which page tables a CPU uses. The kernel half is the same in all of them, so a CPU that runs a
 * kernel thread, or nothing, keeps those that it has loaded last: the next program is often the
 * same, and then no CR3 load and no cold TLB is paid. Such a CPU is at rest. The price is that it
 * takes part in the next flush, and has to be sent away before the tables of a dead program are
 * freed. At that flush it leaves the tables, so a program that moves from CPU to CPU does not
 * interrupt all of them for each page.
 *
 *	CPU 0   runs a thread of program A     loaded: A     A.cpus = 101b
 *	CPU 1   runs a thread of program B     loaded: B     B.cpus = 010b
 *	CPU 2   idle, A ran here before        loaded: A     at rest
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

/* Nothing uses the user half of what is loaded. Interrupts are off where it changes. */
static DEFINE_PER_CPU(bool, at_rest);

void pagetable_load(struct pagetable *pt)
{
	struct pagetable *old = this_cpu(loaded);
	u32 bit = 1u << smp_processor_id();

	this_cpu(at_rest) = false;
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

void pagetable_rest(void)
{
	this_cpu(at_rest) = true;
}

static u32 last_id;

void pagetable_register(struct pagetable *pt, const phys_addr_t *directories)
{
	/* Entries of the pointer table have no rights (Intel SDM 3A, table 4-8). */
	if (CONFIG_PAE)
		for (unsigned int i = 0; i != NR_USER_DIRECTORIES; i++)
			pt->top[i] = (pteval_t)directories[i] | PTE_PRESENT;
	else
		memset(pt->top, 0, pde_index(TASK_SIZE) * sizeof(*pt->top));
	pt->cr3 = (u32)__pa(pt->top);
	pt->id = __atomic_add_fetch(&last_id, 1, __ATOMIC_RELAXED);
	pt->copy.top = pt->top;
	directory_copy_add(&pt->copy);
}

void pagetable_unregister(struct pagetable *pt)
{
	directory_copy_remove(&pt->copy);
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

/* --- flushes ---------------------------------------------------------------------------------- */

struct range {
	unsigned long start, end;
};

/* User pages are not global, so a CR3 load drops them all: that of other tables, too. */
static void flush_user_here(void *arg)
{
	const struct range *range = arg;

	if (this_cpu(at_rest)) {
		pagetable_load(&kernel_pagetable);
		return;
	}
	if (range->end - range->start > FLUSH_RANGE_PAGES * PAGE_SIZE) {
		flush_tlb_local();
		return;
	}
	for (unsigned long vaddr = range->start & PAGE_MASK; vaddr < range->end; vaddr += PAGE_SIZE)
		flush_tlb_one(vaddr);
}

/* The caller disables preemption; here it is enabled again. */
static noinline void flush_cpus(u32 cpus, unsigned long start, unsigned long end)
{
	struct range range = { start, end };
	struct cpumask others = { .bits = cpus };
	unsigned int ipis;

	if (cpumask_test_cpu(smp_processor_id(), &others)) {
		unsigned long flags = local_irq_save();

		flush_user_here(&range);
		local_irq_restore(flags);
		__cpumask_clear_cpu(smp_processor_id(), &others);
	}
	ipis = cpumask_weight(&others);
	if (ipis)
		smp_call_function_many(&others, flush_user_here, &range, true);
	tlb_count(TLB_USER, ipis);
	preempt_enable();
}

/*
 * The fence orders the changes of entries before the look at the set. pagetable_load() enters the
 * set by a locked instruction before it loads CR3. So one of the two sees the other.
 */
static void flush_range(struct pagetable *pt, unsigned long start, unsigned long end)
{
	flush_cpus(pagetable_users(pt), start, end);
}

void flush_tlb_user_cpus(u32 cpus)
{
	preempt_disable();
	flush_cpus(cpus, 0, TASK_SIZE);
}

/* Mostly it is one page, and no other CPU has the tables loaded. */
void flush_tlb_user_range(struct pagetable *pt, unsigned long start, unsigned long end)
{
	preempt_disable();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (likely(READ_ONCE(pt->cpus) == 1u << smp_processor_id() && end - start <= PAGE_SIZE)) {
		flush_tlb_one(start);
		tlb_count(TLB_USER, 0);
		preempt_enable();
	} else {
		flush_range(pt, start, end);
	}
}

void flush_tlb_user_all(struct pagetable *pt)
{
	preempt_disable();
	flush_range(pt, 0, TASK_SIZE);
}
