/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/smp.h>
#include <asm/time.h>
#include <kernel/thread.h>
#include <tests/kernel/kmap_fill.h>
#include <tests/kernel/ktest.h>

/*
 * The line of threads that wait for a slot of kmap(): who is woken, by what, and which contexts may give a slot
 * back. What could hang is waited for with a limit.
 */

#define LIMIT_NS 30000000000ull

static struct kmap_fill fill;

/* A thread that maps a page, keeps it mapped until it is stopped, and says that it has it. */
struct user {
	struct page *page;
	volatile bool mapped;
	struct thread *thread;
};

static int map_and_keep(void *arg)
{
	struct user *user = arg;

	kmap(user->page);
	user->mapped = true;
	while (!kthread_should_stop())
		msleep(1);
	kunmap(user->page);
	return 0;
}

static bool sleeps(const struct thread *thread)
{
	u64 end = time_ns() + LIMIT_NS;

	while (time_ns() < end && (READ_ONCE(thread->state) != THREAD_SLEEPING || thread->on_cpu))
		msleep(1);
	return READ_ONCE(thread->state) == THREAD_SLEEPING;
}

/* A thread that wants a slot for a page, asleep in the line. */
static void line_up(struct user *user, struct page *page, u32 cpu)
{
	*user = (struct user){ .page = page };
	user->thread = kthread_create(map_and_keep, user, "wants");
	KTEST_REQUIRE(user->thread);
	if (cpu != NR_CPUS)
		kthread_bind(user->thread, cpu);
	sched_wake(user->thread);
	EXPECT(sleeps(user->thread));
	EXPECT(!user->mapped);
}

static bool gets_mapped(const struct user *user)
{
	u64 end = time_ns() + LIMIT_NS;

	while (!user->mapped && time_ns() < end)
		msleep(1);
	return user->mapped;
}

/* Up to three pages that are not mapped yet. False, and nothing is held, if the test cannot run here. */
static bool all_slots_and(struct page *pages[], unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		pages[i] = NULL;
	if (!kmap_fill_all(&fill))
		return false;
	if (alloc_pages_bulk(GFP_HIGHUSER, nr, pages) == nr)
		return true;
	for (unsigned int i = 0; i < nr && pages[i]; i++)
		__free_page(pages[i]);
	kmap_fill_undo(&fill);
	ktest_skip("too little high memory");
	return false;
}

static u32 other_cpu(void)
{
	u32 cpu;

	for_each_online_cpu(cpu) if (cpu != smp_processor_id()) break;
	return cpu;
}

/* The thread that waits finds the first idle slot, and flushes on all CPUs while this one cannot be called. */
KTEST(kmap_line, slots_may_be_given_back_with_interrupts_off)
{
	struct page *page;
	unsigned long flags;
	struct user user;
	u64 end;

	if (nr_cpus_online() < 2) {
		ktest_skip("one CPU");
		return;
	}
	if (!all_slots_and(&page, 1))
		return;
	migrate_disable();
	line_up(&user, page, other_cpu());
	flags = local_irq_save();
	while (fill.nr) {
		end = time_ns() + (fill.nr % 64 ? 10000 : 1000000);
		kmap_fill_pop(&fill);
		/* Time in which the other CPU can get to where it waits for this one. */
		while (time_ns() < end)
			cpu_relax();
	}
	local_irq_restore(flags);
	migrate_enable();
	EXPECT(gets_mapped(&user));
	kthread_stop(user.thread);
	__free_page(page);
}

static int give_all_back(void *unused)
{
	msleep(50);
	kmap_fill_undo(&fill);
	return 0;
}

/* All slots are held by a thread that waits for one; another one gives them back later. */
KTEST(kmap_line, mappings_may_be_handed_on)
{
	struct thread *consumer;
	struct page *page;

	if (!all_slots_and(&page, 1))
		return;
	consumer = kthread_run(give_all_back, NULL, "consumer");
	KTEST_REQUIRE(consumer);
	kmap(page);
	kunmap(page);
	kthread_join(consumer);
	__free_page(page);
}

KTEST(kmap_line, a_page_that_got_a_slot_is_not_waited_for)
{
	struct user first, second, third;
	struct page *pages[2];

	if (!all_slots_and(pages, 2))
		return;
	line_up(&first, pages[0], NR_CPUS);
	line_up(&second, pages[1], NR_CPUS);
	line_up(&third, pages[0], NR_CPUS);
	kmap_fill_pop(&fill);
	EXPECT(gets_mapped(&first));
	/* The third one needs no slot of its own, though another thread is before it. */
	EXPECT(gets_mapped(&third));
	EXPECT(!second.mapped);
	kmap_fill_pop(&fill);
	EXPECT(gets_mapped(&second));
	kmap_fill_undo(&fill);
	kthread_stop(first.thread);
	kthread_stop(second.thread);
	kthread_stop(third.thread);
	__free_page(pages[0]);
	__free_page(pages[1]);
}

/* Both slots are idle before the first thread in the line runs: each of the two wakes only that one. */
KTEST(kmap_line, two_slots_at_once_serve_two)
{
	struct page *pages[2];
	struct user users[2];

	if (!all_slots_and(pages, 2))
		return;
	migrate_disable();
	for (unsigned int i = 0; i < 2; i++)
		line_up(&users[i], pages[i], smp_processor_id());
	preempt_disable();
	kmap_fill_pop(&fill);
	kmap_fill_pop(&fill);
	preempt_enable();
	for (unsigned int i = 0; i < 2; i++)
		EXPECT(gets_mapped(&users[i]));
	migrate_enable();
	kmap_fill_undo(&fill);
	for (unsigned int i = 0; i < 2; i++) {
		kthread_stop(users[i].thread);
		__free_page(pages[i]);
	}
}

KTEST(kmap_line, a_stray_wake_up_brings_no_slot)
{
	struct page *page;
	struct user user;

	if (!all_slots_and(&page, 1))
		return;
	line_up(&user, page, NR_CPUS);
	for (unsigned int i = 0; i < 3; i++) {
		sched_wake(user.thread);
		EXPECT(sleeps(user.thread));
	}
	EXPECT(!user.mapped);
	kmap_fill_pop(&fill);
	EXPECT(gets_mapped(&user));
	kmap_fill_undo(&fill);
	kthread_stop(user.thread);
	__free_page(page);
}

static int map_both(void *arg)
{
	struct page **pages = arg;

	kmap(pages[0]);
	kmap(pages[1]);
	kunmap(pages[1]);
	kunmap(pages[0]);
	return 0;
}

static int map_and_give_back_another(void *arg)
{
	struct page **pages = arg;

	kmap(pages[0]);
	kunmap(pages[0]);
	kmap_fill_pop(&fill);
	return 0;
}

/*
 * The second thread is woken, because its page got a slot, and has not run yet when the first one finds that all
 * slots are held again and all threads wait. It is no deadlock: the second thread will give a slot back.
 */
KTEST(kmap_line, a_woken_thread_is_no_deadlock)
{
	int (*const functions[])(void *) = { map_both, map_and_give_back_another };
	struct thread *threads[2];
	struct page *pages[2];

	if (!all_slots_and(pages, 2))
		return;
	migrate_disable();
	for (unsigned int i = 0; i < 2; i++) {
		threads[i] = kthread_create(functions[i], pages, "maps/%u", i);
		KTEST_REQUIRE(threads[i]);
		kthread_bind(threads[i], smp_processor_id());
		sched_wake(threads[i]);
		EXPECT(sleeps(threads[i]));
	}
	kmap_fill_pop(&fill);
	for (unsigned int i = 0; i < 2; i++)
		kthread_join(threads[i]);
	migrate_enable();
	kmap_fill_undo(&fill);
	__free_page(pages[0]);
	__free_page(pages[1]);
}
