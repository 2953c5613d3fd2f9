/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <tests/helpers/cpus.h>
#include <tests/kernel/ktest.h>

/*
 * Calls between CPUs: the CPUs of a set run a function, all of them once, and the caller waits.
 */

static struct cpumask called;
static u32 called_wrongly;

static void note_call(void *arg)
{
	u32 cpu = smp_processor_id();

	if (!irqs_disabled() || per_cpu(cpu_number, cpu) != cpu ||
	    this_cpu_ptr(cpu_number) != &per_cpu(cpu_number, cpu) || cpumask_test_cpu(cpu, &called))
		__atomic_fetch_add(&called_wrongly, 1, __ATOMIC_RELAXED);
	cpumask_set_cpu(cpu, &called);
}

/* Calls the CPUs of a set, and returns those that ran the function. */
static u32 call(u32 bits)
{
	const struct cpumask mask = { .bits = bits };

	called = (struct cpumask){ 0 };
	smp_call_function_many(&mask, note_call, NULL, true);
	return called.bits;
}

KTEST(smp_calls, a_call_reaches_the_cpus_of_its_set)
{
	u32 online = cpu_online_mask->bits, self, cpu;

	called_wrongly = 0;
	preempt_disable();
	self = 1u << smp_processor_id();
	EXPECT_EQ(call(0), 0);
	for_each_online_cpu(cpu)
		EXPECT_EQ(call(1u << cpu), 1u << cpu & ~self);
	for_each_online_cpu(cpu)
		EXPECT_EQ(call(online & ~(1u << cpu)), online & ~(1u << cpu) & ~self);
	/* CPUs that do not run are ignored. */
	EXPECT_EQ(call(~online), 0);
	EXPECT_EQ(call(~0u), online & ~self);
	preempt_enable();

	called = (struct cpumask){ 0 };
	on_each_cpu(note_call, NULL, true);
	EXPECT_EQ(called.bits, online);
	EXPECT_EQ(called_wrongly, 0);
}

/* A CPU with interrupts off cannot take a call, until it has seen that the caller went on. */
static struct {
	volatile bool ready, caller_went_on, called;
} deaf;

static void note_that_it_was_called(void *unused)
{
	deaf.called = true;
}

static int wait_with_interrupts_off(void *unused)
{
	unsigned long flags = local_irq_save();
	u64 end = time_ns() + SECOND;
	bool went_on;

	deaf.ready = true;
	while (!deaf.caller_went_on && time_ns() < end)
		cpu_relax();
	went_on = deaf.caller_went_on;
	local_irq_restore(flags);
	return went_on;
}

/* Returns whether the call returned while the other CPU had its interrupts off. */
static bool call_a_deaf_cpu(bool wait)
{
	u32 cpu = other_cpu();
	struct thread *thread;

	deaf.ready = deaf.caller_went_on = deaf.called = false;
	thread = run_on(cpu, wait_with_interrupts_off, NULL);
	if (!thread)
		return !wait;
	while (!deaf.ready)
		sched_yield();
	preempt_disable();
	smp_call_function_many(cpumask_of(cpu), note_that_it_was_called, NULL, wait);
	EXPECT(!wait || deaf.called);
	deaf.caller_went_on = true;
	/* The next call waits for the one before, even if the caller did not. */
	smp_call_function_many(cpumask_of(cpu), note_call, NULL, true);
	EXPECT(deaf.called);
	preempt_enable();
	return kthread_join(thread);
}

KTEST(smp_calls, a_call_waits_if_it_is_asked_to)
{
	if (one_cpu())
		return;
	if (!time_counter()) {
		ktest_skip("no clock while interrupts are off");
		return;
	}
	migrate_disable();
	EXPECT(!call_a_deaf_cpu(true));
	EXPECT(call_a_deaf_cpu(false));
	migrate_enable();
}

static u32 storm_calls, storm_called;
static u64 storm_end;

static void count_call(void *arg)
{
	__atomic_fetch_add(&storm_called, 1, __ATOMIC_RELAXED);
}

static int storm(void *arg)
{
	const u32 *calls = arg;

	for (u32 i = 0; i < *calls && time_ns() < storm_end; i++) {
		on_each_cpu(count_call, NULL, true);
		__atomic_fetch_add(&storm_calls, 1, __ATOMIC_RELAXED);
	}
	return 0;
}

KTEST(smp_calls, all_can_call_all_at_once)
{
	struct thread *threads[NR_CPUS] = { 0 };
	u32 cpu, nr = num_online_cpus(), calls = 200 / nr;

	storm_calls = storm_called = 0;
	storm_end = time_ns() + STORM_NS;
	for_each_online_cpu(cpu)
		KTEST_REQUIRE((threads[cpu] = run_on(cpu, storm, &calls)));
	for_each_online_cpu(cpu)
		kthread_join(threads[cpu]);
	EXPECT(storm_calls > 0);
	EXPECT_EQ(storm_called, storm_calls * nr);
}
