/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <mm/highmem.h>
#include <mm/kmap_slots.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>

/*
 * kmap() or kunmap() of a page is preempted, and another thread maps or unmaps the same page then.
 * Each round executes the function in single steps (tests/kernel/step.h), and the other thread runs
 * at one of the steps: in the first round at the first one, in the next round at the second one,
 * and so on until the function has no such step. So the tests cover each place where a thread can
 * be preempted, and the result does not depend on chance. The "other thread" is a function that
 * the handler of the debug exception calls.
 */

/* More pages than slots, so that the page can lose its slot to them. */
static struct page *page, *others[LAST_PKMAP + 1];
static unsigned int nr_others;

static void put_pages(void)
{
	while (nr_others)
		__free_page(others[--nr_others]);
	__free_page(page);
}

static struct page *get_high_page(void)
{
	struct page *got = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);

	if (!got || page_is_highmem(got))
		return got;
	__free_page(got);
	return NULL;
}

/* Allocates the page and as many others. False if this machine has too little high memory. */
static bool get_pages(unsigned int nr)
{
	nr_others = 0;
	page = get_high_page();
	while (page && nr_others < nr && (others[nr_others] = get_high_page()))
		nr_others++;
	if (page && nr_others == nr)
		return true;
	if (page)
		put_pages();
	ktest_skip("too little high memory");
	return false;
}

static u32 users_of_page(void)
{
	unsigned int slot = kmap_slot_hint(page);
	s32 users = kmap_slot_users(&kmap_slots[slot]);

	return kmap_slot_is_of(slot, page) && users > 0 ? (u32)users : 0;
}

/* --- another thread at one step --------------------------------------------------------------- */

static u32 at;
static void (*meanwhile)(void);

static void act_at_one_step(void)
{
	if (step.nr != at)
		return;
	local_irq_enable();
	meanwhile();
	local_irq_disable();
}

/* Executes a function; returns whether the other thread has run at a step of it. */
static bool steps_with_another_thread(void (*fn)(void))
{
	step_through(fn, act_at_one_step, THREAD);
	return step.nr >= at;
}

/* --- users join and leave during kunmap() ----------------------------------------------------- */

static void map(void)
{
	kmap(page);
}

static void unmap(void)
{
	kunmap(page);
}

/*
 * The page has @users users. One of them leaves; meanwhile another one leaves, too, or a new one
 * joins. Afterwards the number must be right.
 */
static void expect_users_after_kunmap(u32 users, void (*other)(void), s32 change)
{
	u32 wrong_counts = 0;
	bool happened;

	meanwhile = other;
	at = 0;
	do {
		for (u32 i = 0; i < users; i++)
			kmap(page);
		at++;
		happened = steps_with_another_thread(unmap);
		wrong_counts += users_of_page() != users - 1 + (u32)(happened ? change : 0);
		while (users_of_page())
			kunmap(page);
	} while (happened);
	EXPECT_EQ(wrong_counts, 0);
}

KTEST(kmap_steps, users_may_join_anywhere_in_kunmap)
{
	if (!get_pages(0))
		return;
	expect_users_after_kunmap(1, map, 1);
	expect_users_after_kunmap(2, map, 1);
	put_pages();
}

KTEST(kmap_steps, users_may_leave_anywhere_in_kunmap)
{
	if (!get_pages(0))
		return;
	expect_users_after_kunmap(2, unmap, -1);
	expect_users_after_kunmap(3, unmap, -1);
	put_pages();
}

/* --- the page gets a slot during kmap() ------------------------------------------------------- */

static const void *mapped_at, *others_mapped_at;

static void map_here(void)
{
	mapped_at = kmap(page);
}

static void map_there(void)
{
	others_mapped_at = kmap(page);
}

/* Other pages use up the slots, until the page has none. */
static void lose_the_slot(void)
{
	for (unsigned int i = 0; kmap_slot_is_of(kmap_slot_hint(page), page); i++) {
		kmap(others[i % nr_others]);
		kunmap(others[i % nr_others]);
	}
}

/* Both threads want the page, which has no slot at first. They must share the slot that it gets. */
KTEST(kmap_steps, a_page_may_get_a_slot_anywhere_in_kmap)
{
	u32 two_slots = 0, wrong_users = 0;
	bool happened;

	if (!get_pages(ARRAY_SIZE(others)))
		return;
	meanwhile = map_there;
	at = 0;
	do {
		lose_the_slot();
		at++;
		happened = steps_with_another_thread(map_here);
		two_slots += happened && others_mapped_at != mapped_at;
		wrong_users += users_of_page() != (happened ? 2 : 1);
		while (users_of_page())
			kunmap(page);
	} while (happened && !two_slots);
	EXPECT_EQ(two_slots, 0);
	EXPECT_EQ(wrong_users, 0);
	put_pages();
}
