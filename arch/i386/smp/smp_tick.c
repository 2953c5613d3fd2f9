/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irq.h>
#include <asm/lapic.h>
#include <asm/percpu.h>
#include <asm/smp_tick.h>
#include <asm/time.h>
#include <kernel/panic.h>
#include <kernel/watchdog.h>
#include <sched/sched.h>

/*
 * The tick of each CPU's own timer. On each tick a CPU checks that another CPU is alive, and the
 * scheduler may choose the next thread.
 */

static DEFINE_PER_CPU(u32, ticks);

/*
 * Each CPU watches the next one. A CPU without a tick for the whole time has had its interrupts off
 * for all of it. While a debugger stops the machine, no CPU ticks, so no CPU checks.
 */
struct watch {
	u32 ticks_seen, since;
};
static DEFINE_PER_CPU(struct watch, neighbour);

static u32 next_online(u32 cpu)
{
	do
		cpu = (cpu + 1) % NR_CPUS;
	while (!cpu_online(cpu));
	return cpu;
}

static void watch_next_cpu(void)
{
	struct watch *watch = this_cpu_ptr(neighbour);
	u32 cpu = next_online(smp_processor_id()), now = READ_ONCE(per_cpu(ticks, cpu));

	if (now != watch->ticks_seen) {
		watch->ticks_seen = now;
		watch->since = 0;
	} else if (++watch->since == watchdog_ticks()) {
		panic("watchdog: CPU %u has not ticked for %u seconds", cpu, watchdog_ticks() / HZ);
	}
}

static void timer_interrupt(void)
{
	lapic_eoi();
	this_cpu_add(ticks, 1);
	/*
	 * The watchdogs count ticks of HZ a second. A test may make ticks a thousand times as
	 * frequent.
	 */
	if (lapic_timer_is_regular()) {
		watch_next_cpu();
		if (smp_processor_id() == 0)
			watchdog_tick();
	}
	/*
	 * An emulator that runs the CPUs in turn (QEMU with -icount) changes to the next CPU at
	 * this instruction. Without it, a busy loop uses up all instructions until the next timer
	 * event of any CPU.
	 */
	cpu_relax();
	sched_tick();
}

/* The tick on a machine without an APIC timer. */
static void only_tick(void)
{
	watchdog_tick();
	sched_tick();
}

void __init smp_tick_init(void)
{
	irq_set_local_handler(VECTOR_TIMER, timer_interrupt);
}

void __init smp_tick_without_apic(void)
{
	time_use_tick(only_tick);
}
