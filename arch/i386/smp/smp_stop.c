/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/percpu.h>
#include <asm/smp_stop.h>
#include <asm/topology.h>
#include <asm/traps.h>
#include <kernel/backtrace.h>
#include <kernel/panic.h>
#include <kernel/symbols.h>
#include <sched/sched.h>
#include <thread/thread.h>

/*
 * Stops all CPUs at once. A CPU that panics sends each other CPU an NMI (non-maskable interrupt),
 * which arrives even with interrupts off. The other CPU stores its registers in memory of its own
 * and halts. It prints nothing, because the NMI may have interrupted it while it used the console.
 * When all have stopped, or after about a second, the panicking CPU prints the whole report.
 */

/*
 * Number of checks, about a second, before a CPU that does not stop is left out. An NMI takes
 * microseconds.
 */
#define PATIENCE 20000000u

/* Calls shown for each other CPU, below a line with its address. */
#define CALLS 16

struct stopped {
	unsigned long eip, ebp;
	const struct thread *thread; /* NULL: the CPU had no thread yet */
	bool stopped;
};
static DEFINE_PER_CPU(struct stopped, stopped_at);

static u32 stopping_cpu; /* cpu_tag() of the CPU that panics */

static void note_and_halt(const struct trap_frame *frame)
{
	struct stopped *at = this_cpu_ptr(stopped_at);

	at->eip = frame->eip;
	at->ebp = frame->ebp;
	at->thread = current;
	__atomic_store_n(&at->stopped, true, __ATOMIC_RELEASE);
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* The CPU that stops the others sends no NMI to itself. One that arrives there is ignored. */
static bool stop_by_nmi(const struct trap_frame *frame)
{
	u32 stopping = READ_ONCE(stopping_cpu);

	if (stopping && stopping != cpu_tag())
		note_and_halt(frame);
	return stopping;
}
NMI_HANDLER(stop_by_nmi);

static bool has_stopped(u32 cpu)
{
	return __atomic_load_n(&per_cpu(stopped_at, cpu).stopped, __ATOMIC_ACQUIRE);
}

static void stop_others(void)
{
	u32 cpu, me = smp_processor_id(), patience = PATIENCE;

	WRITE_ONCE(stopping_cpu, cpu_tag());
	for_each_online_cpu(cpu)
		if (cpu != me)
			lapic_send_nmi(topology.apic_id[cpu]);
	for_each_online_cpu(cpu)
		while (cpu != me && !has_stopped(cpu) && patience) {
			patience--;
			cpu_relax();
		}
}

static void show_other(u32 cpu, printf_fn *out)
{
	const struct stopped *at = &per_cpu(stopped_at, cpu);
	char text[SYMBOL_TEXT];

	if (!has_stopped(cpu)) {
		out("CPU %u did not stop: it takes no NMI\n", cpu);
		return;
	}
	out("CPU %u, thread '%s', was at %s\n", cpu, at->thread ? at->thread->name : "none yet",
	    symbol_format(at->eip, text));
	show_calls(0, at->ebp, CALLS, out);
}

static unsigned int show_others(printf_fn *out)
{
	u32 cpu, me = smp_processor_id(), nr = 0;

	for_each_online_cpu(cpu) {
		if (cpu == me)
			continue;
		show_other(cpu, out);
		nr++;
	}
	return nr;
}

void __init smp_stop_init(void)
{
	panic_use_stop(stop_others, show_others);
}
