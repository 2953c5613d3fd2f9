/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/smp_call.h>
#include <asm/smp_start.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <kernel/cpu_call.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <mm/vmalloc.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * CPUs together: calls, per-CPU data and, above all, TLB flushes: no CPU may use a translation
 * after it was changed. With one CPU most of these tests are skipped.
 */

#define SECOND 1000000000ull

static bool one_cpu(void)
{
	if (num_online_cpus() > 1)
		return false;
	ktest_skip("one CPU");
	return true;
}

static u32 other_cpu(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			break;
	return cpu;
}

static struct thread *run_on(u32 cpu, int (*fn)(void *), void *arg)
{
	struct thread *thread = kthread_create(fn, arg, "test/%u", cpu);

	if (!thread)
		return NULL;
	kthread_bind(thread, cpu);
	wake_up_process(thread);
	return thread;
}

/* --- calls ------------------------------------------------------------------------------------ */

static struct cpumask called;
static u32 called_wrongly;

static void note_call(void *arg)
{
	u32 cpu = smp_processor_id();

	if (!irqs_disabled() || per_cpu(cpu_number, cpu) != cpu ||
	    this_cpu_ptr(cpu_number) != &per_cpu(cpu_number, cpu) || cpumask_test_cpu(cpu, &called))
		__atomic_fetch_add(&called_wrongly, 1, __ATOMIC_RELAXED);
	cpumask_set_cpu(cpu, &called);
}

/* Calls the CPUs of a set, and returns those that ran the function. */
static u32 call(u32 bits)
{
	const struct cpumask mask = { .bits = bits };

	called = (struct cpumask){ 0 };
	smp_call_function_many(&mask, note_call, NULL, true);
	return called.bits;
}

KTEST(smp, a_call_reaches_the_cpus_of_its_set)
{
	u32 online = cpu_online_mask->bits, self, cpu;

	called_wrongly = 0;
	preempt_disable();
	self = 1u << smp_processor_id();
	EXPECT_EQ(call(0), 0);
	for_each_online_cpu(cpu)
		EXPECT_EQ(call(1u << cpu), 1u << cpu & ~self);
	for_each_online_cpu(cpu)
		EXPECT_EQ(call(online & ~(1u << cpu)), online & ~(1u << cpu) & ~self);
	/* CPUs that do not run are ignored. */
	EXPECT_EQ(call(~online), 0);
	EXPECT_EQ(call(~0u), online & ~self);
	preempt_enable();

	called = (struct cpumask){ 0 };
	on_each_cpu(note_call, NULL, true);
	EXPECT_EQ(called.bits, online);
	EXPECT_EQ(called_wrongly, 0);
}

/* A CPU with interrupts off cannot take a call, until it has seen that the caller went on. */
static struct {
	volatile bool ready, caller_went_on, called;
} deaf;

static void note_that_it_was_called(void *unused)
{
	deaf.called = true;
}

static int wait_with_interrupts_off(void *unused)
{
	unsigned long flags = local_irq_save();
	u64 end = time_ns() + SECOND;
	bool went_on;

	deaf.ready = true;
	while (!deaf.caller_went_on && time_ns() < end)
		cpu_relax();
	went_on = deaf.caller_went_on;
	local_irq_restore(flags);
	return went_on;
}

/* Returns whether the call returned while the other CPU had its interrupts off. */
static bool call_a_deaf_cpu(bool wait)
{
	u32 cpu = other_cpu();
	struct thread *thread;

	deaf.ready = deaf.caller_went_on = deaf.called = false;
	thread = run_on(cpu, wait_with_interrupts_off, NULL);
	if (!thread)
		return !wait;
	while (!deaf.ready)
		sched_yield();
	preempt_disable();
	smp_call_function_many(cpumask_of(cpu), note_that_it_was_called, NULL, wait);
	EXPECT(!wait || deaf.called);
	deaf.caller_went_on = true;
	/* The next call waits for the one before, even if the caller did not. */
	smp_call_function_many(cpumask_of(cpu), note_call, NULL, true);
	EXPECT(deaf.called);
	preempt_enable();
	return kthread_join(thread);
}

KTEST(smp, a_call_waits_if_it_is_asked_to)
{
	if (one_cpu())
		return;
	if (!time_counter()) {
		ktest_skip("no clock while interrupts are off");
		return;
	}
	migrate_disable();
	EXPECT(!call_a_deaf_cpu(true));
	EXPECT(call_a_deaf_cpu(false));
	migrate_enable();
}

/* State that each CPU has to set for itself. */
static struct {
	unsigned long cr0, cr4;
	u64 pat, efer;
} control[NR_CPUS];

static void note_control(void *arg)
{
	u32 cpu = smp_processor_id();

	control[cpu].cr0 = read_cr0();
	control[cpu].cr4 = cpu_has(CPU_PGE) || cpu_has(CPU_PSE) ? read_cr4() : 0;
	control[cpu].pat = cpu_has(CPU_PAT) ? read_msr(MSR_PAT) : 0;
	control[cpu].efer = cpu_has(CPU_NX) ? read_msr(MSR_EFER) : 0;
}

KTEST(smp, all_are_set_up_alike)
{
	u32 cpu;

	on_each_cpu(note_control, NULL, true);
	for_each_online_cpu(cpu) {
		EXPECT_EQ(control[cpu].cr0, control[0].cr0);
		EXPECT_EQ(control[cpu].cr4, control[0].cr4);
		EXPECT_EQ(control[cpu].pat, control[0].pat);
		EXPECT_EQ(control[cpu].efer, control[0].efer);
	}
}

/*
 * Loops on all CPUs run this many rounds, or for this long. Each call needs every CPU once. If
 * eight CPUs share two cores of a busy host, a call takes a tenth of a second, and hundreds of
 * calls would take a minute.
 */
#define STORM_NS (5 * SECOND)

static u32 storm_calls, storm_called;
static u64 storm_end;

static void count_call(void *arg)
{
	__atomic_fetch_add(&storm_called, 1, __ATOMIC_RELAXED);
}

static int storm(void *arg)
{
	const u32 *calls = arg;

	for (u32 i = 0; i < *calls && time_ns() < storm_end; i++) {
		on_each_cpu(count_call, NULL, true);
		__atomic_fetch_add(&storm_calls, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

KTEST(smp, all_can_call_all_at_once)
{
	struct thread *threads[NR_CPUS] = { 0 };
	u32 cpu, nr = num_online_cpus(), calls = 200 / nr;

	storm_calls = storm_called = 0;
	storm_end = time_ns() + STORM_NS;
	for_each_online_cpu(cpu)
		KTEST_REQUIRE((threads[cpu] = run_on(cpu, storm, &calls)));
	for_each_online_cpu(cpu)
		kthread_join(threads[cpu]);
	EXPECT(storm_calls > 0);
	EXPECT_EQ(storm_called, storm_calls * nr);
}

static u32 lock_count;
static spinlock_t count_lock; /* guards lock_count; no lock is acquired inside */

static int count_locked(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		u32 value;

		spin_lock(&count_lock);
		value = READ_ONCE(lock_count);
		WRITE_ONCE(lock_count, value + 1);
		spin_unlock(&count_lock);
	}
	return 0;
}

KTEST(smp, a_spinlock_lets_one_in)
{
	struct thread *threads[NR_CPUS] = { 0 };
	u32 cpu;

	lock_count = 0;
	for_each_online_cpu(cpu)
		KTEST_REQUIRE((threads[cpu] = run_on(cpu, count_locked, NULL)));
	for_each_online_cpu(cpu)
		kthread_join(threads[cpu]);
	EXPECT_EQ(lock_count, 1000 * num_online_cpus());
}

static volatile bool let_in;

static int enter(void *arg)
{
	spin_lock(&count_lock);
	let_in = true;
	spin_unlock(&count_lock);
	return 0;
}

/* The holder has the largest ticket number, and the waiting thread has ticket 0. */
KTEST(smp, a_spinlock_is_held_when_tickets_begin_anew)
{
	struct thread *thread;
	u64 end;

	if (one_cpu())
		return;
	migrate_disable();
	let_in = false;
	count_lock.owner = count_lock.next = 0xffff;
	thread = kthread_create(enter, NULL, "enter");
	KTEST_REQUIRE(thread);
	kthread_bind(thread, other_cpu());
	spin_lock(&count_lock);
	wake_up_process(thread);
	while (*(volatile u16 *)&count_lock.next != 1)
		cpu_relax();
	end = time_ns() + 10000000;
	while (time_ns() < end)
		cpu_relax();
	EXPECT(!let_in);
	spin_unlock(&count_lock);
	kthread_join(thread);
	EXPECT(let_in);
	migrate_enable();
}

/*
 * --- a CPU that starts late ---------------------------------------------------------------------
 */

/* A CPU that is unused because of maxcpus= starts like one that the boot CPU has given up on. */
KTEST(smp, a_cpu_that_comes_late_parks)
{
	u32 cpu = 1, online = cpu_online_mask->bits, parked = smp_parked();
	u64 end;

	while (cpu < NR_CPUS && !smp_start_late(cpu))
		cpu++;
	if (cpu == NR_CPUS) {
		ktest_skip("each CPU runs, or none was ever started");
		return;
	}
	end = time_ns() + 20000000000ull;
	while (smp_parked() == parked && time_ns() < end)
		cpu_relax();
	EXPECT_EQ(smp_parked(), parked + 1);
	EXPECT_EQ(cpu_online_mask->bits, online);
}

/* --- memory ----------------------------------------------------------------------------------- */

static void take_and_free(void *arg)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);

	if (page)
		__free_page(page);
}

static unsigned long kept_by(u32 cpu)
{
	unsigned long pages = 0;

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		pages += pcp_pages(cpu, &zones[i]);
	return pages;
}

/* Pages in the per-CPU lists count as free, and return to the zone when a CPU asks all others. */
KTEST(smp, what_each_cpu_keeps_is_free_and_comes_back)
{
	unsigned long free, kept = 0, left = 0;
	u32 cpu;

	drain_all_pages();
	free = nr_free_pages();
	on_each_cpu(take_and_free, NULL, true);
	EXPECT_EQ(nr_free_pages(), free);
	for_each_online_cpu(cpu)
		kept += kept_by(cpu) > 0;
	EXPECT_EQ(kept, num_online_cpus());
	drain_all_pages();
	for_each_online_cpu(cpu)
		left += kept_by(cpu);
	EXPECT_EQ(left, 0);
	EXPECT_EQ(nr_free_pages(), free);
}

#define FILL 70u

static void fill_lists(void *unused)
{
	struct page *pages[FILL];

	for (unsigned int order = 0; order < PCP_ORDERS; order++) {
		unsigned int nr = 0;

		while (nr < FILL && (pages[nr] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, order)))
			nr++;
		while (nr--)
			__free_pages(pages[nr], order);
	}
}

/* A request that cannot wait cannot drain the lists of other CPUs, so the lists must be short. */
KTEST(smp, all_lists_together_leave_most_of_a_zone)
{
	struct zone *zone;

	for_each_zone(zone)
		EXPECT(num_online_cpus() * pcp_high(zone) <= zone->managed_pages / 8 + 2 * NR_CPUS);
	ktest_settle();
	preempt_disable();
	smp_call_function_many(cpu_online_mask, fill_lists, NULL, true);
	for_each_zone(zone) {
		unsigned long kept = 0;
		u32 cpu;

		for_each_online_cpu(cpu)
			kept += pcp_pages(cpu, zone);
		EXPECT(kept <= zone->managed_pages / 8 + 2 * NR_CPUS);
	}
	preempt_enable();
	drain_all_pages();
}

/* --- translations ----------------------------------------------------------------------------- */

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

KTEST(smp, a_changed_fixmap_page_is_seen_by_all)
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
KTEST(smp, an_unmapped_range_faults_everywhere)
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

/*
 * A CPU with its interrupts off delays every CPU that asks it to flush. Meanwhile it checks two
 * rules: the frames that it could still reach have no new owner, and ranges that are retired during
 * the purge wait for the next purge.
 */
static struct {
	const struct page *page; /* a page of the range that is purged */
	void *later;             /* retired during the purge, or NULL */
	volatile bool ready, purging, retired;
	u32 calls; /* calls of CPUs before the purge */
	u32 free_too_soon;
	unsigned long left; /* pages that wait after the purge */
} held_up;

static bool flush_is_asked_for(void)
{
	return smp_counts_sum().calls != held_up.calls;
}

/* Has a time limit, like every wait that a bug could make endless. */
static int hold_up_a_purge(void *arg)
{
	unsigned long flags = local_irq_save();
	u64 end = time_ns() + 10 * SECOND;

	held_up.ready = true;
	while ((!flush_is_asked_for() || (held_up.later && !held_up.retired)) && time_ns() < end) {
		held_up.free_too_soon += page_state(held_up.page) != PAGE_USED;
		cpu_relax();
	}
	held_up.free_too_soon += page_state(held_up.page) != PAGE_USED;
	local_irq_restore(flags);
	return 0;
}

static int retire_during_the_purge(void *arg)
{
	u64 end = time_ns() + 10 * SECOND;

	while (!held_up.purging && time_ns() < end)
		cpu_relax();
	while (!flush_is_asked_for() && time_ns() < end)
		cpu_relax();
	vfree(held_up.later);
	held_up.retired = true;
	return 0;
}

/* Purges `memory` while another CPU cannot flush. */
static void purge_held_up(void *memory, u32 cpu)
{
	struct thread *thread;

	held_up.page = vmalloc_to_page(memory);
	held_up.ready = held_up.purging = held_up.retired = false;
	held_up.free_too_soon = 0;
	vfree(memory);
	held_up.calls = smp_counts_sum().calls;
	thread = run_on(cpu, hold_up_a_purge, NULL);
	KTEST_REQUIRE(thread);
	while (!held_up.ready)
		sched_yield();
	held_up.purging = true;
	vm_unmap_aliases();
	held_up.left = vm_lazy_pages();
	EXPECT_EQ(held_up.free_too_soon, 0);
	kthread_join(thread);
}

static bool purges_at_once(void)
{
	if (DEBUG)
		ktest_skip("DEBUG=1 purges at once");
	return DEBUG;
}

KTEST(smp, frames_wait_for_the_last_cpu)
{
	void *memory;

	if (one_cpu() || purges_at_once())
		return;
	migrate_disable();
	vm_unmap_aliases();
	memory = vmalloc(PAGE_SIZE);
	KTEST_REQUIRE(memory);
	held_up.later = NULL;
	purge_held_up(memory, other_cpu());
	vm_unmap_aliases();
	EXPECT_EQ(vm_lazy_pages(), 0);
	migrate_enable();
}

KTEST(smp, what_is_retired_during_a_purge_waits_for_the_next)
{
	struct thread *retiring;
	void *memory;
	u32 cpu, me;

	if (purges_at_once())
		return;
	if (num_online_cpus() < 3) {
		ktest_skip("less than three CPUs");
		return;
	}
	migrate_disable();
	me = smp_processor_id();
	vm_unmap_aliases();
	memory = vmalloc(PAGE_SIZE);
	held_up.later = vmalloc(PAGE_SIZE);
	held_up.purging = false;
	KTEST_REQUIRE(memory && held_up.later);
	for_each_online_cpu(cpu)
		if (cpu != me && cpu != other_cpu())
			break;
	retiring = run_on(cpu, retire_during_the_purge, NULL);
	KTEST_REQUIRE(retiring);
	purge_held_up(memory, other_cpu());
	EXPECT(held_up.retired);
	EXPECT_EQ(held_up.left, 1);
	kthread_join(retiring);
	vm_unmap_aliases();
	EXPECT_EQ(vm_lazy_pages(), 0);
	migrate_enable();
}

/* Two CPUs create, retire and purge ranges: none is lost, and none is handed out twice. */
static int map_and_unmap(void *arg)
{
	/*
	 * Each purge interrupts all CPUs, and as many CPUs purge. With DEBUG=1 each vfree() purges.
	 */
	u32 number = smp_processor_id() + 1, rounds = (DEBUG ? 200 : 1200) / num_online_cpus();
	int wrong = 0;

	for (u32 i = 0; i < rounds && time_ns() < storm_end; i++) {
		volatile u32 *memory = vmalloc((1 + i % 3) * PAGE_SIZE);

		if (!memory)
			return -1;
		memory[0] = number;
		memory[i % 3 * 1024] = number;
		cpu_relax();
		wrong += memory[0] != number || memory[i % 3 * 1024] != number;
		vfree((void *)memory);
		if (i % 8 == 0)
			vm_unmap_aliases();
	}
	return wrong;
}

KTEST(smp, all_can_purge_at_once)
{
	struct thread *threads[NR_CPUS] = { 0 };
	unsigned long hole;
	u32 cpu;

	vm_unmap_aliases();
	hole = vmap_area_largest_gap();
	storm_end = time_ns() + STORM_NS;
	for_each_online_cpu(cpu)
		KTEST_REQUIRE((threads[cpu] = run_on(cpu, map_and_unmap, NULL)));
	for_each_online_cpu(cpu)
		EXPECT_EQ(kthread_join(threads[cpu]), 0);
	vm_unmap_aliases();
	EXPECT_EQ(vm_lazy_pages(), 0);
	EXPECT_EQ(vmap_area_largest_gap(), hole);
}

static struct page *fillers[LAST_PKMAP - 1];

/*
 * All slots but one are held, so two pages share that one in turn, and each change recycles it.
 * Another CPU that reads the slot's address from memory must see the change, too.
 */
KTEST(smp, a_recycled_kmap_slot_is_seen_by_all)
{
	struct page *pages[2] = { alloc_page(GFP_HIGHUSER), alloc_page(GFP_HIGHUSER) };
	struct thread *reader = NULL;
	u32 flushes, ipis, nr = 0;

	KTEST_REQUIRE(pages[0] && pages[1]);
	if (!page_is_highmem(pages[0]) || !page_is_highmem(pages[1]) ||
	    zones[ZONE_HIGHMEM].free_pages < LAST_PKMAP) {
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
