/* SPDX-License-Identifier: MIT */
#include <asm/clocks.h>
#include <asm/cpu.h>
#include <asm/pit.h>
#include <asm/time.h>
#include <kernel/boot_cost.h>
#include <kernel/printk.h>

/*
 * Chooses the clock. The TSC (time-stamp counter) is the best one: one instruction reads it, and it
 * never wraps. But most CPUs do not report its rate, so the kernel measures it with a counter of
 * known rate. CPUID may report a rate. The kernel uses that one only if it cannot measure, or if
 * the measurement agrees: some emulators copy CPUID from a real CPU and run the TSC at another
 * rate.
 *
 * A TSC of unknown rate is still better than no clock. The assumed rate is above that of most CPUs,
 * so that a wait takes longer than requested, never shorter.
 */

#define ASSUMED_HZ 4000000000ull

static u64 read(void)
{
	return read_tsc();
}

static struct counter tsc __ro_after_init = { .name = "TSC", .mask = UINT64_MAX, .read = read };

static void __init print_rate(const char *source)
{
	pr_info("TSC: %u.%03u MHz, %s\n", (u32)(tsc.hz / 1000000), (u32)(tsc.hz % 1000000 / 1000),
		source);
}

static bool __init within_one_percent(u64 a, u64 b)
{
	return max(a, b) - min(a, b) <= min(a, b) / 100;
}

static u64 __init measure(const struct counter *reference)
{
	u64 begin = read_tsc(), hz;

	if (!reference)
		return 0;
	hz = counter_measure(&tsc, reference);
	boot_cost_waited(read_tsc() - begin);
	return hz;
}

/* Find the rate of the TSC. Return false if it stays unknown. */
static bool __init find_rate(void)
{
	const struct counter *reference = clocks_best();
	u64 measured = measure(reference), told = boot_cpu.tsc_hz;

	tsc.hz = told && (!measured || within_one_percent(told, measured)) ? told : measured;
	if (tsc.hz == 0) {
		pr_warn("TSC: its rate is not known: %s\n",
			reference ? "no two measurements agree"
				  : "there is no other clock to measure it with");
		return false;
	}
	if (measured && told && tsc.hz != told)
		pr_warn("TSC: CPUID has a rate of %llu kHz, expected what was measured: %llu kHz\n",
			told / 1000, measured / 1000);
	print_rate(tsc.hz == told ? "as CPUID has it" : reference->name);
	return true;
}

static void __init choose_clock(void)
{
	const struct counter *reference = clocks_best();

	if (cpu_has(CPU_TSC) && find_rate()) {
		time_use_counter(&tsc, true);
	} else if (reference && clocks_wrap_slowly(reference)) {
		pr_info("Clock: %s\n", reference->name);
		time_use_counter(reference, true);
	} else if (cpu_has(CPU_TSC)) {
		tsc.hz = ASSUMED_HZ;
		pr_warn("Clock: TSC, at an assumed rate of %u MHz: the time is not known\n",
			(u32)(ASSUMED_HZ / 1000000));
		time_use_counter(&tsc, false);
	}
}

void __init time_init(void)
{
	clocks_init();
	choose_clock();
	printk_use_clock(time_ns);
	pit_start_ticks(HZ);
	time_start_ticks();
}

void __init time_check_ticks(void)
{
	const struct counter *pit;

	if (time_wait_for_tick())
		return;
	pr_warn("Timer: no interrupt arrived within 300 ms: threads are not preempted, devices are "
		"polled\n");
	if (time_counter())
		return;
	/* The PIT's counter may run even if its interrupts do not arrive. */
	pit = pit_poll_counter();
	if (pit)
		time_use_counter(pit, false);
	pr_warn("Clock: %s: the time is not known\n",
		pit ? "PIT, which loses time when it is not read for 55 ms" : "none");
}
