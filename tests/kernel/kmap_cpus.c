/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/time.h>
#include <kernel/preempt.h>
#include <tests/helpers/cpus.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>

/*
 * Two CPUs use kmap() at the same time, one of them in single steps (tests/kernel/step.h). Between
 * two of its instructions it asks the other CPU for an action, and waits until that is done. So
 * the tests reach moments that are one or two instructions long, also while the stepped CPU owns
 * kmap_lock. If the action itself waits for a lock, the stepped CPU continues after a while.
 *
 * The thread of the test is the other CPU. The stepped thread runs on a CPU of its own.
 */

#define MS_NS 1000000ull

/* The stepped CPU waits this long for an action. */
#define ACTION_NS (50 * MS_NS)

/**
 * struct stepped - the thread in single steps
 * @page: page that it maps
 * @thread: the thread
 * @mapped: kmap() has returned
 * @asked: number of actions that it has asked for
 * @done: number of these that the other CPU has finished
 */
static struct {
	struct page *page;
	struct thread *thread;
	volatile bool mapped;
	volatile u32 asked, done;
} stepped;

static int map_in_steps(void *look)
{
	begin_steps((void (*)(void))look, INTERRUPT);
	kmap(stepped.page);
	stepped.mapped = true;
	kunmap(stepped.page);
	return 0;
}

/* False if there is no memory for the thread. The caller cannot migrate. */
static bool start_steps(struct page *page, void (*look)(void))
{
	stepped.page = page;
	stepped.mapped = false;
	stepped.asked = stepped.done = 0;
	stepped.thread = run_on(other_cpu(), map_in_steps, (void *)look);
	EXPECT(stepped.thread);
	return stepped.thread;
}

static void end_of_steps(void)
{
	kthread_join(stepped.thread);
	end_steps();
}

/* Called between two instructions. Nothing happens while the other CPU is still busy. */
static void ask_other_cpu(void)
{
	u64 end = time_ns() + ACTION_NS;

	if (stepped.done != stepped.asked)
		return;
	stepped.asked++;
	/* The other CPU may have to flush this one. */
	local_irq_enable();
	while (stepped.done != stepped.asked && time_ns() < end)
		cpu_relax();
	local_irq_disable();
}

static int do_nothing(void *unused)
{
	return 0;
}

/* Sleeps, and is not just on its way: other threads of its CPU have run in the meantime. */
static bool stepped_sleeps(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct thread *thread = stepped.thread;

		if (READ_ONCE(thread->state) != THREAD_SLEEPING || READ_ONCE(thread->on_cpu) ||
		    stepped.done != stepped.asked)
			return false;
		thread = run_on(other_cpu(), do_nothing, NULL);
		if (thread)
			kthread_join(thread);
	}
	return true;
}

/* Acts whenever the stepped CPU asks. True when its page is mapped; false if the thread sleeps. */
static bool act_until_mapped(void (*act)(void))
{
	while (!stepped.mapped) {
		if (stepped.done != stepped.asked) {
			act();
			stepped.done++;
		} else if (stepped_sleeps()) {
			return stepped.mapped;
		}
		cpu_relax();
	}
	return true;
}

/* --- a slot is given back while a thread begins to wait --------------------------------------- */

static struct kmap_fill fill;

/* The page that is unmapped, the step at which that happens, and whether it has happened. */
static struct page *returned;
static u32 at;
static bool is_returned;

static void ask_at_one_step(void)
{
	if (step.nr == at)
		ask_other_cpu();
}

/* The step may also come after the thread has slept, and the page is returned already. */
static void give_back(void)
{
	if (is_returned)
		return;
	kunmap(returned);
	is_returned = true;
}

/* Chooses the mapped page with the lowest slot, or the one with the highest. It becomes the first
 * of the pages, so that kmap_fill_pop() takes another one. */
static void choose_page(bool lowest)
{
	unsigned int found = 0;

	for (unsigned int i = 1; i < fill.nr; i++)
		if ((kmap_slot_hint(fill.pages[i]) < kmap_slot_hint(fill.pages[found])) == lowest)
			found = i;
	returned = fill.pages[found];
	fill.pages[found] = fill.pages[0];
	fill.pages[0] = returned;
	is_returned = false;
}

#define ROUNDS 8u

/* Step 0 does not exist: in the first round the thread sleeps before it can get a slot. The steps
 * until then are divided among the other rounds. Returns false if a wake-up was lost. */
static bool wait_for_returned_slot(struct page *page, u32 round)
{
	static u32 steps_until_sleep;
	bool mapped;

	choose_page(round % 2 == 0);
	at = round ? steps_until_sleep * round / ROUNDS : 0;
	if (!start_steps(page, ask_at_one_step))
		return true;
	mapped = act_until_mapped(give_back);
	if (!is_returned) {
		steps_until_sleep = step.nr;
		give_back();
		mapped = act_until_mapped(give_back);
	}
	/* Another slot wakes it again. */
	if (!mapped)
		kmap_fill_pop(&fill);
	end_of_steps();
	kmap(returned);
	return mapped;
}

/*
 * A thread looks at all slots, finds that they are held, and sleeps. Each round gives a slot back
 * at another step of that. Before the slot was looked at, the thread finds it; afterwards the
 * thread must be woken.
 */
KTEST(kmap_cpus, a_slot_may_be_given_back_while_a_thread_begins_to_wait)
{
	struct page *page;
	u32 wake_ups_lost = 0;

	if (one_cpu() || !kmap_fill_all(&fill))
		return;
	page = alloc_page(GFP_HIGHUSER);
	EXPECT(page);
	migrate_disable();
	for (u32 round = 0; page && round < ROUNDS && !wake_ups_lost; round++)
		wake_ups_lost += !wait_for_returned_slot(page, round);
	EXPECT_EQ(wake_ups_lost, 0);
	migrate_enable();
	kmap_fill_undo(&fill);
	if (page)
		__free_page(page);
}

/* --- idle slots are mapped while another CPU recycles them ------------------------------------ */

/* More pages than slots: when all slots are idle, one page has none. */
static struct page *pages[LAST_PKMAP + 1];
static unsigned int nr_pages;

static void put_pages(void)
{
	while (nr_pages)
		__free_page(pages[--nr_pages]);
}

static bool get_pages(void)
{
	for (nr_pages = 0; nr_pages < ARRAY_SIZE(pages); nr_pages++) {
		struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);

		if (page && !page_is_highmem(page))
			__free_page(page);
		if (!page || !page_is_highmem(page)) {
			put_pages();
			ktest_skip("fewer free pages of high memory than slots of kmap()");
			return false;
		}
		pages[nr_pages] = page;
	}
	return true;
}

static bool slot_is_empty(const struct kmap_slot *slot)
{
	return READ_ONCE(slot->count) < KMAP_EMPTY_BELOW;
}

static bool a_slot_is_empty(void)
{
	for (unsigned int slot = 0; slot < LAST_PKMAP; slot++)
		if (slot_is_empty(&kmap_slots[slot]))
			return true;
	return false;
}

static void map_once(struct page *page)
{
	kmap(page);
	kunmap(page);
}

/*
 * Makes each slot idle, with one of the pages; or held, if the user holds it. Mapping all pages
 * empties the slots that have other pages, since there are not enough slots for all. If kunmap()
 * empties slots itself, they stay empty, and the tests find nothing to do.
 */
static void make_all_slots_idle(void)
{
	for (unsigned int i = 0; i < nr_pages || (i < 3 * nr_pages && a_slot_is_empty()); i++)
		map_once(pages[i % nr_pages]);
}

/* Returns the descriptor if it is that of one of the pages, else NULL. */
static struct page *find_page(const struct page *page)
{
	for (unsigned int i = 0; i < nr_pages; i++)
		if (pages[i] == page)
			return pages[i];
	return NULL;
}

static struct page *page_without_slot(void)
{
	for (unsigned int i = 0; i < nr_pages; i++)
		if (!kmap_slot_is_of(kmap_slot_hint(pages[i]), pages[i]))
			return pages[i];
	return NULL;
}

/**
 * struct recycling - what the stepped CPU has recycled
 * @slot: the first slot that is idle, or is just becoming empty
 * @at: step of the next action
 * @nr: number of pages that the other CPU has mapped
 * @mapped: these pages
 * @addr: the address that kmap() returned for each
 */
static struct {
	unsigned int slot;
	u32 at;
	u32 nr;
	struct page *mapped[64];
	const void *addr[64];
} recycling;

/* False if all slots are held, or have become empty. */
static bool find_slot_at_work(void)
{
	const struct kmap_slot *slot;

	for (; recycling.slot < LAST_PKMAP; recycling.slot++) {
		slot = &kmap_slots[recycling.slot];
		if (READ_ONCE(slot->count) < 0 && READ_ONCE(slot->page))
			return true;
	}
	return false;
}

/* Maps the page of the slot that is being recycled. */
static void map_at_work(void)
{
	struct page *page = find_page(READ_ONCE(kmap_slots[recycling.slot].page));
	u32 nr = recycling.nr;

	if (!page)
		return;
	recycling.mapped[nr] = page;
	recycling.addr[nr] = kmap(page);
	recycling.nr++;
}

/* Asks at a step now and then, so that it happens at each instruction of the loop over the slots.
 * Slot 0 shows that the loop has begun. */
static void ask_while_slot_is_idle(void)
{
	if (!find_slot_at_work() || recycling.slot == 0 || step.nr < recycling.at ||
	    slot_is_empty(&kmap_slots[recycling.slot]) ||
	    recycling.nr == ARRAY_SIZE(recycling.addr))
		return;
	recycling.at = step.nr + 11 + recycling.nr % 16;
	ask_other_cpu();
}

static void ask_while_empty_slot_has_a_page(void)
{
	if (find_slot_at_work() && slot_is_empty(&kmap_slots[recycling.slot]) &&
	    recycling.nr < ARRAY_SIZE(recycling.addr))
		ask_other_cpu();
}

/* The pages that were mapped must still be mapped, at the same address. */
static void expect_pages_mapped(void)
{
	u32 users_lost = 0;

	while (recycling.nr) {
		struct page *page = recycling.mapped[--recycling.nr];

		if (page_address(page) == recycling.addr[recycling.nr])
			kunmap(page);
		else
			users_lost++;
	}
	EXPECT_EQ(users_lost, 0);
}

static void map_beside_recycling(void (*look)(void))
{
	if (DEBUG) {
		ktest_skip("with DEBUG=1 no slot is idle");
		return;
	}
	if (one_cpu() || !get_pages())
		return;
	migrate_disable();
	make_all_slots_idle();
	recycling.slot = recycling.at = recycling.nr = 0;
	if (start_steps(page_without_slot(), look)) {
		EXPECT(act_until_mapped(map_at_work));
		end_of_steps();
		expect_pages_mapped();
	}
	migrate_enable();
	put_pages();
}

/* The slot gets a user at any instruction that makes it empty. Either the slot stays, or the user
 * gets another one. */
KTEST(kmap_cpus, an_idle_slot_may_get_a_user_while_it_is_recycled)
{
	map_beside_recycling(ask_while_slot_is_idle);
}

/* The count says "empty", but the slot still has its page. */
KTEST(kmap_cpus, a_slot_that_becomes_empty_gets_no_user)
{
	map_beside_recycling(ask_while_empty_slot_has_a_page);
}

/* --- both CPUs count -------------------------------------------------------------------------- */

/* The page has many users, so it stays mapped even if many are lost. */
#define BASE_USERS 10000u

/* A batch ends when a CPU has seen the other one at work this often, or after some time: on a busy
 * host the two CPUs seldom run at the same time. */
#define BATCHES  4u
#define OVERLAPS 5000u
#define BATCH_NS (500 * MS_NS)

static struct {
	struct page *page;
	volatile u32 calls[2];
	volatile bool done;
} both;

static int map_and_unmap(void *number)
{
	const u32 me = (u32)number;
	u32 overlaps = 0, seen = 0;
	u64 end = time_ns() + BATCH_NS;

	while (!both.done) {
		map_once(both.page);
		both.calls[me]++;
		overlaps += both.calls[!me] != seen;
		seen = both.calls[!me];
		/* Under icount, only this lets the other CPU run. */
		if (both.calls[me] % 16 == 0)
			cpu_relax();
		if (overlaps == OVERLAPS || (both.calls[me] % 1024 == 0 && time_ns() > end))
			both.done = true;
	}
	return 0;
}

/* Returns the number of users after both CPUs have mapped the page, and unmapped it as often. */
static u32 count_on_both_cpus(void)
{
	struct thread *thread;

	both.done = false;
	thread = run_on(other_cpu(), map_and_unmap, (void *)1);
	EXPECT(thread);
	map_and_unmap(NULL);
	if (thread)
		kthread_join(thread);
	return (u32)kmap_slot_users(&kmap_slots[kmap_slot_hint(both.page)]);
}

KTEST(kmap_cpus, users_are_counted_on_all_cpus)
{
	struct page *page;
	u32 users = BASE_USERS;

	if (one_cpu())
		return;
	page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(page);
	if (!page_is_highmem(page)) {
		ktest_skip("no free high memory");
		goto out;
	}
	both.page = page;
	for (u32 i = 0; i < BASE_USERS; i++)
		kmap(page);
	migrate_disable();
	for (u32 i = 0; i < BATCHES && users == BASE_USERS; i++)
		users = count_on_both_cpus();
	migrate_enable();
	EXPECT_EQ(users, BASE_USERS);
	while (users--)
		kunmap(page);
out:
	__free_page(page);
}
