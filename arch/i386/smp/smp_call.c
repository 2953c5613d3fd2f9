/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/percpu.h>
#include <asm/smp_call.h>
#include <asm/topology.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <kernel/preempt.h>
#include <kernel/spinlock.h>
#include <sched/sched.h>

/*
 * Makes the CPUs of a set call a function and waits until all have done it; TLB flushes depend on
 * that wait. One call is in flight at a time. Each CPU removes itself from the set after the call,
 * and the caller spins until the set is empty. Its interrupts are on, because another CPU may be
 * waiting for it in the same way. A caller that does not wait leaves the spinning to the next one.
 *
 * The price is that a caller waits for the slowest CPU, which is at most as long as a CPU keeps
 * interrupts off.
 */

/*
 * Held while `call` is in use. A CPU that waits for this lock has interrupts on and answers the
 * calls of others. The caller may hold kmap_lock. No lock is taken while this one is held.
 */
static spinlock_t call_lock;

static struct {
	smp_call_func_t fn;
	void *arg;
	struct cpumask pending; /* CPUs that have not called it yet */
} call;

static DEFINE_PER_CPU(struct smp_counts, smp_counts);

static void serve_call(void)
{
	lapic_eoi();
	call.fn(call.arg);
	cpumask_clear_cpu(smp_processor_id(), &call.pending);
}

static void send_call(const struct cpumask *mask)
{
	u32 cpu;

	for_each_cpu(cpu, mask)
		lapic_send(topology.apic_id[cpu], VECTOR_CALL);
	this_cpu_ptr(smp_counts)->calls += cpumask_weight(mask);
}

static void wait_for_call(void)
{
	spin_until(__atomic_load_n(&call.pending.bits, __ATOMIC_ACQUIRE) == 0);
}

/* Returns with call_lock held. */
static void start_call(const struct cpumask *others, smp_call_func_t fn, void *arg)
{
	if (!in_atomic())
		panic("smp_call_function_many() with preemption enabled: the thread could move to "
		      "a CPU that it calls");
	if (irqs_disabled())
		panic("smp_call_function_many() with interrupts off: two CPUs could wait for each "
		      "other");
	spin_lock(&call_lock);
	wait_for_call();
	call.fn = fn;
	call.arg = arg;
	__atomic_store_n(&call.pending.bits, others->bits, __ATOMIC_SEQ_CST);
	send_call(others);
}

static void call_cpus(const struct cpumask *mask, smp_call_func_t fn, void *arg, bool wait)
{
	u32 self = smp_processor_id();
	struct cpumask others;
	unsigned long flags;

	cpumask_and(&others, mask, cpu_online_mask);
	__cpumask_clear_cpu(self, &others);
	if (!cpumask_empty(&others))
		start_call(&others, fn, arg);
	if (cpumask_test_cpu(self, mask)) {
		flags = local_irq_save();
		fn(arg);
		local_irq_restore(flags);
	}
	if (!cpumask_empty(&others)) {
		if (wait)
			wait_for_call();
		spin_unlock(&call_lock);
	}
}

struct smp_counts smp_counts_sum(void)
{
	struct smp_counts sum = { 0 };
	u32 cpu;

	for_each_online_cpu(cpu) {
		sum.calls += per_cpu(smp_counts, cpu).calls;
		sum.kicks += per_cpu(smp_counts, cpu).kicks;
	}
	return sum;
}

/* --- work ------------------------------------------------------------------------------------- */

static void kick(u32 cpu)
{
	this_cpu_ptr(smp_counts)->kicks++;
	lapic_send(topology.apic_id[cpu], VECTOR_RESCHEDULE);
}

static void reschedule_interrupt(void)
{
	lapic_eoi();
	sched_kick_self();
}

void __init smp_call_init(void)
{
	irq_set_local_handler(VECTOR_RESCHEDULE, reschedule_interrupt);
	irq_set_local_handler(VECTOR_CALL, serve_call);
	sched_use_kick(kick);
	cpu_call_use_interrupts(call_cpus);
}
