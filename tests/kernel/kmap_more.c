/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <kernel/thread.h>
#include <mm/highmem.h>
#include <mm/page_alloc.h>
#include <tests/kernel/kmap_fill.h>
#include <tests/kernel/ktest.h>

/*
 * kmap(): what an idle slot still says of its page, and the line in front of the slots. kmap_local: whose
 * mappings have to stay where they are.
 */

static struct page *filler[2 * LAST_PKMAP];

/* So many pages of highmem; fewer where there are none left. */
static unsigned int get_fillers(unsigned int most)
{
	unsigned int nr = 0;

	while (nr < most && (filler[nr] = alloc_page(GFP_HIGHUSER | __GFP_NOWARN))) {
		if (!page_is_highmem(filler[nr])) {
			__free_page(filler[nr]);
			break;
		}
		nr++;
	}
	if (nr < most)
		ktest_skip("less free highmem than slots");
	return nr;
}

static void put_fillers(unsigned int nr)
{
	while (nr)
		__free_page(filler[--nr]);
}

/* A page is freed, comes back, and has a second slot: when the first one is recycled it keeps the second. */
KTEST(kmap_more, an_old_slot_says_nothing_of_the_page)
{
	unsigned int nr = get_fillers(2 * LAST_PKMAP), old;
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN), *again;
	u32 *addr;

	if (nr < 2 * LAST_PKMAP || !page || !page_is_highmem(page))
		goto out;
	old = (u32)(unsigned long)kmap(page);
	kunmap(page);
	__free_page(page);
	again = alloc_page(GFP_HIGHUSER);
	EXPECT(again == page); /* what was freed last comes first */
	page = again;
	addr = kmap(page);
	/* With DEBUG=1 no slot is idle: it was unmapped at once. Slot 0 is where a new page's is looked for. */
	EXPECT(DEBUG || old == PKMAP_BASE || (u32)(unsigned long)addr != old);
	*addr = 0xabcd0123;
	for (unsigned int i = 0; i < nr; i++) {
		*(u32 *)kmap(filler[i]) = i;
		kunmap(filler[i]);
	}
	EXPECT(page_address(page) == addr);
	EXPECT_EQ(*addr, 0xabcd0123);
	if (page_address(page))
		kunmap(page);
out:
	if (page)
		__free_page(page);
	put_fillers(nr);
}

/* A slot that was recycled, and is empty yet, is not the page's any more. */
KTEST(kmap_more, who_comes_back_gets_a_slot)
{
	unsigned int nr = get_fillers(LAST_PKMAP + 1), wrong = 0;

	for (unsigned int i = 0; i < nr; i++) {
		*(u32 *)kmap(filler[i]) = i;
		kunmap(filler[i]);
	}
	for (unsigned int i = nr; i-- > 0;) {
		wrong += *(u32 *)kmap(filler[i]) != i;
		kunmap(filler[i]);
	}
	EXPECT_EQ(wrong, 0);
	put_fillers(nr);
}

/* Frames inside of a block are pages, too; when it is free nobody minds what kmap() has left in them. */
KTEST(kmap_more, frames_of_a_block_are_mapped_one_by_one)
{
	struct page *block = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, 3);
	u32 wrong = 0;

	KTEST_REQUIRE(block);
	for (u32 i = 0; i < 8; i++) {
		*(u32 *)kmap(block + i) = i;
		kunmap(block + i);
	}
	for (u32 i = 0; i < 8; i++) {
		wrong += *(u32 *)kmap(block + i) != i;
		kunmap(block + i);
	}
	EXPECT_EQ(wrong, 0);
	__free_pages(block, 3);
	drain_all_pages();
	EXPECT(page_alloc_check() == NULL);
}

KTEST(kmap_more, a_mapped_frame_stays_mapped_when_its_block_is_split)
{
	struct page *block = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, 2);
	const void *first, *last;

	KTEST_REQUIRE(block);
	first = kmap(block);
	last = kmap(block + 3);
	split_page(block, 2);
	EXPECT(page_address(block) == first);
	EXPECT(page_address(block + 3) == last);
	kunmap(block);
	kunmap(block + 3);
	for (u32 i = 0; i < 4; i++)
		__free_page(block + i);
}

/* --- nobody passes the line ------------------------------------------------------------------------ */

static struct page *wanted;
static volatile bool served;

static int want_a_slot(void *arg)
{
	kmap(wanted);
	served = true;
	while (!kthread_should_stop())
		msleep(1);
	kunmap(wanted);
	return 0;
}

static bool sleeps(const struct thread *thread)
{
	u64 end = time_ns() + 10000000000ull;

	while (time_ns() < end && (READ_ONCE(thread->state) != THREAD_SLEEPING || thread->on_cpu))
		sched_yield();
	return READ_ONCE(thread->state) == THREAD_SLEEPING;
}

static struct page *late_page;
static volatile bool late_served, late_knew;

/* Comes when a slot is idle already, and somebody waits for it who does not run yet. */
static int come_late(void *arg)
{
	kmap(late_page);
	late_knew = served;
	late_served = true;
	kunmap(late_page);
	return 0;
}

/* All on one CPU, so that the one who waits cannot run while the other one comes. */
KTEST(kmap_more, nobody_passes_the_line)
{
	struct page *pages[2] = { NULL };
	struct thread *first, *late;
	const unsigned int left = kmap_slots_left();
	unsigned int nr = get_fillers(left);
	u64 end;

	if (nr < left)
		goto out;
	KTEST_REQUIRE(alloc_pages_bulk(GFP_HIGHUSER, 2, pages) == 2);
	wanted = pages[0];
	late_page = pages[1];
	served = late_served = late_knew = false;
	migrate_disable();
	for (unsigned int i = 0; i < nr; i++)
		kmap(filler[i]);
	first = kthread_create(want_a_slot, NULL, "first");
	late = kthread_create(come_late, NULL, "late");
	KTEST_REQUIRE(first && late);
	kthread_bind(first, smp_processor_id());
	kthread_bind(late, smp_processor_id());
	sched_wake(first);
	EXPECT(sleeps(first));
	/* The late one stands before the first one in the queue of who can run. */
	preempt_disable();
	sched_wake(late);
	kunmap(filler[--nr]);
	preempt_enable();
	end = time_ns() + 10000000000ull;
	while (!served && time_ns() < end)
		msleep(1);
	EXPECT(served);
	__free_page(filler[nr]);
	kunmap(filler[--nr]);
	kthread_join(late);
	EXPECT(late_served && late_knew);
	kthread_stop(first);
	__free_page(filler[nr]);
	for (unsigned int i = 0; i < nr; i++)
		kunmap(filler[i]);
	migrate_enable();
out:
	for (unsigned int i = 0; i < 2; i++)
		if (pages[i])
			__free_page(pages[i]);
	put_fillers(nr);
}

/* --- who has mappings stays ------------------------------------------------------------------------ */

static struct {
	struct page *page;
	struct thread *sleeper;
	volatile bool mapped;
	u32 cpu;
} stays;

/* True if the thread has moved while it had a mapping. */
static int sleep_with_a_mapping(void *arg)
{
	u32 *addr = kmap_local_page(stays.page), cpu;

	*addr = 0x57a1e;
	cpu = stays.cpu = smp_processor_id();
	set_current_state(THREAD_SLEEPING);
	stays.mapped = true;
	schedule();
	if (smp_processor_id() != cpu)
		return 1;
	cpu = *addr != 0x57a1e;
	kunmap_local(addr);
	return (int)cpu;
}

/* Wakes it on a CPU that has no time, while others have. */
static int keep_the_cpu_busy(void *arg)
{
	u64 end;

	preempt_disable();
	sched_wake(stays.sleeper);
	end = time_ns() + 200000000;
	while (time_ns() < end)
		cpu_relax();
	preempt_enable();
	return 0;
}

KTEST(kmap_more, who_has_mappings_waits_for_its_cpu)
{
	struct thread *busy;

	if (nr_cpus_online() < 2) {
		ktest_skip("one CPU");
		return;
	}
	stays.page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(stays.page);
	if (!page_is_highmem(stays.page)) {
		ktest_skip("no free highmem on this machine");
		__free_page(stays.page);
		return;
	}
	stays.mapped = false;
	stays.sleeper = kthread_run(sleep_with_a_mapping, NULL, "stays");
	KTEST_REQUIRE(stays.sleeper);
	while (!stays.mapped || stays.sleeper->on_cpu)
		sched_yield();
	busy = kthread_create(keep_the_cpu_busy, NULL, "busy");
	KTEST_REQUIRE(busy);
	kthread_bind(busy, stays.cpu);
	sched_wake(busy);
	EXPECT_EQ(kthread_join(stays.sleeper), 0);
	kthread_join(busy);
	__free_page(stays.page);
}
