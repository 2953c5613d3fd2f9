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
 * Makes other CPUs call a function and waits until all have done it; TLB flushes depend on that
 * wait. One call is in flight at a time. A mask has one bit for each CPU; the CPU clears its bit
 * after the call. The caller spins until no bit is left. Its interrupts are on, because another CPU
 * may be waiting for it in the same way.
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
	void (*fn)(void *arg);
	void *arg;
	u32 pending; /* CPUs that have not called it yet */
} call;

static DEFINE_PER_CPU(struct smp_counts, smp_counts);

static void serve_call(void)
{
	lapic_eoi();
	call.fn(call.arg);
	__atomic_and_fetch(&call.pending, ~(1u << smp_processor_id()), __ATOMIC_RELEASE);
}

static void send_to(u32 cpus, u8 vector)
{
	for (u32 cpu = 0; cpu < NR_CPUS; cpu++)
		if (cpus >> cpu & 1)
			lapic_send(topology.apic_id[cpu], vector);
}

void smp_call(u32 cpus, void (*fn)(void *arg), void *arg)
{
	unsigned long flags;
	u32 others, self;

	preempt_disable();
	self = 1u << smp_processor_id();
	others = cpus & READ_ONCE(cpus_online) & ~self;
	if (others) {
		if (irqs_disabled())
			panic("smp_call() with interrupts off: two CPUs could wait for each other");
		spin_lock(&call_lock);
		call.fn = fn;
		call.arg = arg;
		__atomic_store_n(&call.pending, others, __ATOMIC_SEQ_CST);
		send_to(others, VECTOR_CALL);
		this_cpu_ptr(smp_counts)->calls += hweight32(others);
	}
	if (cpus & self) {
		flags = local_irq_save();
		fn(arg);
		local_irq_restore(flags);
	}
	if (others) {
		spin_until(__atomic_load_n(&call.pending, __ATOMIC_ACQUIRE) == 0);
		spin_unlock(&call_lock);
	}
	preempt_enable();
}

static unsigned int call_others(void (*fn)(void *arg), void *arg)
{
	/*
	 * If the thread moved to another CPU in between, the CPU that it left would not be called.
	 */
	preempt_disable();
	smp_call(ALL_CPUS & ~(1u << smp_processor_id()), fn, arg);
	preempt_enable();
	return num_online_cpus() - 1;
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
	cpu_call_use_interrupts(call_others);
}
