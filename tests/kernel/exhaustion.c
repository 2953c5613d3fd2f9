/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/percpu.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>
#include <tests/helpers/free_lists.h>
#include <tests/helpers/page_set.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * All CPUs take all memory at once, in threads and in interrupts. Each CPU has two sets of
 * blocks: one for its thread and one for its interrupts. So no lock is needed to remember the
 * blocks.
 */

struct taker {
	struct page_set by_thread, by_interrupt;
};

static struct taker takers[NR_CPUS];
static gfp_t mask;
static u32 running;

static int take_all(void *arg)
{
	struct taker *taker = arg;
	struct page *page;

	while (!ktest_interrupted() && (page = alloc_page(mask | __GFP_NOWARN)) &&
	       page_set_add(&taker->by_thread, page))
		;
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	return 0;
}

/* Takes blocks of all orders, also of those that CPUs do not cache. */
static void take_in_interrupt(void *unused)
{
	struct taker *taker = &takers[smp_processor_id()];

	for (unsigned int order = 0; order <= MAX_ORDER; order++) {
		struct page *page = alloc_pages((mask & ~__GFP_RECLAIM) | __GFP_NOWARN, order);

		if (page)
			page_set_add(&taker->by_interrupt, page);
	}
}

static unsigned int make_threads(struct thread **threads)
{
	unsigned int nr = num_online_cpus();

	running = nr;
	for (u32 cpu = 0; cpu < nr; cpu++) {
		takers[cpu] = (struct taker){ PAGE_SET_EMPTY, PAGE_SET_EMPTY };
		threads[cpu] = kthread_create(take_all, &takers[cpu], "take/%u", cpu);
		if (!threads[cpu])
			panic("no memory for the test's threads");
		kthread_bind(threads[cpu], cpu);
	}
	return nr;
}

static unsigned long give_all_back(unsigned int nr, struct page_set *rest)
{
	unsigned long pages = rest->nr_pages;

	page_set_free(rest);
	for (u32 cpu = 0; cpu < nr; cpu++) {
		pages += takers[cpu].by_thread.nr_pages + takers[cpu].by_interrupt.nr_pages;
		page_set_free(&takers[cpu].by_thread);
		page_set_free(&takers[cpu].by_interrupt);
	}
	return pages;
}

static void exhaust_from_everywhere(gfp_t gfp)
{
	struct thread *threads[NR_CPUS];
	struct page_set rest = PAGE_SET_EMPTY;
	struct free_picture before;
	unsigned long free, pages;
	unsigned int nr;
	struct page *page;

	mask = gfp;
	nr = make_threads(threads);
	before = free_picture_take();
	free = nr_free_pages();
	for (u32 cpu = 0; cpu < nr; cpu++)
		wake_up_process(threads[cpu]);
	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE)) {
		on_each_cpu(take_in_interrupt, NULL, true);
		sched_yield();
	}
	if (ktest_interrupted()) {
		give_all_back(nr, &rest);
		for (u32 cpu = 0; cpu < nr; cpu++)
			kthread_join(threads[cpu]);
		return;
	}
	/* The blocks that an interrupt has fetched for its CPU, and that no request has used. */
	while ((page = alloc_page(gfp | __GFP_NOWARN)))
		page_set_add(&rest, page);
	for (unsigned int i = 0; i <= gfp_zone(gfp); i++)
		EXPECT_EQ(zones[i].free_pages,
			  min(zone_mark(&zones[i], gfp), free_picture_pages(&before, i)));
	EXPECT(page_alloc_check() == NULL);
	free -= nr_free_pages();
	pages = give_all_back(nr, &rest);
	EXPECT_EQ(pages, free);
	free_picture_expect(&before);
	for (u32 cpu = 0; cpu < nr; cpu++)
		kthread_join(threads[cpu]);
	EXPECT(page_alloc_check() == NULL);
	ktest_info("%lu pages, %u CPUs", pages, nr);
}

KTEST(exhaustion, from_all_cpus_down_to_the_watermarks)
{
	exhaust_from_everywhere(GFP_KERNEL);
}

KTEST(exhaustion, from_all_cpus_down_to_nothing)
{
	exhaust_from_everywhere(GFP_ATOMIC);
}

KTEST(exhaustion, from_all_cpus_with_highmem)
{
	exhaust_from_everywhere(GFP_HIGHUSER);
}
