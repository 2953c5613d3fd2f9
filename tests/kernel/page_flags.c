/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/percpu.h>
#include <kernel/cpu_call.h>
#include <mm/page_alloc.h>
#include <tests/bench/opcount.h>
#include <tests/kernel/ktest.h>

/*
 * The flags PG_* of a page that several CPUs can reach (the rules are in mm/page.h). A change
 * that is not locked reads the word and writes it back, and loses what another CPU has changed
 * between. The first test looks at the instructions, so it finds a missing lock on one CPU, too.
 * The second lets all CPUs change flags of one page at once.
 */

KTEST(page_flags, each_change_is_one_locked_operation)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct opcounts counts;
	bool was_set;

	KTEST_REQUIRE(page);
	opcount_take();
	opcount_begin();
	set_page_flag(page, PG_OWNER_1);
	was_set = test_and_set_page_flag(page, PG_OWNER_2);
	clear_page_flag(page, PG_OWNER_1);
	opcount_end();
	counts = opcount_take();
	EXPECT_EQ(counts.locked, 3);
	EXPECT(!was_set);
	EXPECT(!test_page_flag(page, PG_OWNER_1));
	EXPECT(test_page_flag(page, PG_OWNER_2));
	clear_page_flag(page, PG_OWNER_2);
	__free_page(page);
}

/*
 * A state changes by one locked operation, too, and leaves flags and hint alone. Only pages of
 * programs and page tables are freed in their state.
 */
KTEST(page_flags, a_page_is_freed_in_the_state_of_its_owner)
{
	static const enum page_state states[] = { PAGE_TABLE, PAGE_ANON, PAGE_ANON_SHARED,
						  PAGE_OBJECT };

	for (unsigned int i = 0; i < ARRAY_SIZE(states); i++) {
		struct page *page = alloc_page(GFP_HIGHUSER);
		struct opcounts counts;

		KTEST_REQUIRE(page);
		page->number = 9;
		set_page_flag(page, PG_OWNER_3);
		opcount_take();
		opcount_begin();
		set_page_state(page, states[i]);
		opcount_end();
		counts = opcount_take();
		EXPECT_EQ(counts.locked, 1);
		EXPECT_EQ(page_state(page), states[i]);
		EXPECT_EQ(page->number, 9);
		EXPECT(test_page_flag(page, PG_OWNER_3));
		get_page(page);
		put_page(page);
		EXPECT_EQ(page->refcount, 1);
		clear_page_flag(page, PG_OWNER_3);
		put_page(page);
		EXPECT(page_state(page) < PAGE_USED);
	}
	EXPECT(page_alloc_check() == NULL);
}

/* --- all CPUs at once ------------------------------------------------------------------------- */

#define ROUNDS   20000u
#define NR_FLAGS (PG_OWNER_5 - PG_OWNER_1 + 1)

static struct page *shared_page;
static u32 lost;

/*
 * The first CPUs have a flag each, which no other CPU changes. The next CPU stores hints, as kmap()
 * does.
 */
static void change_my_part(void *unused)
{
	u32 cpu = smp_processor_id();
	enum page_flag mine = PG_OWNER_1 + cpu;

	for (u32 round = 0; round < ROUNDS && cpu < NR_FLAGS - 1; round++) {
		set_page_flag(shared_page, mine);
		if (!test_page_flag(shared_page, mine))
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		clear_page_flag(shared_page, mine);
		if (test_and_set_page_flag(shared_page, mine))
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
		clear_page_flag(shared_page, mine);
	}
	for (u32 round = 0; round < ROUNDS && cpu == NR_FLAGS - 1; round++) {
		WRITE_ONCE(shared_page->number, (u16)round);
		if (READ_ONCE(shared_page->number) != (u16)round)
			__atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
	}
}

KTEST(page_flags, cpus_do_not_lose_each_others_changes)
{
	shared_page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(shared_page);
	lost = 0;
	on_each_cpu(change_my_part, NULL, true);
	EXPECT_EQ(lost, 0);
	EXPECT_EQ(shared_page->flags & PAGE_PG_MASK, 0);
	EXPECT_EQ(shared_page->flags & PAGE_KIND_MASK, PAGE_FLAGS(PAGE_USED, 0, 0));
	__free_page(shared_page);
}
