/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <kernel/cpu_call.h>
#include <kernel/spinlock.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <sched/wait.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>
#include <thread/thread.h>

/*
 * A thread switch after every instruction (tests/kernel/step.h). Either another thread runs on this
 * CPU and uses the same kmap_local slots, or the stepped thread continues on another CPU, which has
 * other per-CPU data. And a thread that goes to sleep is woken after every instruction.
 */

/* --- another thread in between ---------------------------------------------------------------- */

static struct {
	struct page *page;  /* of the stepped thread; contains 1 */
	struct page *other; /* of the rival; contains 2 */
	struct thread *rival;
	u32 rounds_wanted, rounds, wrong;
	u32 at; /* step at which the rival runs */
} between;

static void map_two_levels(struct page *page, u32 number)
{
	volatile u32 *first = kmap_local_page(page), *second;

	between.wrong += *first != number;
	second = kmap_local_page(page);
	between.wrong += *second != number;
	kunmap_local((void *)second);
	between.wrong += *first != number;
	kunmap_local((void *)first);
}

static int be_the_rival(void *unused)
{
	while (!kthread_should_stop()) {
		set_current_state(THREAD_SLEEPING);
		if (READ_ONCE(between.rounds) == READ_ONCE(between.rounds_wanted) &&
		    !kthread_should_stop())
			schedule();
		set_current_state(THREAD_RUNNABLE);
		if (READ_ONCE(between.rounds) == READ_ONCE(between.rounds_wanted))
			continue;
		map_two_levels(between.other, 2);
		WRITE_ONCE(between.rounds, between.rounds + 1);
	}
	return 0;
}

static void let_the_rival_run(void)
{
	local_irq_enable();
	WRITE_ONCE(between.rounds_wanted, between.rounds_wanted + 1);
	wake_up_process(between.rival);
	while (READ_ONCE(between.rounds) != between.rounds_wanted)
		preempt_schedule();
	local_irq_disable();
}

static void map_mine(void)
{
	map_two_levels(between.page, 1);
}

/* Switches only once per run, so no earlier switch can repair what this one leaves behind. */
static void let_the_rival_run_at_one_step(void)
{
	if (step.nr == between.at)
		let_the_rival_run();
}

static void map_mine_with_one_round_at_each_step_in_turn(void)
{
	do {
		between.at++;
		step_through(map_mine, let_the_rival_run_at_one_step, THREAD);
	} while (step.nr >= between.at);
}

static char described[128];

static int describe(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(described, sizeof(described), fmt, args);
	va_end(args);
	return len;
}

/* A report about a mapping is correct, whichever threads ran while the mapping was made. */
static void expect_right_report(void)
{
	char expected[32];
	void *addr;

	begin_steps(let_the_rival_run, THREAD);
	addr = kmap_local_page(between.page);
	end_steps();
	kmap_local_show_held(1, describe);
	kunmap_local(addr);
	snprintf(expected, sizeof(expected), "frame %#lx for", page_to_pfn(between.page));
	if (!strstr(described, expected))
		ktest_fail(__FILE__, __LINE__, "the report says \"%s\", expected \"%s\"", described,
			   expected);
}

/* This includes the point between clearing an entry and flushing its translation. */
KTEST(switches, another_thread_may_map_anywhere)
{
	struct page *pages[2] = { NULL };

	KTEST_REQUIRE(alloc_pages_bulk(GFP_HIGHUSER, 2, pages) == 2);
	memset(&between, 0, sizeof(between));
	between.page = pages[0];
	between.other = pages[1];
	for (u32 i = 0; i < 2; i++) {
		const u32 number = i + 1;

		memcpy_to_page(pages[i], 0, &number, sizeof(number));
	}
	migrate_disable();
	between.rival = kthread_create(be_the_rival, NULL, "rival");
	if (between.rival) {
		kthread_bind(between.rival, smp_processor_id());
		wake_up_process(between.rival);
		step_through(map_mine, let_the_rival_run, THREAD);
		map_mine_with_one_round_at_each_step_in_turn();
		if (page_is_highmem(pages[0]))
			expect_right_report();
		kthread_stop(between.rival);
	}
	migrate_enable();
	EXPECT(between.rival);
	EXPECT(between.rounds > 20);
	EXPECT_EQ(between.wrong, 0);
	for (unsigned int i = 0; i < 2; i++)
		__free_page(pages[i]);
}

/* --- moved to another CPU --------------------------------------------------------------------- */

static struct {
	struct thread *yielders[2];
	u32 cpu[2]; /* the thread moves between these two */
	u32 moves, wrong;
	u32 at; /* step at which the thread moves */
	bool stop;
} moved;

/* Continues on the other one of two CPUs, if the thread may migrate here. */
static void move(void)
{
	u32 target = moved.cpu[smp_processor_id() == moved.cpu[0]];
	struct thread *me = current;

	if (me->pinned || kmap_local_held())
		return;
	/* Until it arrives there, it may run on no other CPU. */
	me->pinned = 1;
	me->cpu = target;
	local_irq_enable();
	while (smp_processor_id() != target) {
		set_need_resched();
		preempt_schedule();
		me->cpu = target;
	}
	local_irq_disable();
	me->pinned = 0;
	moved.moves++;
}

static spinlock_t a_lock; /* guards nothing */

static u32 calls;
static struct cpumask called;

static void count_call(void *unused)
{
	cpumask_set_cpu(smp_processor_id(), &called);
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED);
}

static struct page *moved_page;

static void use_locks(void)
{
	unsigned long flags;

	preempt_disable();
	preempt_enable();
	spin_lock(&a_lock);
	spin_unlock(&a_lock);
	flags = spin_lock_irqsave(&a_lock);
	spin_unlock_irqrestore(&a_lock, flags);
	migrate_disable();
	migrate_enable();
}

static void use_mappings(void)
{
	u32 *addr = kmap_local_page(moved_page);

	moved.wrong += *(volatile u32 *)addr != 3;
	kunmap_local(addr);
	addr = kmap(moved_page);
	moved.wrong += *(volatile u32 *)addr != 3;
	kunmap(moved_page);
	moved.wrong += page_is_highmem(moved_page) && page_address(moved_page);
}

static void use_memory(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	void *object = kmalloc(48, GFP_KERNEL);

	kfree(object);
	__free_page(page);
	moved.wrong += !page || !object;
}

/* Afterwards each CPU has cached pages and objects, so there are fewer instructions to step
 * through. */
static int yield_all_the_time(void *unused)
{
	use_memory();
	while (!READ_ONCE(moved.stop)) {
		sched_yield();
		/* With -icount this lets another CPU run. */
		cpu_relax();
	}
	return 0;
}

/* Calls each CPU once, whichever CPU the thread is on. */
static void call_all(void)
{
	calls = 0;
	called = (struct cpumask){ 0 };
	on_each_cpu(count_call, NULL, true);
	moved.wrong += calls != num_online_cpus() || cpumask_weight(&called) != calls;
}

static int end_in_steps(void *unused)
{
	begin_steps(move, THREAD);
	return 5;
}

static void move_at_one_step(void)
{
	if (step.nr == moved.at)
		move();
}

/* A thread that moves at each step is back after two. Here it moves once per run, at each step in
 * turn. */
static void move_at_each_step_in_turn(void (*fn)(void))
{
	moved.at = 0;
	do {
		moved.at++;
		step_through(fn, move_at_one_step, THREAD);
	} while (step.nr >= moved.at);
}

static void move_through_everything(void)
{
	const u32 number = 3;
	struct thread *thread;

	memcpy_to_page(moved_page, 0, &number, sizeof(number));
	move_at_each_step_in_turn(use_locks);
	move_at_each_step_in_turn(call_all);
	step_through(use_mappings, move, THREAD);
	step_through(use_memory, move, THREAD);
	thread = kthread_run(end_in_steps, NULL, "moved");
	EXPECT(thread);
	if (!thread)
		return;
	EXPECT_EQ(kthread_join(thread), 5);
	end_steps();
}

/* Per-CPU data is used in one instruction, or while the thread cannot migrate. */
KTEST(switches, a_thread_may_be_moved_anywhere)
{
	unsigned int nr = 0;
	u32 cpu;

	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	memset(&moved, 0, sizeof(moved));
	moved_page = alloc_page(GFP_HIGHUSER);
	KTEST_REQUIRE(moved_page);
	for_each_online_cpu(cpu) {
		if (nr == 2)
			break;
		moved.cpu[nr] = cpu;
		moved.yielders[nr] = kthread_create(yield_all_the_time, NULL, "yields/%u", cpu);
		KTEST_REQUIRE(moved.yielders[nr]);
		kthread_bind(moved.yielders[nr], cpu);
		wake_up_process(moved.yielders[nr++]);
	}
	move_through_everything();
	WRITE_ONCE(moved.stop, true);
	while (nr)
		kthread_join(moved.yielders[--nr]);
	ktest_info("%u moves", moved.moves);
	EXPECT(moved.moves > 100);
	EXPECT_EQ(moved.wrong, 0);
	EXPECT(!in_atomic());
	EXPECT(page_alloc_check() == NULL);
	__free_page(moved_page);
}

/* --- the end of a thread ---------------------------------------------------------------------- */

static struct {
	bool finished, joined, too_early;
} last_steps;

/* Runs on the stack of a thread that has announced its end. The stack may be freed only after the
 * CPU has left it. */
static void linger(void)
{
	u64 end = time_ns() + 50000000;

	if (last_steps.finished || !current->finished)
		return;
	WRITE_ONCE(last_steps.finished, true);
	while (!READ_ONCE(last_steps.joined) && time_ns() < end)
		cpu_relax();
	last_steps.too_early = READ_ONCE(last_steps.joined);
}

static int linger_at_the_end(void *unused)
{
	begin_steps(linger, CPU);
	return 7;
}

KTEST(switches, a_stack_is_kept_while_a_cpu_is_on_it)
{
	struct thread *thread;
	u32 cpu;

	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	memset(&last_steps, 0, sizeof(last_steps));
	migrate_disable();
	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			break;
	thread = kthread_create(linger_at_the_end, NULL, "lingers");
	if (thread) {
		kthread_bind(thread, cpu);
		wake_up_process(thread);
		spin_until(READ_ONCE(last_steps.finished));
		EXPECT_EQ(kthread_join(thread), 7);
		WRITE_ONCE(last_steps.joined, true);
		end_steps();
	}
	migrate_enable();
	EXPECT(thread);
	EXPECT(!last_steps.too_early);
}

/* --- going to sleep --------------------------------------------------------------------------- */

/*
 * An interrupt makes a condition true, and wakes the thread that waits for it, after one
 * instruction more in each round. The last round is the one in which the thread sleeps before
 * that.
 */
static struct {
	struct wait_queue queue;
	struct thread *sleeper;
	u32 instruction; /* after which the interrupt comes */
	bool condition, woken, waiting, sleeps_first;
	u32 lost;
} nap;

static void end_the_nap(void)
{
	if (step.nr != nap.instruction)
		return;
	nap.condition = true;
	wake_up(&nap.queue);
	WRITE_ONCE(nap.woken, true);
}

static void take_a_nap(void)
{
	wait_event(&nap.queue, READ_ONCE(nap.condition));
}

static bool sleeps(const struct thread *thread)
{
	return READ_ONCE(nap.waiting) && !READ_ONCE(thread->on_cpu) && !READ_ONCE(thread->queued) &&
	       READ_ONCE(thread->state) == THREAD_SLEEPING;
}

/* Wakes the thread if no interrupt will: its wake-up was lost, or it came to sleep before. */
static int look_after_the_sleeper(void *unused)
{
	for (u32 looks = 0; !kthread_should_stop(); looks = sleeps(nap.sleeper) ? looks + 1 : 0) {
		msleep(10);
		if (looks < 2)
			continue;
		nap.lost += READ_ONCE(nap.woken);
		nap.sleeps_first = !nap.woken;
		WRITE_ONCE(nap.condition, true);
		wake_up_process(nap.sleeper);
		looks = 0;
	}
	return 0;
}

KTEST(switches, no_wake_up_is_lost_anywhere_in_wait_event)
{
	struct thread *nurse;

	nap.sleeper = current;
	nap.sleeps_first = nap.waiting = false;
	nap.lost = 0;
	nurse = kthread_run(look_after_the_sleeper, NULL, "nurse");
	KTEST_REQUIRE(nurse);
	for (nap.instruction = 1; !nap.sleeps_first && nap.instruction < 5000; nap.instruction++) {
		nap.condition = nap.woken = false;
		WRITE_ONCE(nap.waiting, true);
		step_through(take_a_nap, end_the_nap, INTERRUPT);
		WRITE_ONCE(nap.waiting, false);
	}
	kthread_stop(nurse);
	EXPECT(nap.sleeps_first);
	EXPECT_EQ(nap.lost, 0);
}
