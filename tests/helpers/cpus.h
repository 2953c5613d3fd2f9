/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/cpus.h>
#include <asm/percpu.h>
#include <asm/time.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/* For tests that need several CPUs. */

#define SECOND 1000000000ull

/*
 * Loops on all CPUs run a number of rounds, or for this long. Each round needs every CPU once. If
 * eight CPUs share two cores of a busy host, a round takes a tenth of a second, and hundreds of
 * rounds would take a minute.
 */
#define STORM_NS (5 * SECOND)

/**
 * one_cpu() - skip the test if only one CPU runs
 *
 * Context: test.
 * Return: true if the test is skipped, and has to return.
 */
static inline bool one_cpu(void)
{
	if (num_online_cpus() > 1)
		return false;
	ktest_skip("one CPU");
	return true;
}

/**
 * other_cpu() - find another CPU that runs
 *
 * Context: thread that cannot migrate.
 * Return: its number; NR_CPUS if there is none.
 */
static inline u32 other_cpu(void)
{
	u32 cpu;

	for_each_online_cpu(cpu)
		if (cpu != smp_processor_id())
			break;
	return cpu;
}

/**
 * run_on() - start a thread on one CPU
 * @cpu: its number
 * @fn: function of the thread
 * @arg: argument of @fn
 *
 * Context: thread, may sleep.
 * Return: the thread; NULL without memory for its stack.
 */
static inline struct thread *run_on(u32 cpu, int (*fn)(void *), void *arg)
{
	struct thread *thread = kthread_create(fn, arg, "test/%u", cpu);

	if (!thread)
		return NULL;
	kthread_bind(thread, cpu);
	wake_up_process(thread);
	return thread;
}
