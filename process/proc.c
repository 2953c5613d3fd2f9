/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/irq.h>
#include <asm/time.h>
#include <kernel/proc_file.h>
#include <process/numbers.h>
#include <process/time.h>
#include <sched/load.h>
#include <sched/thread_list.h>

/*
 * Files of /proc about the machine as a whole, for programs such as top and uptime. CPU times are
 * ticks of the timer: 100 a second. Columns that nothing counts are 0: nice, iowait, irq, softirq,
 * steal, guest, guest_nice. A CPU that waits for a disk is idle.
 */

static void show_cpu(const struct sched_counts *c, printf_fn *out)
{
	out(" %u 0 %u %u 0 0 0 0 0 0\n", c->user, c->system, c->idle);
}

static struct sched_counts sum_counts(void)
{
	struct sched_counts sum = { 0 };
	u32 cpu;

	for_each_cpu_with_data(cpu) {
		struct sched_counts c = sched_counts_of(cpu);

		sum.user += c.user;
		sum.system += c.system;
		sum.idle += c.idle;
		sum.switches += c.switches;
	}
	return sum;
}

static void stat_show(printf_fn *out)
{
	struct sched_counts sum = sum_counts();
	u32 cpu;

	out("cpu ");
	show_cpu(&sum, out);
	for_each_cpu_with_data(cpu) {
		struct sched_counts c = sched_counts_of(cpu);

		out("cpu%u", cpu);
		show_cpu(&c, out);
	}
	out("intr %llu\nctxt %u\nbtime %u\nprocesses %u\nprocs_running %u\nprocs_blocked 0\n",
	    irq_total(), sum.switches, (u32)((time_of_day() - time_ns()) / NS_PER_SECOND),
	    numbers_given(), sched_running());
}
PROC_FILE("stat", stat_show);

static void uptime_show(printf_fn *out)
{
	u32 ticks = (u32)(time_ns() / NS_PER_TICK), idle = sum_counts().idle;

	out("%u.%02u %u.%02u\n", ticks / HZ, ticks % HZ, idle / HZ, idle % HZ);
}
PROC_FILE("uptime", uptime_show);

static void loadavg_show(printf_fn *out)
{
	for (u32 i = 0; i < ARRAY_SIZE(load_averages); i++) {
		u32 load = load_hundredths(i);

		out("%u.%02u ", load / 100, load % 100);
	}
	out("%u/%u %u\n", sched_running(), threads_count(), number_last());
}
PROC_FILE("loadavg", loadavg_show);
