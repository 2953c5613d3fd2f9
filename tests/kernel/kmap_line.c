/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * The line of threads that wait for a slot of kmap(): which thread is woken, by which event, and
 * from which contexts a slot may be given back. The tests hold all slots first, and wait with a
 * limit for anything that could hang.
 */

#define SECOND_NS 1000000000ull
#define LIMIT_NS  (30 * SECOND_NS)

static struct kmap_fill fill;

/* Number of users that have got a slot. */
static u32 turns;

/**
 * struct user - a thread that maps a page, and keeps it mapped until it is stopped
 * @page: the page
 * @mapped: kmap() has returned
 * @turn: number of users that got a slot before
 * @thread: the thread
 */
struct user {
	struct page *page;
	volatile bool mapped;
	u32 turn;
	struct thread *thread;
};

static int map_and_keep(void *arg)
{
	struct user *user = arg;

	kmap(user->page);
	user->turn = __atomic_fetch_add(&turns, 1, __ATOMIC_SEQ_CST);
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

/* Creates a user and waits until it sleeps in the line. It is bound to the CPU, if not NR_CPUS. */
static void line_up(struct user *user, struct page *page, u32 cpu)
{
	*user = (struct user){ .page = page };
	user->thread = kthread_create(map_and_keep, user, "wants");
	KTEST_REQUIRE(user->thread);
	if (cpu != NR_CPUS)
		kthread_bind(user->thread, cpu);
	wake_up_process(user->thread);
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

/* Stops a user that has its page mapped, and frees the page. */
static void dismiss(struct user *user)
{
	kthread_stop(user->thread);
	__free_page(user->page);
}

/* Holds all slots, and allocates pages that are not mapped. False if the test cannot run here. */
static bool all_slots_and(struct page *pages[], unsigned int nr)
{
	turns = 0;
	for (unsigned int i = 0; i < nr; i++)
		pages[i] = NULL;
	if (!kmap_fill_all(&fill))
		return false;
	if (fill.nr >= nr && alloc_pages_bulk(GFP_HIGHUSER, nr, pages) == nr)
		return true;
	for (unsigned int i = 0; i < nr && pages[i]; i++)
		__free_page(pages[i]);
	kmap_fill_undo(&fill);
	ktest_skip("too little high memory, or too few slots");
	return false;
}

static u32 other_cpu(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			break;
	return cpu;
}

/* --- the order of the line -------------------------------------------------------------------- */

#define NR_WAITERS 6

KTEST(kmap_line, waiters_get_slots_in_order)
{
	static struct user users[NR_WAITERS];
	struct page *pages[NR_WAITERS];
	unsigned int i;

	if (!all_slots_and(pages, NR_WAITERS))
		return;
	for (i = 0; i < NR_WAITERS; i++)
		line_up(&users[i], pages[i], NR_CPUS);
	/* Each slot serves one thread, the first of the line. */
	for (i = 0; i < NR_WAITERS / 2; i++) {
		kmap_fill_pop(&fill);
		EXPECT(gets_mapped(&users[i]));
		EXPECT_EQ(users[i].turn, i);
		EXPECT_EQ(turns, i + 1);
	}
	/* Several slots at once serve as many threads, which may run in any order. */
	for (i = NR_WAITERS / 2; i < NR_WAITERS; i++)
		kmap_fill_pop(&fill);
	for (i = NR_WAITERS / 2; i < NR_WAITERS; i++)
		EXPECT(gets_mapped(&users[i]));
	kmap_fill_undo(&fill);
	for (i = 0; i < NR_WAITERS; i++)
		dismiss(&users[i]);
}

/* Maps a page, and returns how many users had got their slots before. */
static int count_turns_before(void *page)
{
	int before;

	kmap(page);
	before = (int)__atomic_load_n(&turns, __ATOMIC_SEQ_CST);
	kunmap(page);
	return before;
}

/*
 * A slot becomes idle while a thread waits for it and a newcomer is about to call kmap(). All run
 * on one CPU, and the newcomer is first in the run queue, so it calls kmap() before the woken
 * thread runs.
 */
KTEST(kmap_line, newcomers_do_not_overtake)
{
	struct page *pages[2];
	struct thread *newcomer;
	struct user first;

	if (!all_slots_and(pages, 2))
		return;
	migrate_disable();
	line_up(&first, pages[0], smp_processor_id());
	newcomer = kthread_create(count_turns_before, pages[1], "newcomer");
	KTEST_REQUIRE(newcomer);
	kthread_bind(newcomer, smp_processor_id());
	preempt_disable();
	wake_up_process(newcomer);
	kmap_fill_pop(&fill);
	preempt_enable();
	EXPECT(gets_mapped(&first));
	kmap_fill_pop(&fill);
	EXPECT_EQ(kthread_join(newcomer), 1);
	migrate_enable();
	kmap_fill_undo(&fill);
	dismiss(&first);
	__free_page(pages[1]);
}

/* --- what wakes a thread ---------------------------------------------------------------------- */

/* The waiting thread finds an idle slot and has all CPUs flush, but this one does not react yet. */
#define SHORT_NS 10000u
#define LONG_NS  1000000u

KTEST(kmap_line, slots_may_be_given_back_with_interrupts_off)
{
	struct page *page;
	unsigned long flags;
	struct user user;
	u64 end;

	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	if (!all_slots_and(&page, 1))
		return;
	migrate_disable();
	line_up(&user, page, other_cpu());
	flags = local_irq_save();
	while (fill.nr) {
		/* Sometimes long enough for the other CPU to begin to wait for this one. */
		end = time_ns() + (fill.nr % 64 ? SHORT_NS : LONG_NS);
		kmap_fill_pop(&fill);
		while (time_ns() < end)
			cpu_relax();
	}
	local_irq_restore(flags);
	migrate_enable();
	EXPECT(gets_mapped(&user));
	dismiss(&user);
}

static int give_all_back(void *unused)
{
	msleep(50);
	kmap_fill_undo(&fill);
	return 0;
}

/* One thread holds all slots and waits for one more; another thread gives them back later. */
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
	/* The third thread shares the slot of its page, although the second one waits longer. */
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

/* Two slots become idle before the first thread of the line runs, and each wakes that same thread.
 * */
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
	for (unsigned int i = 0; i < 2; i++)
		dismiss(&users[i]);
}

KTEST(kmap_line, a_stray_wake_up_brings_no_slot)
{
	struct page *page;
	struct user user;

	if (!all_slots_and(&page, 1))
		return;
	line_up(&user, page, NR_CPUS);
	for (unsigned int i = 0; i < 3; i++) {
		wake_up_process(user.thread);
		EXPECT(sleeps(user.thread));
	}
	EXPECT(!user.mapped);
	kmap_fill_pop(&fill);
	EXPECT(gets_mapped(&user));
	kmap_fill_undo(&fill);
	dismiss(&user);
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

/* --- no deadlock ------------------------------------------------------------------------------ */

/*
 * The page of the second thread got a slot. The thread is woken, but has not run yet. Now the
 * first thread finds that all slots are held again and that all threads are in the line. This is
 * no deadlock, since the second thread will run and give a slot back.
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
		wake_up_process(threads[i]);
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
