/* SPDX-License-Identifier: MIT */
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/smp_call.h>
#include <asm/tlbflush.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/helpers/cpus.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>

/* TLB flushes on all CPUs: no CPU may use a translation after it was changed. */

#define CHANGES 100

/*
 * A reader on another CPU reads an address all the time. Each change maps a page with a higher
 * number there, and raises the expected number when it is complete. The invariant: the reader never
 * finds a number below the one that was expected before it read. A lower number is an old page,
 * seen through a stale TLB entry.
 */
static struct {
	unsigned long vaddr;
	volatile u32 expected;
	volatile bool done;
	volatile u32 reads, stale;
} watched;

static int read_all_the_time(void *arg)
{
	while (!watched.done) {
		u32 expected = watched.expected, value;

		/* Count an error only if the same number was expected before and after the read. */
		if (probe_read((void *)watched.vaddr, &value) == 0 && value < expected &&
		    watched.expected == expected)
			watched.stale++;
		watched.reads++;
		cpu_relax();
	}
	return 0;
}

static struct thread *start_reader(unsigned long vaddr)
{
	struct thread *thread;

	watched.vaddr = vaddr;
	watched.expected = watched.reads = watched.stale = 0;
	watched.done = false;
	thread = run_on(other_cpu(), read_all_the_time, NULL);
	return thread;
}

static void wait_for_read(void)
{
	u32 reads = watched.reads;
	u64 end = time_ns() + 20000000000ull;

	while (watched.reads < reads + 2 && time_ns() < end)
		cpu_relax();
}

static void stop_reader(struct thread *reader)
{
	watched.done = true;
	kthread_join(reader);
	EXPECT_EQ(watched.stale, 0);
	EXPECT(watched.reads > 0);
}

/* Writes a number into the first word of a page. */
static void number_page(struct page *page, u32 number)
{
	memcpy_to_page(page, 0, &number, sizeof(number));
}

/* Flushes that this CPU has done: of one translation, and of all or all that are not global. */
struct done {
	u32 one, all;
};

static struct done done_here(void)
{
	const struct tlb_counts *counts = this_cpu_ptr(tlb_counts);

	return (struct done){ counts->one, counts->cr3 + counts->all };
}

/* Flushes a range, and expects a number of flushes of each kind on this CPU. */
static void expect_flushes(unsigned long start, unsigned long end, struct done expected)
{
	struct done before, after;
	u32 flushes;

	migrate_disable();
	flushes = tlb_flushes(TLB_UNMAP);
	before = done_here();
	flush_tlb_kernel_range(start, end, TLB_UNMAP);
	after = done_here();
	EXPECT_EQ(after.one - before.one, expected.one);
	EXPECT_EQ(after.all - before.all, expected.all);
	EXPECT_EQ(tlb_flushes(TLB_UNMAP), flushes + 1);
	migrate_enable();
}

/* The addresses need not be mapped, nor be multiples of the page size. */
KTEST(smp_flush, a_small_range_is_flushed_page_by_page)
{
	const unsigned long start = vmalloc_start;

	expect_flushes(start, start + PAGE_SIZE, (struct done){ 1, 0 });
	expect_flushes(start, start + 5 * PAGE_SIZE, (struct done){ 5, 0 });
	expect_flushes(start + 100, start + 101, (struct done){ 1, 0 });
	expect_flushes(start + 100, start + PAGE_SIZE + 100, (struct done){ 2, 0 });
	expect_flushes(start, start + FLUSH_RANGE_PAGES * PAGE_SIZE,
		       (struct done){ FLUSH_RANGE_PAGES, 0 });
}

KTEST(smp_flush, a_large_range_is_flushed_as_a_whole)
{
	const unsigned long start = vmalloc_start;

	expect_flushes(start, start + (FLUSH_RANGE_PAGES + 1) * PAGE_SIZE, (struct done){ 0, 1 });
	expect_flushes(start, start + 1000 * PAGE_SIZE, (struct done){ 0, 1 });
	expect_flushes(start, VMALLOC_END, (struct done){ 0, 1 });
}

KTEST(smp_flush, a_changed_fixmap_page_is_seen_by_all)
{
	struct page *pages[2] = { alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL) };
	struct thread *reader;

	if (one_cpu())
		goto out;
	KTEST_REQUIRE(pages[0] && pages[1]);
	migrate_disable();
	reader = start_reader(fix_to_virt(FIX_TEST));
	for (u32 i = 1; i <= CHANGES; i++) {
		number_page(pages[i % 2], i);
		set_fixmap(FIX_TEST, page_to_phys(pages[i % 2]), PAGE_KERNEL);
		watched.expected = i;
		wait_for_read();
	}
	clear_fixmap(FIX_TEST);
	stop_reader(reader);
	migrate_enable();
out:
	__free_page(pages[0]);
	__free_page(pages[1]);
}

/* A purged range faults on all CPUs: no CPU may read a page that has a new owner. */
KTEST(smp_flush, an_unmapped_range_faults_everywhere)
{
	struct thread *reader;
	u32 *memory;

	if (one_cpu())
		return;
	migrate_disable();
	vm_unmap_aliases(); /* so that the lowest gap is the same each time */
	memory = vmalloc(PAGE_SIZE);
	KTEST_REQUIRE(memory);
	reader = start_reader((unsigned long)memory);
	for (u32 i = 0; i < CHANGES; i++) {
		EXPECT((unsigned long)memory == watched.vaddr);
		*memory = 1;
		wait_for_read();
		vfree(memory);
		vm_unmap_aliases();
		/* From now on any number that can be read is too low. */
		watched.expected = ~0u;
		wait_for_read();
		watched.expected = 0;
		wait_for_read();
		memory = vmalloc(PAGE_SIZE);
		KTEST_REQUIRE(memory);
	}
	stop_reader(reader);
	vfree(memory);
	migrate_enable();
}

/* A CPU that cannot flush yet, since its interrupts are off. */
static struct {
	volatile bool ready, ends;
	u32 calls; /* calls of CPUs before the flush */
} late;

static int be_late(void *unused)
{
	unsigned long flags = local_irq_save();
	u64 end = time_ns() + SECOND;

	late.ready = true;
	while (smp_counts_sum().calls == late.calls && time_ns() < end)
		cpu_relax();
	end = time_ns() + SECOND / 1000;
	while (time_ns() < end)
		cpu_relax();
	late.ends = true;
	local_irq_restore(flags);
	return 0;
}

KTEST(smp_flush, a_flush_waits_for_the_last_cpu)
{
	struct thread *thread;
	u32 ipis;

	if (one_cpu())
		return;
	migrate_disable();
	late.ready = late.ends = false;
	late.calls = smp_counts_sum().calls;
	thread = run_on(other_cpu(), be_late, NULL);
	KTEST_REQUIRE(thread);
	while (!late.ready)
		sched_yield();
	ipis = tlb_ipis(TLB_UNMAP);
	flush_tlb_kernel_page(vmalloc_start, TLB_UNMAP);
	EXPECT(late.ends);
	EXPECT_EQ(tlb_ipis(TLB_UNMAP) - ipis, num_online_cpus() - 1);
	migrate_enable();
	kthread_join(thread);
}

static struct page *fillers[LAST_PKMAP - 1];

/*
 * All slots but one are held, so two pages share that one in turn, and each change recycles it.
 * Another CPU that reads the slot's address from memory must see the change, too.
 */
KTEST(smp_flush, a_recycled_kmap_slot_is_seen_by_all)
{
	struct page *pages[2] = { alloc_page(GFP_HIGHUSER), alloc_page(GFP_HIGHUSER) };
	struct thread *reader = NULL;
	u32 flushes, ipis, nr = 0;

	KTEST_REQUIRE(pages[0] && pages[1]);
	if (!page_is_highmem(pages[0]) || !page_is_highmem(pages[1]) ||
	    nr_free_highpages() < LAST_PKMAP) {
		ktest_skip("less free highmem than slots");
		goto out;
	}
	if (one_cpu())
		goto out;
	migrate_disable();
	for (u32 left = kmap_slots_left();
	     nr < left - 1 && (fillers[nr] = alloc_page(GFP_HIGHUSER)); nr++)
		kmap(fillers[nr]);
	/* Recycles the slots that earlier tests left idle. */
	kmap(pages[0]);
	kunmap(pages[0]);
	flushes = tlb_flushes(TLB_KMAP);
	ipis = tlb_ipis(TLB_KMAP);
	for (u32 i = 1; i <= CHANGES; i++) {
		struct page *page = pages[i % 2];
		void *slot;

		number_page(page, i);
		slot = kmap(page);
		if (!reader)
			reader = start_reader((unsigned long)slot);
		EXPECT((unsigned long)slot == watched.vaddr);
		watched.expected = i;
		wait_for_read();
		kunmap(page);
	}
	stop_reader(reader);
	/* At most one round of flushes per wrap. */
	EXPECT(tlb_flushes(TLB_KMAP) - flushes <= CHANGES);
	EXPECT(tlb_ipis(TLB_KMAP) - ipis <= CHANGES * (num_online_cpus() - 1));
	while (nr) {
		kunmap(fillers[--nr]);
		__free_page(fillers[nr]);
	}
	migrate_enable();
out:
	__free_page(pages[0]);
	__free_page(pages[1]);
}
