/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irqflags.h>
#include <asm/lapic.h>
#include <asm/time.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/watchdog.h>
#include <tests/crash/cpus.h>
#include <thread/thread.h>

/*
 * Panics at the worst moments. Each must print its report and end, with any number of CPUs.
 */

static void run_on_others(int (*fn)(void *))
{
	u32 cpu;

	migrate_disable();
	for_each_online_cpu(cpu) {
		struct thread *thread;

		if (cpu == smp_processor_id())
			continue;
		thread = kthread_create(fn, NULL, "crash/%u", cpu);
		if (!thread)
			panic("crash: no memory for a thread");
		kthread_bind(thread, cpu);
		wake_up_process(thread);
	}
}

static u32 running;

static void wait_for_others(void)
{
	spin_until(READ_ONCE(running) == num_online_cpus() - 1);
}

static int __noreturn print_for_ever(void *unused)
{
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	for (;;)
		printk("CPU %u prints, and has something to say that fills a line\n",
		       smp_processor_id());
}

void crash_while_others_print(void)
{
	run_on_others(print_for_ever);
	wait_for_others();
	mdelay(5);
	panic("while others print");
}

static bool start_now;

static int __noreturn panic_together(void *unused)
{
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	local_irq_disable();
	spin_until(READ_ONCE(start_now));
	panic("one of many");
}

void crash_on_all_cpus(void)
{
	run_on_others(panic_together);
	wait_for_others();
	WRITE_ONCE(start_now, true);
	panic("one of many");
}

static volatile char *nowhere; /* page 0 is never mapped */

static void faulty_write(const char *s, size_t n)
{
	*nowhere = s[n - 1];
}

void crash_in_console(void)
{
	static struct console faulty = { .name = "faulty", .write = faulty_write };

	/* It is given what is in the log. */
	console_register(&faulty);
}

void crash_by_nmi(void)
{
	if (!lapic_present()) {
		console_printf("crash nmi: needs an APIC\n");
		return;
	}
	lapic_send_nmi(lapic_id());
	for (;;)
		cpu_relax();
}

static void send_nmi(const char *s, size_t n)
{
	lapic_send_nmi(lapic_id());
	mdelay(10);
}

void crash_by_nmi_in_printk(void)
{
	static struct console sender = { .name = "sender", .write = send_nmi };

	if (!lapic_present()) {
		console_printf("crash nmi-in-printk: needs an APIC\n");
		return;
	}
	/* It is given what is in the log. */
	console_register(&sender);
}

void crash_by_never_ending(void)
{
	watchdog_begin("a test that never ends");
	/*
	 * An interrupt at the first instruction of sched_yield() would find no frame of this
	 * function. So most of the time is spent here.
	 */
	for (;;) {
		for (unsigned int i = 0; i < 100000; i++)
			cpu_relax();
		sched_yield();
	}
}
