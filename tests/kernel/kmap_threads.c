/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/lapic.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <kernel/mutex.h>
#include <kernel/thread.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/kernel/kmap_fill.h>
#include <tests/kernel/ktest.h>

/*
 * The kmap family of one thread against those of others: mappings that outlive a switch, that are made
 * while interrupts come at every place, and slots that have to be waited for.
 */

#define SECOND 1000000000ull
#define LIMIT  (30 * SECOND)

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

/* --- over a switch --------------------------------------------------------------------------------- */

#define NR_THREADS 64
#define DEPTH      6
#define ROUNDS     5

/* Each level has a page of its own, with a number that says whose it is and how often it was written. */
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
		/* The same addresses, on the same CPU, and what was written there. */
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

/* --- interrupted everywhere ------------------------------------------------------------------------ */

static volatile bool stop;

/* Maps, writes, reads and unmaps two pages of its own, over and over. */
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
		/* With -icount, the turn of the CPU that wants to interrupt this one. */
		if (round % LOOKS_PER_PAUSE == 0)
			cpu_relax();
	}
	__free_page(pages[0]);
	__free_page(pages[1]);
	return (int)bad;
}

/* The timer of this CPU at intervals that share no factor with the loop, so that sooner or later it
 * interrupts each of its instructions, and with somebody else to run each time. */
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
		sched_wake(threads[i]);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(primes); i++) {
		u64 end = time_ns() + 20000000;

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

/* Interrupts that map, in threads that do. */
KTEST(kmap_threads, interrupts_nest_their_mappings)
{
	struct thread *thread;
	u32 cpu;

	if (no_highmem())
		return;
	if (nr_cpus_online() < 2) {
		ktest_skip("one CPU");
		return;
	}
	interrupt_page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(interrupt_page);
	clear_highpage(interrupt_page);
	interrupt_bad = interrupt_calls = 0;
	stop = false;
	migrate_disable();
	for_each_online_cpu(cpu) if (cpu != smp_processor_id()) break;
	thread = kthread_create(map_all_the_time, (void *)0x70000000ul, "maps");
	KTEST_REQUIRE(thread);
	kthread_bind(thread, cpu);
	sched_wake(thread);
	for (int i = 0; i < 2000; i++)
		smp_call(1u << cpu, map_in_interrupt, NULL);
	stop = true;
	EXPECT_EQ(kthread_join(thread), 0);
	EXPECT_EQ(interrupt_bad, 0);
	EXPECT_EQ(interrupt_calls, 2000);
	migrate_enable();
	__free_page(interrupt_page);
}

/* --- slots that are waited for --------------------------------------------------------------------- */

#define NR_WAITERS 6

static struct page *held[LAST_PKMAP];
static struct page *wanted[NR_WAITERS];
static volatile u32 served;
static u32 served_order[NR_WAITERS];

static int want_a_slot(void *arg)
{
	u32 id = (u32)(unsigned long)arg;
	u32 *addr = kmap(wanted[id]);

	served_order[__atomic_fetch_add(&served, 1, __ATOMIC_SEQ_CST)] = id;
	*addr = id;
	while (!kthread_should_stop())
		msleep(1);
	kunmap(wanted[id]);
	return 0;
}

static bool sleeps(const struct thread *thread)
{
	u64 end = time_ns() + LIMIT;

	while (time_ns() < end && (READ_ONCE(thread->state) != THREAD_SLEEPING || thread->on_cpu))
		msleep(1);
	return READ_ONCE(thread->state) == THREAD_SLEEPING;
}

static bool served_are(u32 number)
{
	u64 end = time_ns() + LIMIT;

	while (served < number && time_ns() < end)
		msleep(1);
	return served == number;
}

KTEST(kmap_threads, waiters_get_slots_in_order)
{
	struct thread *threads[NR_WAITERS];
	const unsigned int left = kmap_slots_left();
	unsigned int nr = 0;

	if (zones[ZONE_HIGHMEM].free_pages < LAST_PKMAP + NR_WAITERS || left < NR_WAITERS) {
		ktest_skip("less free highmem than slots");
		return;
	}
	served = 0;
	for (; nr < left && (held[nr] = alloc_page(GFP_HIGHUSER)); nr++)
		kmap(held[nr]);
	EXPECT_EQ(nr, left);
	for (unsigned int i = 0; i < NR_WAITERS; i++) {
		wanted[i] = alloc_page(GFP_HIGHUSER);
		KTEST_REQUIRE(wanted[i]);
		threads[i] = kthread_run(want_a_slot, (void *)(unsigned long)i, "wants/%u", i);
		KTEST_REQUIRE(threads[i]);
		EXPECT(sleeps(threads[i]));
	}
	EXPECT_EQ(served, 0);
	/* One given back, one served. */
	for (unsigned int i = 0; i < 3; i++) {
		kunmap(held[--nr]);
		EXPECT(served_are(i + 1));
	}
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ(served_order[i], i);
	/* Three at once, three served; who of them says so first is another matter. */
	for (unsigned int i = 0; i < 3; i++)
		kunmap(held[--nr]);
	EXPECT(served_are(NR_WAITERS));
	for (unsigned int i = 0; i < NR_WAITERS; i++) {
		kthread_stop(threads[i]);
		__free_page(wanted[i]);
	}
	while (nr)
		kunmap(held[--nr]);
	for (unsigned int i = 0; i < left; i++)
		__free_page(held[i]);
}

/* Many threads, few slots, everybody waits now and then. */
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
