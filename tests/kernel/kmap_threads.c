/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/fixmap.h>
#include <asm/lapic.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <sched/mutex.h>
#include <tests/helpers/cpus.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * Mappings and threads: kmap_local mappings survive a switch, interrupts at any instruction, and a
 * busy CPU; kmap() works from many threads at once.
 */

static bool no_highmem(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);
	bool high = page && page_is_highmem(page);

	if (page)
		__free_page(page);
	if (!high)
		ktest_skip("no free highmem on this machine");
	return !high;
}

/* --- mappings survive a switch ---------------------------------------------------------------- */

#define NR_THREADS 64
#define DEPTH      6
#define ROUNDS     5

/* Each level maps a page of its own. Its number tells the thread, the level and the round. */
static int hold_mappings(void *arg)
{
	u32 id = (u32)(unsigned long)arg, bad = 0, cpu;
	struct page *pages[DEPTH];
	u32 *addr[DEPTH];
	unsigned int nr = 0;

	while (nr < DEPTH && (pages[nr] = alloc_page(GFP_HIGHUSER)))
		nr++;
	for (u32 round = 0; round < ROUNDS; round++) {
		for (unsigned int i = 0; i < nr; i++) {
			addr[i] = kmap_local_page(pages[i]);
			if (round && *addr[i] != (id << 16 | i << 8 | (round - 1)))
				bad++;
			*addr[i] = id << 16 | i << 8 | round;
		}
		cpu = smp_processor_id();
		sched_yield();
		/* The thread runs on the same CPU, and its addresses still map the same pages. */
		bad += nr && page_is_highmem(pages[0]) && smp_processor_id() != cpu;
		for (unsigned int i = nr; i-- > 0;) {
			if (*addr[i] != (id << 16 | i << 8 | round))
				bad++;
			kunmap_local(addr[i]);
			if (i % 3 == 0)
				sched_yield();
		}
	}
	while (nr)
		__free_page(pages[--nr]);
	return (int)bad;
}

KTEST(kmap_threads, nested_mappings_survive_a_switch)
{
	static struct thread *threads[NR_THREADS];

	if (no_highmem())
		return;
	for (unsigned int i = 0; i < NR_THREADS; i++)
		threads[i] = kthread_run(hold_mappings, (void *)(unsigned long)i, "holds/%u", i);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		KTEST_REQUIRE(threads[i]);
		EXPECT_EQ(kthread_join(threads[i]), 0);
	}
}

/* --- the slots of each CPU -------------------------------------------------------------------- */

static unsigned long address_on_cpu[NR_CPUS];

static void note_address(void *page)
{
	void *addr = kmap_local_page(page);

	address_on_cpu[smp_processor_id()] = (unsigned long)addr;
	kunmap_local(addr);
}

/* Two CPUs with one slot would exchange the PTE under each other's mapping. */
KTEST(kmap_threads, each_cpu_maps_at_addresses_of_its_own)
{
	struct page *page;
	u32 cpu, other;

	if (no_highmem() || one_cpu())
		return;
	page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(page);
	memset(address_on_cpu, 0, sizeof(address_on_cpu));
	on_each_cpu(note_address, page, true);
	for_each_online_cpu(cpu) {
		EXPECT(address_on_cpu[cpu]);
		for_each_online_cpu(other)
			EXPECT(cpu == other || address_on_cpu[cpu] != address_on_cpu[other]);
	}
	__free_page(page);
}

/* --- interrupts at any instruction ------------------------------------------------------------ */

static volatile bool stop;

/* Maps, writes, reads and unmaps two pages of its own, until @stop is set. */
static int map_all_the_time(void *arg)
{
	struct page *pages[2] = { alloc_page(GFP_HIGHUSER), alloc_page(GFP_HIGHUSER) };
	u32 id = (u32)(unsigned long)arg, bad = 0;

	for (u32 round = 0; !stop; round++) {
		u32 *first = kmap_local_page(pages[0]), *second;

		*first = id + round;
		second = kmap_local_page(pages[1]);
		*second = ~(id + round);
		bad += *first != id + round;
		bad += *second != ~(id + round);
		kunmap_local(second);
		bad += *first != id + round;
		kunmap_local(first);
		/* With -icount, this lets another CPU run, which wants to interrupt this one. */
		if (round % LOOKS_PER_PAUSE == 0)
			cpu_relax();
	}
	__free_page(pages[0]);
	__free_page(pages[1]);
	return (int)bad;
}

/*
 * The timer of this CPU ticks at intervals that have no factor in common with the loop. So it
 * interrupts each instruction of the loop sooner or later, and each time another thread runs.
 */
KTEST(kmap_threads, preemption_at_every_instruction)
{
	static const u32 primes[] = { 211, 307, 401, 503, 607, 701, 809, 907, 1009, 1511 };
	struct thread *threads[3];
	u32 cpu;

	if (no_highmem())
		return;
	if (!lapic_present()) {
		ktest_skip("no APIC timer");
		return;
	}
	migrate_disable();
	cpu = smp_processor_id();
	stop = false;
	for (unsigned int i = 0; i < 3; i++) {
		threads[i] = kthread_create(map_all_the_time, (void *)(0x10000000ul * (i + 1)),
					    "maps/%u", i);
		KTEST_REQUIRE(threads[i]);
		kthread_bind(threads[i], cpu);
		wake_up_process(threads[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(primes); i++) {
		u64 end = time_ns() + SECOND / 50;

		lapic_timer_set_period(primes[i]);
		while (time_ns() < end)
			sched_yield();
	}
	stop = true;
	lapic_timer_start();
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
	migrate_enable();
}

static struct page *interrupt_page;
static u32 interrupt_bad, interrupt_calls;

static void map_in_interrupt(void *arg)
{
	u32 *addr = kmap_local_page(interrupt_page);

	interrupt_bad += *addr != interrupt_calls;
	*addr = ++interrupt_calls;
	kunmap_local(addr);
}

/* Interrupts map pages while the interrupted thread maps pages, too. */
KTEST(kmap_threads, interrupts_nest_their_mappings)
{
	struct thread *thread;
	u32 cpu;

	if (no_highmem())
		return;
	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	interrupt_page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(interrupt_page);
	clear_highpage(interrupt_page);
	interrupt_bad = interrupt_calls = 0;
	stop = false;
	migrate_disable();
	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			break;
	thread = kthread_create(map_all_the_time, (void *)0x70000000ul, "maps");
	KTEST_REQUIRE(thread);
	kthread_bind(thread, cpu);
	wake_up_process(thread);
	for (int i = 0; i < 2000; i++) {
		preempt_disable();
		smp_call_function_many(cpumask_of(cpu), map_in_interrupt, NULL, true);
		preempt_enable();
	}
	stop = true;
	EXPECT_EQ(kthread_join(thread), 0);
	EXPECT_EQ(interrupt_bad, 0);
	EXPECT_EQ(interrupt_calls, 2000);
	migrate_enable();
	__free_page(interrupt_page);
}

/* --- a thread with a mapping stays on its CPU ------------------------------------------------- */

#define BUSY_NS (SECOND / 5)

static struct {
	struct page *page;
	struct thread *sleeper;
	volatile bool mapped;
	u32 cpu;
} stays;

/* Sleeps with a mapping. Returns 0 if it wakes on the same CPU and finds its page mapped. */
static int sleep_with_a_mapping(void *arg)
{
	const u32 number = 0x57a1e;
	u32 *addr = kmap_local_page(stays.page);
	bool lost;

	*addr = number;
	stays.cpu = smp_processor_id();
	set_current_state(THREAD_SLEEPING);
	stays.mapped = true;
	schedule();
	if (smp_processor_id() != stays.cpu)
		return 1;
	lost = *addr != number;
	kunmap_local(addr);
	return lost;
}

/* Wakes the sleeper, and then keeps its CPU busy while other CPUs are idle. */
static int wake_and_stay_busy(void *arg)
{
	u64 end;

	preempt_disable();
	wake_up_process(stays.sleeper);
	end = time_ns() + BUSY_NS;
	while (time_ns() < end)
		cpu_relax();
	preempt_enable();
	return 0;
}

KTEST(kmap_threads, a_thread_with_mappings_waits_for_its_cpu)
{
	struct thread *busy;

	if (no_highmem())
		return;
	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	stays.page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(stays.page);
	stays.mapped = false;
	stays.sleeper = kthread_run(sleep_with_a_mapping, NULL, "stays");
	KTEST_REQUIRE(stays.sleeper);
	while (!stays.mapped || stays.sleeper->on_cpu)
		sched_yield();
	busy = kthread_create(wake_and_stay_busy, NULL, "busy");
	KTEST_REQUIRE(busy);
	kthread_bind(busy, stays.cpu);
	wake_up_process(busy);
	EXPECT_EQ(kthread_join(stays.sleeper), 0);
	kthread_join(busy);
	__free_page(stays.page);
}

/* --- kmap() on all CPUs ----------------------------------------------------------------------- */

/* More pages than slots, mapped by more threads than CPUs. */
static volatile u32 storm_bad;

static int kmap_storm(void *arg)
{
	struct page *pages[40];
	u32 id = (u32)(unsigned long)arg;
	unsigned int nr = 0;

	while (nr < ARRAY_SIZE(pages) && (pages[nr] = alloc_page(GFP_HIGHUSER)))
		nr++;
	for (u32 round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < nr && !ktest_interrupted(); i++) {
			u32 *addr = kmap(pages[i]);

			if (round && addr[1] != (id << 8 | i))
				storm_bad++;
			addr[1] = id << 8 | i;
			if (i % 8 == 0)
				sched_yield();
			if (addr[1] != (id << 8 | i))
				storm_bad++;
			kunmap(pages[i]);
		}
	}
	while (nr)
		__free_page(pages[--nr]);
	return 0;
}

KTEST(kmap_threads, a_storm_of_kmap)
{
	struct thread *threads[16];

	if (no_highmem())
		return;
	storm_bad = 0;
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = kthread_run(kmap_storm, (void *)(unsigned long)(i + 1), "storm/%u", i);
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++) {
		KTEST_REQUIRE(threads[i]);
		kthread_join(threads[i]);
	}
	EXPECT_EQ(storm_bad, 0);
}
