/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <kernel/cpu_call.h>
#include <kernel/hook.h>
#include <kernel/preempt.h>

/* The interrupts that reach other CPUs are sent by a layer far above. NULL: no other CPU runs. */

static void (*call_cpus)(const struct cpumask *mask, smp_call_func_t fn, void *arg, bool wait);

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t fn, void *arg, bool wait)
{
	struct cpumask others = *mask;

	__cpumask_clear_cpu(smp_processor_id(), &others);
	if (call_cpus)
		call_cpus(&others, fn, arg, wait);
}

static void call_here(smp_call_func_t fn, void *arg)
{
	unsigned long flags = local_irq_save();

	fn(arg);
	local_irq_restore(flags);
}

void on_each_cpu(smp_call_func_t fn, void *arg, bool wait)
{
	/*
	 * If the thread moved to another CPU in between, fn would miss one CPU and run twice on
	 * another.
	 */
	preempt_disable();
	if (call_cpus)
		call_cpus(cpu_online_mask, fn, arg, wait);
	else
		call_here(fn, arg);
	preempt_enable();
}

bool cpu_may_call_others(void)
{
	return !call_cpus || (!irqs_disabled() && !in_atomic());
}

void cpu_call_use_interrupts(void (*call)(const struct cpumask *mask, smp_call_func_t fn, void *arg,
					  bool wait))
{
	hook_set(call_cpus, call);
}
