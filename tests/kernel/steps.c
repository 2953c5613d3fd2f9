/* SPDX-License-Identifier: MIT */
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/pagetable.h>
#include <asm/traps.h>
#include <kernel/preempt.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/kmap_slots.h>
#include <mm/page_alloc.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>
#include <thread/thread.h>

/*
 * Functions that are interrupted after every instruction (tests/kernel/step.h): by an interrupt
 * that calls the same function, by another thread that uses up the slots of kmap(), or by another
 * CPU that reads half of a page-table entry.
 */

/* --- entries of page tables ------------------------------------------------------------------- */

/*
 * A page walk has to find the entry either not present, or equal to one of these values.
 * replace_pteval() is one instruction and is not stepped: QEMU 7.2 with several CPUs then loses the
 * flags of a locked CMPXCHG8B.
 */
static struct {
	pteval_t entry, before, after;
	unsigned int wrong;
} walked;

static void walk(void)
{
	pteval_t now = *(volatile pteval_t *)&walked.entry;

	walked.wrong += now & PTE_PRESENT && now != walked.before && now != walked.after;
}

static void set_it(void)
{
	set_pteval(&walked.entry, walked.after);
}

static void clear_it(void)
{
	clear_pteval(&walked.entry);
}

/* As an entry of a program. */
static void take_it(void)
{
	pte_take((pte_t *)&walked.entry);
}

static void expect_whole(void (*change)(void), pteval_t before, pteval_t after)
{
	walked.entry = walked.before = before;
	walked.after = after;
	walked.wrong = 0;
	step_through(change, walk, CPU);
	EXPECT_EQ(walked.entry, after);
	EXPECT_EQ(walked.wrong, 0);
}

KTEST(steps, no_walk_finds_half_an_entry)
{
	const pteval_t high = CONFIG_PAE ? (pteval_t)0x800ull << 31 : 0;
	const pteval_t one = high | 0x12345000u | PTE_PRESENT | PTE_WRITE;
	const pteval_t other = high << 1 | PTE_NX | 0x00777000u;

	expect_whole(set_it, 0, one);
	expect_whole(clear_it, one, 0);
	expect_whole(take_it, one, 0);
	/* The old contents of a non-present entry do not matter. */
	expect_whole(set_it, other, one);
}

/* --- rights of a page of a program ------------------------------------------------------------ */

static void walk_rights(void)
{
	pteval_t now = *(volatile pteval_t *)&walked.entry;

	walked.wrong += now & PTE_PRESENT && now & PTE_WRITE && !(now & PTE_NX);
}

static void change_rights(void)
{
	pte_set_rights((pte_t *)&walked.entry, walked.after);
}

/* Data become code, and code becomes data: no page walk may find both. */
KTEST(steps, no_walk_may_write_and_execute)
{
	const pteval_t data = PTE_PRESENT | PTE_WRITE | PTE_NX, code = PTE_PRESENT;

	if (!CONFIG_PAE) {
		ktest_skip("there is no NX bit");
		return;
	}
	for (int i = 0; i < 2; i++) {
		walked.entry = 0x12345000u | (i ? code : data);
		walked.after = i ? data : code;
		walked.wrong = 0;
		step_through(change_rights, walk_rights, CPU);
		EXPECT_EQ(walked.entry, 0x12345000u | walked.after);
		EXPECT_EQ(walked.wrong, 0);
	}
}

/* --- kmap_local ------------------------------------------------------------------------------- */

static struct {
	struct page *first, *second, *in_interrupt;
	u32 calls, wrong;
} mapped;

/* Does what an interrupt may do: it leaves the slots as it found them. */
static void map_in_interrupt(void)
{
	u32 *addr = kmap_local_page(mapped.in_interrupt);

	mapped.wrong += *addr != mapped.calls;
	*addr = ++mapped.calls;
	kunmap_local(addr);
}

static void map_two(void)
{
	u32 *first = kmap_local_page(mapped.first), *second;

	*(volatile u32 *)first = 1;
	second = kmap_local_page(mapped.second);
	*(volatile u32 *)second = 2;
	mapped.wrong += *(volatile u32 *)first != 1;
	kunmap_local(second);
	mapped.wrong += *(volatile u32 *)first != 1;
	kunmap_local(first);
}

KTEST(steps, an_interrupt_may_map_anywhere)
{
	struct page *pages[3] = { NULL };

	KTEST_REQUIRE(alloc_pages_bulk(GFP_HIGHUSER, 3, pages) == 3);
	mapped.first = pages[0];
	mapped.second = pages[1];
	mapped.in_interrupt = pages[2];
	mapped.calls = mapped.wrong = 0;
	clear_highpage(pages[2]);
	step_through(map_two, map_in_interrupt, INTERRUPT);
	EXPECT_EQ(mapped.wrong, 0);
	EXPECT_EQ(mapped.calls, step.nr);
	for (unsigned int i = 0; i < 3; i++)
		__free_page(pages[i]);
}

/*
 * --- the per-CPU lists --------------------------------------------------------------------------
 */

/* More pages than the lists of a CPU hold, so the zone is used, too. DEBUG=1 fills each page word
 * by word. */
#define NR_PAGES   (DEBUG ? 2 : 200)
#define NR_OBJECTS (DEBUG ? 2 : 8)

static struct page *stepped_pages[NR_PAGES];

/* An interrupt allocates a page and an object, and frees an older page. */
static struct page *interrupts_page;

static void allocate_in_interrupt(void)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	void *object = kmalloc(64, GFP_ATOMIC | __GFP_NOWARN);

	if (interrupts_page)
		__free_page(interrupts_page);
	interrupts_page = page;
	kfree(object);
}

static void take_and_free(void)
{
	unsigned int nr = 0;
	void *objects[NR_OBJECTS];

	while (nr < NR_PAGES && (stepped_pages[nr] = alloc_page(GFP_ATOMIC | __GFP_NOWARN)))
		nr++;
	while (nr)
		__free_page(stepped_pages[--nr]);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmalloc(64, GFP_ATOMIC | __GFP_NOWARN);
	for (unsigned int i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
}

KTEST(steps, an_interrupt_may_allocate_anywhere)
{
	struct holdings before = ktest_in_use();

	interrupts_page = NULL;
	step_through(take_and_free, allocate_in_interrupt, INTERRUPT);
	if (interrupts_page)
		__free_page(interrupts_page);
	EXPECT(page_alloc_check() == NULL);
	EXPECT_EQ(ktest_in_use().pages, before.pages);
	EXPECT_EQ(ktest_in_use().objects, before.objects);
}

/* --- kmap ------------------------------------------------------------------------------------- */

/*
 * More pages than slots, so each round uses all slots up. With DEBUG=1 a slot is recycled at once.
 */
#define NR_OTHERS (DEBUG ? 2 : LAST_PKMAP + 1)

static struct {
	struct page *page, *others[NR_OTHERS];
	const volatile u32 *had;    /* address at which the page was mapped last */
	const volatile u32 *wanted; /* the rival maps a page here; NULL: anywhere */
	unsigned int wrong;
	u32 rounds_wanted, rounds;
	u32 at;              /* step at which the rival runs */
	bool keeps;          /* the page at the wanted address stays mapped */
	bool empties;        /* stop as soon as the wanted slot is empty */
	struct page *joined; /* the rival maps only this page, which stays mapped */
	struct page *last;   /* page that the rival mapped last */
	struct page *kept;
	unsigned int unreported; /* reports did not find a user */
	unsigned int misnamed;   /* reports named another call than that of the only user */
	struct thread *rival;
} shared;

static void free_shared_pages(void)
{
	if (shared.page)
		__free_page(shared.page);
	for (unsigned int i = 0; i < NR_OTHERS; i++)
		if (shared.others[i])
			__free_page(shared.others[i]);
}

/* Gives each page its number. Returns false if there is too little high memory. */
static bool take_shared_pages(void)
{
	memset(&shared, 0, sizeof(shared));
	for (unsigned int i = 0; i <= NR_OTHERS; i++) {
		struct page *page = alloc_page(GFP_HIGHUSER | __GFP_NOWARN);

		*(i < NR_OTHERS ? &shared.others[i] : &shared.page) = page;
		if (!page || !page_is_highmem(page)) {
			free_shared_pages();
			ktest_skip("too little high memory");
			return false;
		}
		memcpy_to_page(page, 0, &i, sizeof(i));
	}
	return true;
}

/* Maps a page that stays mapped. The slot records this call, if no other user made it held. */
static noinline void join(struct page *page)
{
	kmap(page);
	shared.kept = page;
}

/*
 * Uses all slots, or stops when a page is mapped at the wanted address; it may stay mapped. If a
 * page is to be joined, maps only that one.
 */
static void use_slots(void)
{
	const unsigned int most = shared.wanted ? 2 * NR_OTHERS : NR_OTHERS;

	if (shared.joined) {
		join(shared.joined);
		return;
	}
	for (unsigned int i = 0; i < most; i++) {
		struct page *other = shared.others[i % NR_OTHERS];
		const volatile u32 *addr = kmap(other);

		shared.wrong += *addr != i % NR_OTHERS;
		shared.last = other;
		if (addr == shared.wanted && shared.keeps) {
			shared.kept = other;
			return;
		}
		kunmap(other);
		if (addr == shared.wanted ||
		    (shared.empties && !kmap_to_page((void *)shared.wanted)))
			return;
	}
}

static int be_the_rival(void *unused)
{
	while (!kthread_should_stop()) {
		set_current_state(THREAD_SLEEPING);
		if (READ_ONCE(shared.rounds) == READ_ONCE(shared.rounds_wanted) &&
		    !kthread_should_stop())
			schedule();
		set_current_state(THREAD_RUNNABLE);
		if (READ_ONCE(shared.rounds) == READ_ONCE(shared.rounds_wanted))
			continue;
		use_slots();
		WRITE_ONCE(shared.rounds, shared.rounds + 1);
	}
	return 0;
}

/*
 * Interrupts are on while this waits, because the rival may be on another CPU and flush this one.
 */
static void wait_for_the_rival(void)
{
	local_irq_enable();
	WRITE_ONCE(shared.rounds_wanted, shared.rounds_wanted + 1);
	wake_up_process(shared.rival);
	while (READ_ONCE(shared.rounds) != shared.rounds_wanted)
		preempt_schedule();
	local_irq_disable();
}

static void map_once(void)
{
	const volatile u32 *addr = kmap(shared.page);

	shared.had = addr;
	shared.wrong += *addr != NR_OTHERS;
	shared.wrong += page_address(shared.page) != addr;
	kunmap(shared.page);
}

/* Runs the rival on any CPU; or on this one, if calling another CPU would make the many rounds too
 * slow. */
static void map_beside_a_rival(void (*map)(void), bool here)
{
	unsigned int slots;

	if (!take_shared_pages())
		return;
	slots = kmap_slots_left();
	shared.rival = kthread_create(be_the_rival, NULL, "rival");
	if (shared.rival) {
		if (here) {
			migrate_disable();
			kthread_bind(shared.rival, smp_processor_id());
		}
		wake_up_process(shared.rival);
		map();
		if (here)
			migrate_enable();
		kthread_stop(shared.rival);
	}
	EXPECT(shared.rival);
	/* A user that was not subtracted from an empty slot holds it when it is used again. */
	shared.wanted = NULL;
	use_slots();
	EXPECT_EQ(kmap_slots_left(), slots);
	EXPECT_EQ(shared.wrong, 0);
	EXPECT_EQ(shared.unreported, 0);
	EXPECT_EQ(shared.misnamed, 0);
	free_shared_pages();
}

static void map_with_a_round_at_each_step(void)
{
	map_once();
	step_through(map_once, wait_for_the_rival, THREAD);
	EXPECT_EQ(shared.rounds, step.nr);
}

/* An idle slot may be recycled while its page is being mapped, but not once kmap() has returned. */
KTEST(steps, slots_may_be_used_up_anywhere_in_kmap)
{
	map_beside_a_rival(map_with_a_round_at_each_step, false);
}

static void wait_at_one_step(void)
{
	if (step.nr == shared.at)
		wait_for_the_rival();
}

static void map_with_a_round_at_each_step_in_turn(void)
{
	do {
		map_once();
		shared.wanted = shared.had;
		shared.at++;
		step_through(map_once, wait_at_one_step, THREAD);
		if (shared.kept)
			kunmap(shared.kept);
		shared.kept = NULL;
	} while (step.nr >= shared.at);
	EXPECT_EQ(shared.rounds, shared.at - 1);
}

/* Up to some instruction the page has an idle slot; afterwards another page has it. */
KTEST(steps, an_idle_slot_may_become_another_page_s_anywhere_in_kmap)
{
	map_beside_a_rival(map_with_a_round_at_each_step_in_turn, false);
}

static void map_with_a_rival_that_keeps_the_slot(void)
{
	shared.keeps = true;
	map_with_a_round_at_each_step_in_turn();
}

KTEST(steps, an_idle_slot_may_be_held_by_others_anywhere_in_kmap)
{
	map_beside_a_rival(map_with_a_rival_that_keeps_the_slot, false);
}

static void empty_the_slot_and_then_take_it(void)
{
	if (step.nr == shared.at) {
		shared.empties = true;
		wait_for_the_rival();
		shared.empties = false;
	} else if (step.nr == shared.at + 1) {
		shared.keeps = true;
		wait_for_the_rival();
		shared.keeps = false;
	}
}

/*
 * The slot is empty when map_once() increments its count by mistake, and belongs to another page
 * when map_once() decrements it again. The user of that page must not be lost.
 */
static void map_with_a_slot_that_is_emptied_and_taken(void)
{
	/* When all slots have been recycled, the first one is used again at once. */
	use_slots();
	do {
		map_once();
		shared.wanted = shared.had;
		shared.at++;
		step_through(map_once, empty_the_slot_and_then_take_it, THREAD);
		if (!shared.kept)
			continue;
		shared.wrong += page_address(shared.kept) != shared.wanted;
		if (page_address(shared.kept))
			kunmap(shared.kept);
		shared.kept = NULL;
	} while (step.nr > shared.at);
}

KTEST(steps, a_user_is_not_lost_when_another_counts_by_mistake)
{
	if (DEBUG) {
		ktest_skip("with DEBUG=1 no slot is idle");
		return;
	}
	map_beside_a_rival(map_with_a_slot_that_is_emptied_and_taken, true);
}

/* --- the report of a user that joins ---------------------------------------------------------- */

/*
 * Reports must find the user that the rival has left in a slot. If it was the only one, they must
 * name its call of kmap().
 */
static void expect_report_of_kept(bool only_user)
{
	struct page *page = shared.kept;
	const struct kmap_slot *slot;
	unsigned long caller;

	if (!page)
		return;
	slot = &kmap_slots[kmap_slot_hint(page)];
	shared.unreported += !kmap_slot_is_held(slot);
	caller = slot->caller;
	kunmap(page);
	if (only_user) {
		join(page);
		shared.misnamed += slot->caller != caller;
		kunmap(page);
	}
	shared.kept = NULL;
}

static void join_at_one_step(void)
{
	if (step.nr != shared.at)
		return;
	shared.joined = shared.page;
	wait_for_the_rival();
	shared.joined = NULL;
}

static void map_with_a_rival_that_joins(void)
{
	do {
		shared.at++;
		step_through(map_once, join_at_one_step, THREAD);
		expect_report_of_kept(false);
	} while (step.nr >= shared.at);
	EXPECT_EQ(shared.rounds, shared.at - 1);
}

/* At some instruction the last user is about to leave when the other thread joins. */
KTEST(steps, a_user_that_joins_is_reported)
{
	map_beside_a_rival(map_with_a_rival_that_joins, false);
}

static void change_the_page_and_then_map_it(void)
{
	if (step.nr == shared.at) {
		wait_for_the_rival();
	} else if (step.nr == shared.at + 1) {
		shared.joined = shared.last;
		wait_for_the_rival();
		shared.joined = NULL;
	}
}

/*
 * The slot belongs to another page, and is idle, when map_once() increments its count by mistake.
 * So a user of that page is not the first one.
 */
static void map_with_a_slot_that_changes_its_page(void)
{
	use_slots();
	do {
		map_once();
		shared.wanted = shared.had;
		shared.at++;
		step_through(map_once, change_the_page_and_then_map_it, THREAD);
		expect_report_of_kept(true);
	} while (step.nr > shared.at);
}

KTEST(steps, a_user_that_joins_a_mistaken_user_is_reported)
{
	if (DEBUG) {
		ktest_skip("with DEBUG=1 no slot is idle");
		return;
	}
	map_beside_a_rival(map_with_a_slot_that_changes_its_page, true);
}

/* --- the descriptor of a page whose slot is recycled ------------------------------------------ */

static volatile bool watching;
static volatile unsigned int writes;

static bool count_write(struct trap_frame *frame)
{
	writes += watching;
	return watching;
}
DEBUG_HANDLER(count_write);

/* Raises a debug exception on this CPU after each write to a word; NULL turns it off (Intel SDM 3B,
 * 18.2.4). */
static void watch_writes(const void *word)
{
	const u32 enable = 1, write = 1 << 16, four_bytes = 3 << 18;

	watching = word;
	__asm__ volatile("movl %0, %%dr0" ::"r"(word));
	__asm__ volatile("movl %0, %%dr7" ::"r"(word ? enable | write | four_bytes : 0));
}

/*
 * Recycling a slot must not write to the page's descriptor. The page may have been freed long ago,
 * and a write could get lost or undo a change that its new owner makes on another CPU.
 */
KTEST(steps, a_page_is_left_alone_when_its_slot_is_recycled)
{
	if (!take_shared_pages())
		return;
	map_once();
	writes = 0;
	migrate_disable();
	watch_writes(&shared.page->flags);
	use_slots();
	EXPECT_EQ(writes, 0);
	WRITE_ONCE(shared.page->flags, shared.page->flags);
	EXPECT_EQ(writes, 1);
	watch_writes(NULL);
	migrate_enable();
	EXPECT_EQ(shared.wrong, 0);
	free_shared_pages();
}

/* --- the end of a thread ---------------------------------------------------------------------- */

static unsigned int back_after_end;

static void preempt(void)
{
	set_need_resched();
	preempt_schedule_irq();
	back_after_end += current->finished;
}

static int return_in_steps(void *unused)
{
	begin_steps(preempt, THREAD);
	return 5;
}

/* The joining thread frees the stack. From then on the ended thread must not run again. */
KTEST(steps, a_thread_that_ended_is_not_preempted)
{
	struct thread *thread;

	back_after_end = 0;
	thread = kthread_run(return_in_steps, NULL, "ending");
	KTEST_REQUIRE(thread);
	EXPECT_EQ(kthread_join(thread), 5);
	end_steps();
	EXPECT_EQ(back_after_end, 0);
}
