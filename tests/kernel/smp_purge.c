/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/smp_call.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/helpers/cpus.h>
#include <tests/kernel/ktest.h>

/* Purges of vmalloc's address space, while other CPUs use it. */

static u64 storm_end;

/*
 * A CPU with its interrupts off delays every CPU that asks it to flush. Meanwhile it checks two
 * rules: the frames that it could still reach have no new owner, and ranges that are retired during
 * the purge wait for the next purge.
 */
static struct {
	const struct page *page; /* a page of the range that is purged */
	void *later;             /* retired during the purge, or NULL */
	volatile bool ready, purging, retired;
	volatile bool in_time; /* it was retired before the flush went on */
	volatile bool over;    /* the purge has returned, perhaps without a flush */
	u32 calls;             /* calls of CPUs before the purge */
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
	while ((!flush_is_asked_for() || (held_up.later && !held_up.retired)) && !held_up.over &&
	       time_ns() < end) {
		held_up.free_too_soon += page_state(held_up.page) != PAGE_USED;
		cpu_relax();
	}
	held_up.free_too_soon += page_state(held_up.page) != PAGE_USED;
	held_up.in_time = held_up.retired;
	local_irq_restore(flags);
	return 0;
}

static int retire_during_the_purge(void *arg)
{
	u64 end = time_ns() + 10 * SECOND;

	while (!held_up.purging && time_ns() < end)
		cpu_relax();
	while (!flush_is_asked_for() && !held_up.over && time_ns() < end)
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
	held_up.ready = held_up.purging = held_up.retired = held_up.over = false;
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
	held_up.over = true;
	EXPECT_EQ(held_up.free_too_soon, 0);
	kthread_join(thread);
}

static bool purges_at_once(void)
{
	if (DEBUG)
		ktest_skip("DEBUG=1 purges at once");
	return DEBUG;
}

KTEST(smp_purge, frames_wait_for_the_last_cpu)
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

KTEST(smp_purge, what_is_retired_during_a_purge_waits_for_the_next)
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
	EXPECT(held_up.in_time);
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

KTEST(smp_purge, all_can_purge_at_once)
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
