/* SPDX-License-Identifier: MIT */
#include <asm/backtrace.h>
#include <asm/cpu.h>
#include <asm/fixmap.h>
#include <asm/ioapic.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/percpu.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/smp_start.h>
#include <asm/smp_stop.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <asm/topology.h>
#include <asm/traps.h>
#include <kernel/boot_cost.h>
#include <kernel/cpu_call.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/sched.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <kernel/thread.h>
#include <kernel/watchdog.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>

/*
 * From CPU to CPU. How the other CPUs start is in smp_start.c.
 *
 * CPUs interrupt each other for three things: to have a function called (TLB flushes, mostly), to look for
 * work, and to stop when the kernel panics.
 */

static u32 max_cpus __initdata = NR_CPUS;
static bool lapic_refused __initdata, ioapic_refused __initdata;

static int __init parse_nosmp(const char *value)
{
	max_cpus = 1;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nosmp", "nosmp", "use one CPU", parse_nosmp);

static int __init parse_maxcpus(const char *value)
{
	int err = parse_u32(value, NR_CPUS, &max_cpus);

	max_cpus = max(max_cpus, 1u);
	return err;
}
BOOT_PARAM("maxcpus", "maxcpus=0..32", "use so many CPUs at most", parse_maxcpus);

static int __init parse_nolapic(const char *value)
{
	lapic_refused = true;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nolapic", "nolapic", "do not use the CPUs' own APICs: one CPU, ticks from the PIT",
	   parse_nolapic);

static int __init parse_noapic(const char *value)
{
	ioapic_refused = true;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("noapic", "noapic", "device interrupts through the 8259s, not the I/O APIC",
	   parse_noapic);

/* --- calls --------------------------------------------------------------------------------------- */

/* Guards `call`. A CPU that waits for the lock has interrupts on, and serves the calls of others meanwhile. Taken
 * inside of kmap_lock; no lock is taken inside of it. */
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
			panic("smp_call() with interrupts off: two of them could wait for each other");
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
	/* Were the thread moved in between, the CPU that it left would not be called. */
	preempt_disable();
	smp_call(ALL_CPUS & ~(1u << smp_processor_id()), fn, arg);
	preempt_enable();
	return nr_cpus_online() - 1;
}

struct smp_counts smp_counts_sum(void)
{
	struct smp_counts sum = { 0 };
	u32 cpu;

	for_each_online_cpu(cpu)
	{
		sum.calls += per_cpu(smp_counts, cpu).calls;
		sum.kicks += per_cpu(smp_counts, cpu).kicks;
	}
	return sum;
}

/* --- work, and ticks ------------------------------------------------------------------------------ */

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

static DEFINE_PER_CPU(u32, ticks);

/*
 * Each CPU looks after the next one. A CPU that has not ticked for so long has had its interrupts off for
 * all that time. While the machine is stopped in a debugger there is no tick that could look.
 */
struct watch {
	u32 ticks_seen, since;
};
static DEFINE_PER_CPU(struct watch, neighbour);

static u32 next_online(u32 cpu)
{
	do
		cpu = (cpu + 1) % NR_CPUS;
	while (!(READ_ONCE(cpus_online) >> cpu & 1));
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
	/* The watchdogs count ticks of HZ a second; a test may make them a thousand times as many. */
	if (lapic_timer_is_regular()) {
		watch_next_cpu();
		if (smp_processor_id() == 0)
			watchdog_tick();
	}
	/* An emulator that runs the CPUs in turn (QEMU with -icount) goes to the next one here, or never:
	 * a busy loop uses up all instructions until the next timer event of any CPU. */
	cpu_relax();
	sched_tick();
}

static void spurious_interrupt(void)
{
}

/* --- starting ------------------------------------------------------------------------------------- */

static void __init start_other_cpus(void)
{
	u32 wanted = min(topology.nr_cpus, max_cpus);

	if (topology.nr_left_out)
		pr_warn("SMP: %u CPUs are listed, expected at most %u: the others do not run\n",
			topology.nr_cpus + topology.nr_left_out, NR_CPUS);
	if (wanted > 1)
		smp_start_others(wanted);
	pr_info("SMP: %u of %u CPUs run, by the %s\n", nr_cpus_online(),
		topology.nr_cpus + topology.nr_left_out, topology.source);
}

static bool __init start_lapic(void)
{
	phys_addr_t phys;

	if (!topology.source || lapic_refused || !cpu_has(CPU_APIC))
		return false;
	if (!lapic_usable())
		return false;
	phys = lapic_find(topology.lapic_phys);
	if (!phys)
		return false;
	lapic_map(phys);
	topology_boot_cpu_first(lapic_id());
	lapic_init_cpu(true);
	irq_set_local_handler(VECTOR_TIMER, timer_interrupt);
	irq_set_local_handler(VECTOR_RESCHEDULE, reschedule_interrupt);
	irq_set_local_handler(VECTOR_CALL, serve_call);
	irq_set_local_handler(VECTOR_SPURIOUS, spurious_interrupt);
	return true;
}

/* Where no APIC has a timer. */
static void only_tick(void)
{
	watchdog_tick();
	sched_tick();
}

void __init smp_init(void)
{
	topology_init(!boot_record.efi_firmware);
	smp_stop_init();
	if (!start_lapic()) {
		time_use_tick(only_tick);
		pr_info("SMP: one CPU, no APIC is used\n");
		return;
	}
	if (topology.ioapic_phys && !ioapic_refused)
		ioapic_init(topology.ioapic_phys);
	lapic_timer_calibrate();
	time_stop_ticks();
	lapic_timer_start();
	sched_use_kick(kick);
	smp_stop_use();
	cpu_call_use(call_others);
	start_other_cpus();
}
