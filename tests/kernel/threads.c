/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <mm/page_alloc.h>
#include <mm/vmap_area.h>
#include <sched/mutex.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * Threads, and the objects that they wait with. Every wait that a bug could make endless has a time
 * limit, so the test fails instead of hanging.
 */

#define SECOND 1000000000ull
#define LIMIT  (30 * SECOND)

/* Waits until the condition is true; false if it is not within the limit. */
#define eventually(condition)                            \
	({                                               \
		u64 _end = time_ns() + LIMIT;            \
		while (!(condition) && time_ns() < _end) \
			msleep(1);                       \
		(condition);                             \
	})

static int add_one(void *arg)
{
	return *(int *)arg + 1;
}

KTEST(threads, a_thread_runs_and_returns)
{
	int number = 41;
	struct thread *thread = kthread_run(add_one, &number, "test-%d", 7);

	KTEST_REQUIRE(thread);
	EXPECT_STREQ(thread->name, "test-7");
	EXPECT_EQ(kthread_join(thread), 42);
}

/* A signal may find a new task of a program before its creator has finished it. */
KTEST(threads, an_interrupt_starts_no_thread)
{
	int number = 1;
	struct thread *thread = kthread_create(add_one, &number, "unstarted");

	KTEST_REQUIRE(thread);
	sched_interrupt(thread);
	msleep(20);
	EXPECT(!READ_ONCE(thread->finished));
	wake_up_process(thread);
	EXPECT_EQ(kthread_join(thread), 2);
}

static int sleep_until_stopped(void *arg)
{
	u32 *rounds = arg;

	while (!kthread_should_stop()) {
		(*rounds)++;
		set_current_state(THREAD_SLEEPING);
		if (!kthread_should_stop())
			schedule();
		set_current_state(THREAD_RUNNABLE);
	}
	return 3;
}

KTEST(threads, a_sleeper_can_be_stopped)
{
	u32 rounds = 0;
	struct thread *thread = kthread_run(sleep_until_stopped, &rounds, "sleeper");

	KTEST_REQUIRE(thread);
	EXPECT(eventually(READ_ONCE(rounds) == 1));
	EXPECT_EQ(kthread_stop(thread), 3);
}

static int where_am_i(void *arg)
{
	u32 *cpu = arg;

	for (int i = 0; i < 50; i++) {
		if (smp_processor_id() != *cpu)
			return 1;
		sched_yield();
	}
	return 0;
}

KTEST(threads, a_bound_thread_stays_on_its_cpu)
{
	struct thread *threads[NR_CPUS] = { 0 };
	u32 numbers[NR_CPUS], cpu;

	for_each_online_cpu(cpu) {
		numbers[cpu] = cpu;
		threads[cpu] = kthread_create(where_am_i, &numbers[cpu], "bound/%u", cpu);
		KTEST_REQUIRE(threads[cpu]);
		kthread_bind(threads[cpu], cpu);
		wake_up_process(threads[cpu]);
	}
	for_each_online_cpu(cpu)
		EXPECT_EQ(kthread_join(threads[cpu]), 0);
}

KTEST(threads, sleeping_takes_the_time_asked_for)
{
	u64 before = time_ns();

	msleep(30);
	EXPECT(time_ns() - before >= 30000000);
}

/* --- preemption ------------------------------------------------------------------------------- */

static bool spin_on;

static int spin(void *arg)
{
	volatile u32 *count = arg;

	while (READ_ONCE(spin_on)) {
		(*count)++;
		cpu_relax();
	}
	return 0;
}

/* Threads that never yield share a CPU with each other, and with this thread. */
KTEST(threads, who_does_not_yield_is_preempted)
{
	struct thread *threads[3];
	volatile u32 counts[3] = { 0 };
	u32 cpu = smp_processor_id();

	if (!time_has_ticks()) {
		ktest_skip("no timer interrupt arrives");
		return;
	}
	WRITE_ONCE(spin_on, true);
	for (int i = 0; i < 3; i++) {
		threads[i] = kthread_create(spin, (void *)&counts[i], "spin/%d", i);
		KTEST_REQUIRE(threads[i]);
		kthread_bind(threads[i], cpu);
		wake_up_process(threads[i]);
	}
	for (int i = 0; i < 3; i++)
		EXPECT(eventually(counts[i] > 1000));
	WRITE_ONCE(spin_on, false);
	for (int i = 0; i < 3; i++)
		kthread_join(threads[i]);
}

KTEST(threads, nobody_is_preempted_who_forbids_it)
{
	volatile u32 count = 0;
	struct thread *thread = kthread_create(spin, (void *)&count, "spin");
	u64 end;
	u32 seen;

	KTEST_REQUIRE(thread);
	WRITE_ONCE(spin_on,
		   time_has_ticks()); /* otherwise the thread would never let this one run again */
	preempt_disable();
	kthread_bind(thread, smp_processor_id());
	wake_up_process(thread);
	seen = count;
	end = time_ns() + 50000000;
	while (time_ns() < end)
		cpu_relax();
	EXPECT_EQ(count, seen);
	preempt_enable();
	EXPECT(!spin_on || eventually(count > seen));
	WRITE_ONCE(spin_on, false);
	kthread_join(thread);
}

/* --- locks that sleep ------------------------------------------------------------------------- */

#define NR_THREADS 8
#define ROUNDS     50

static struct mutex mutex;
static volatile u32 shared, inside;

static int count_with_mutex(void *arg)
{
	u32 bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		u32 value;

		mutex_lock(&mutex);
		bad += inside++ != 0;
		value = shared;
		if (i % 16 == 0)
			sched_yield();
		shared = value + 1;
		inside--;
		mutex_unlock(&mutex);
	}
	return (int)bad;
}

KTEST(threads, a_mutex_lets_one_in)
{
	struct thread *threads[NR_THREADS];

	shared = inside = 0;
	for (int i = 0; i < NR_THREADS; i++)
		threads[i] = kthread_run(count_with_mutex, NULL, "mutex/%d", i);
	for (int i = 0; i < NR_THREADS; i++) {
		KTEST_REQUIRE(threads[i]);
		EXPECT_EQ(kthread_join(threads[i]), 0);
	}
	EXPECT_EQ(shared, NR_THREADS * ROUNDS);
	EXPECT(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
}

static u32 arrivals;
static u32 order[NR_THREADS];

static int note_turn(void *arg)
{
	mutex_lock(&mutex);
	order[arrivals++] = (u32)(unsigned long)arg;
	mutex_unlock(&mutex);
	return 0;
}

static unsigned int waiting(const struct wait_queue *queue)
{
	unsigned int count = 0;
	unsigned long flags = spin_lock_irqsave((spinlock_t *)&queue->lock);

	for (const struct waiter *waiter = queue->first; waiter; waiter = waiter->next)
		count++;
	spin_unlock_irqrestore((spinlock_t *)&queue->lock, flags);
	return count;
}

KTEST(threads, a_mutex_is_handed_over_in_order)
{
	struct thread *threads[NR_THREADS];

	arrivals = 0;
	mutex_lock(&mutex);
	for (unsigned int i = 0; i < NR_THREADS; i++) {
		threads[i] = kthread_run(note_turn, (void *)(unsigned long)i, "turn/%u", i);
		KTEST_REQUIRE(threads[i]);
		EXPECT(eventually(waiting(&mutex.waiters) == i + 1));
	}
	mutex_unlock(&mutex);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		kthread_join(threads[i]);
	for (unsigned int i = 0; i < NR_THREADS; i++)
		EXPECT_EQ(order[i], i);
}

static struct semaphore semaphore;
static struct completion completion;

static int take_one(void *arg)
{
	down(&semaphore);
	return 0;
}

KTEST(threads, a_semaphore_counts)
{
	struct thread *threads[3];

	semaphore.count = 2;
	for (int i = 0; i < 3; i++)
		threads[i] = kthread_run(take_one, NULL, "down/%d", i);
	EXPECT(eventually(waiting(&semaphore.waiters) == 1));
	EXPECT_EQ(semaphore.count, 0);
	up(&semaphore);
	for (int i = 0; i < 3; i++)
		kthread_join(threads[i]);
	EXPECT_EQ(semaphore.count, 0);
	up(&semaphore);
	EXPECT_EQ(semaphore.count, 1);
	semaphore.count = 0;
}

static int wait_for_it(void *arg)
{
	wait_for_completion(&completion);
	return 0;
}

KTEST(threads, a_completion_wakes_all)
{
	struct thread *threads[4];

	completion.done = false;
	for (int i = 0; i < 4; i++)
		threads[i] = kthread_run(wait_for_it, NULL, "wait/%d", i);
	EXPECT(eventually(waiting(&completion.waiters) == 4));
	complete_all(&completion);
	for (int i = 0; i < 4; i++)
		kthread_join(threads[i]);
	wait_for_completion(&completion);
}

static u32 nr_served;

static int want_mutex(void *unused)
{
	mutex_lock(&mutex);
	nr_served++;
	mutex_unlock(&mutex);
	return 0;
}

static int want_semaphore(void *unused)
{
	down(&semaphore);
	nr_served++;
	return 0;
}

static int want_completion(void *unused)
{
	wait_for_completion(&completion);
	nr_served++;
	return 0;
}

static struct wait_queue opening;
static volatile bool open;

static int want_opening(void *unused)
{
	wait_event(&opening, open);
	nr_served++;
	return 0;
}

static bool is_asleep(const struct thread *thread)
{
	return READ_ONCE(thread->state) == THREAD_SLEEPING && !READ_ONCE(thread->on_cpu) &&
	       !READ_ONCE(thread->queued);
}

/* Wakes a waiting thread several times, for another reason than the one it waits for. */
static struct thread *disturb(int (*want)(void *))
{
	struct thread *thread = kthread_run(want, NULL, "waits");

	for (int i = 0; thread && i < 3; i++) {
		EXPECT(eventually(is_asleep(thread)));
		wake_up_process(thread);
	}
	EXPECT(thread && eventually(is_asleep(thread)));
	EXPECT_EQ(nr_served, 0);
	return thread;
}

static void expect_served(struct thread *thread)
{
	if (thread)
		kthread_join(thread);
	EXPECT_EQ(nr_served, 1);
	nr_served = 0;
}

KTEST(threads, a_stray_wake_up_serves_nobody)
{
	struct thread *thread;

	nr_served = 0;
	mutex_lock(&mutex);
	thread = disturb(want_mutex);
	mutex_unlock(&mutex);
	expect_served(thread);
	semaphore.count = 0;
	thread = disturb(want_semaphore);
	up(&semaphore);
	expect_served(thread);
	EXPECT_EQ(semaphore.count, 0);
	completion.done = false;
	thread = disturb(want_completion);
	complete_all(&completion);
	expect_served(thread);
	open = false;
	thread = disturb(want_opening);
	open = true;
	wake_up_all(&opening);
	expect_served(thread);
}

static int sleep_a_little(void *unused)
{
	u64 before = time_ns();

	msleep(100);
	return time_ns() - before < 100000000;
}

static int join_another(void *other)
{
	int result = kthread_join(other);

	nr_served++;
	return result;
}

KTEST(threads, a_stray_wake_up_ends_no_sleep_and_no_join)
{
	struct thread *thread = kthread_run(sleep_a_little, NULL, "naps"), *sleeper, *joiner;
	u32 rounds = 0;

	KTEST_REQUIRE(thread);
	for (int i = 0; i < 5; i++) {
		msleep(5);
		wake_up_process(thread);
	}
	EXPECT_EQ(kthread_join(thread), 0);
	sleeper = kthread_run(sleep_until_stopped, &rounds, "sleeper");
	KTEST_REQUIRE(sleeper);
	nr_served = 0;
	joiner = kthread_run(join_another, sleeper, "joins");
	KTEST_REQUIRE(joiner);
	for (int i = 0; i < 3; i++) {
		EXPECT(eventually(is_asleep(joiner)));
		wake_up_process(joiner);
	}
	EXPECT(eventually(is_asleep(joiner)));
	EXPECT_EQ(nr_served, 0);
	sleeper->should_stop = true;
	wake_up_process(sleeper);
	EXPECT_EQ(kthread_join(joiner), 3);
	nr_served = 0;
}

/* --- wake-ups --------------------------------------------------------------------------------- */

#define BOUNCES 2000

static struct wait_queue there, back;
static volatile u32 ball;

static int return_ball(void *arg)
{
	for (u32 i = 0; i < BOUNCES; i++) {
		wait_event(&there, ball == 2 * i + 1);
		ball = 2 * i + 2;
		wake_up(&back);
	}
	return 0;
}

/* Two threads, on two CPUs if possible, wait for each other thousands of times. One lost wake-up
 * stops both. */
KTEST(threads, no_wake_up_is_lost)
{
	struct thread *thread = kthread_create(return_ball, NULL, "bounce");

	KTEST_REQUIRE(thread);
	ball = 0;
	wake_up_process(thread);
	for (u32 i = 0; i < BOUNCES; i++) {
		ball = 2 * i + 1;
		wake_up(&there);
		wait_event(&back, ball == 2 * i + 2);
	}
	EXPECT_EQ(kthread_join(thread), 0);
	EXPECT_EQ(ball, 2 * BOUNCES);
}

static volatile bool woken;

/* Preempted between announcing that it sleeps and checking the condition. */
static int preempted_before_it_looks(void *arg)
{
	set_current_state(THREAD_SLEEPING);
	preempt_disable();
	sched_kick_self();
	preempt_enable();
	set_current_state(THREAD_RUNNABLE);
	woken = true;
	return 0;
}

KTEST(threads, who_is_preempted_on_the_way_to_sleep_comes_back)
{
	struct thread *thread = kthread_create(preempted_before_it_looks, NULL, "drowsy");
	u64 end = time_ns() + 10 * SECOND;

	KTEST_REQUIRE(thread);
	woken = false;
	wake_up_process(thread);
	while (!woken && time_ns() < end)
		msleep(1);
	EXPECT(woken);
	wake_up_process(thread);
	kthread_join(thread);
}

/* How far the thread that goes to sleep is, and how often it began to. */
static struct {
	u32 step, begun;
} way;

static void wait_for_step(u32 step)
{
	for (u64 end = time_ns() + SECOND / 2; READ_ONCE(way.step) != step && time_ns() < end;)
		cpu_relax();
}

/* Has slept once, so an older context of it exists that a CPU could continue. */
static int go_to_sleep_slowly(void *arg)
{
	msleep(1);
	__atomic_fetch_add(&way.begun, 1, __ATOMIC_RELAXED);
	preempt_disable();
	set_current_state(THREAD_SLEEPING);
	WRITE_ONCE(way.step, 1);
	wait_for_step(2);
	preempt_enable();
	schedule();
	return 0;
}

KTEST(threads, a_thread_on_its_way_to_sleep_is_not_started_elsewhere)
{
	struct thread *thread;

	if (num_online_cpus() == 1) {
		ktest_skip("one CPU");
		return;
	}
	way.step = way.begun = 0;
	thread = kthread_create(go_to_sleep_slowly, NULL, "slow");
	KTEST_REQUIRE(thread);
	wake_up_process(thread);
	wait_for_step(1);
	wake_up_process(thread);
	/* Time for each CPU to take it. */
	msleep(30);
	WRITE_ONCE(way.step, 2);
	EXPECT_EQ(kthread_join(thread), 0);
	EXPECT_EQ(way.begun, 1);
}

static int say_woken(void *arg)
{
	WRITE_ONCE(woken, true);
	return 0;
}

/* This thread keeps its CPU after it has woken the other one without an interrupt. */
static int sleep_until(void *wake_ns)
{
	set_current_state(THREAD_SLEEPING);
	schedule_until(*(u64 *)wake_ns);
	return 0;
}

/* Both are in the same list of the wheel, which goes round once in 2^30 ns. */
KTEST(threads, a_short_sleep_passes_one_of_some_turns)
{
	u64 end = time_ns() + 20000000, late = end + (8ull << 30);
	struct thread *thread = kthread_run(sleep_until, &late, "late");

	KTEST_REQUIRE(thread);
	EXPECT(eventually(READ_ONCE(thread->wake_ns) != 0 && !thread->on_cpu));
	sleep_until(&end);
	EXPECT(time_ns() >= end);
	EXPECT_EQ(thread->state, THREAD_SLEEPING);
	wake_up_process(thread);
	kthread_join(thread);
}

KTEST(threads, an_idle_cpu_finds_a_thread_that_was_woken_lazily)
{
	struct thread *thread;
	u64 end;

	if (num_online_cpus() == 1 || !time_has_ticks()) {
		ktest_skip("no other CPU that has ticks");
		return;
	}
	thread = kthread_create(say_woken, NULL, "lazy");
	KTEST_REQUIRE(thread);
	woken = false;
	preempt_disable();
	wake_up_process_lazily(thread);
	for (end = time_ns() + LIMIT; !READ_ONCE(woken) && time_ns() < end;)
		cpu_relax();
	preempt_enable();
	EXPECT(woken);
	kthread_join(thread);
}

static int sleep_long(void *arg)
{
	volatile bool *over = arg;
	long left;

	set_current_state(THREAD_SLEEPING);
	left = schedule_timeout(10 * HZ);
	*over = true;
	return (int)left;
}

/* A thread with a long sleep, which began earlier, does not delay the wake-up of another thread. */
KTEST(threads, who_sleeps_briefly_wakes_first)
{
	volatile bool over = false;
	struct thread *thread = kthread_run(sleep_long, (void *)&over, "long");

	KTEST_REQUIRE(thread);
	EXPECT(eventually(READ_ONCE(thread->wake_ns) != 0 && !thread->on_cpu));
	msleep(20);
	EXPECT(!over);
	wake_up_process(thread);
	kthread_join(thread);
}

KTEST(threads, schedule_timeout_tells_the_ticks_that_are_left)
{
	volatile bool over = false;
	struct thread *thread = kthread_run(sleep_long, (void *)&over, "long");
	u64 start;
	int left;

	KTEST_REQUIRE(thread);
	EXPECT(eventually(READ_ONCE(thread->wake_ns) != 0 && !thread->on_cpu));
	wake_up_process(thread);
	left = kthread_join(thread);
	EXPECT(left > 0 && left <= 10 * HZ);

	start = time_ns();
	set_current_state(THREAD_SLEEPING);
	EXPECT_EQ(schedule_timeout(2), 0);
	EXPECT(time_ns() - start >= 2 * NS_PER_TICK);
}

static int do_nothing(void *arg)
{
	return 0;
}

/* Stacks are vmalloc ranges. */
KTEST(threads, ended_threads_leave_nothing)
{
	struct holdings before = ktest_in_use();

	for (int i = 0; i < 100; i++) {
		struct thread *thread = kthread_run(do_nothing, NULL, "short/%d", i);

		KTEST_REQUIRE(thread);
		kthread_join(thread);
	}
	EXPECT_EQ(ktest_in_use().pages, before.pages);
	EXPECT_EQ(ktest_in_use().objects, before.objects);
}

static u32 nr_ended;

static int end_without_joiner(void *unused)
{
	__atomic_fetch_add(&nr_ended, 1, __ATOMIC_SEQ_CST);
	thread_end();
}

/* More than there are cached stacks. */
KTEST(threads, threads_without_a_joiner_leave_nothing)
{
	struct holdings before = ktest_in_use();
	struct thread *thread;

	nr_ended = 0;
	for (u32 i = 1; i <= 30; i++) {
		thread = thread_create(end_without_joiner, NULL, "alone");
		KTEST_REQUIRE(thread);
		EXPECT(thread_stack_top(thread) <= (u32)thread->stack_end);
		wake_up_process(thread);
		if (i % 10 == 0)
			EXPECT(eventually(READ_ONCE(nr_ended) == i));
	}
	thread = thread_create(end_without_joiner, NULL, "never");
	KTEST_REQUIRE(thread);
	thread_drop(thread);
	EXPECT(eventually(ktest_in_use().pages == before.pages));
	EXPECT_EQ(nr_ended, 30);
}
