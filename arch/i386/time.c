/* SPDX-License-Identifier: MIT */
#include <asm/atomic.h>
#include <asm/cpu.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <kernel/boot_cost.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/hook.h>
#include <kernel/printk.h>
#include <kernel/report_section.h>

/*
 * The time since boot. The clock is a counter with a known rate, which tsc.c chooses. Without such
 * a counter, the timer interrupts are the clock, HZ a second. If those do not arrive either, each
 * read of the clock adds the microsecond that a write to port 0x80 takes: every wait still ends,
 * and the kernel says that it does not know the time.
 *
 * Counters of 32 bits and less wrap while the kernel runs: the HPET after 43 s at its usual 100
 * MHz, the ACPI timer after 4.7 s. Each tick reads them and adds the difference to a sum of 64
 * bits. The invariant: time_ns() never returns less than any CPU has seen before. The price is one
 * compare-and-exchange for each call. A TSC needs it only once a second CPU runs.
 *
 * Programs ask for the time often, and a division of 64 bits is slow. So counts are multiplied by
 * the nanoseconds of one count: a factor of 32 bits, and a shift for clocks below 1 GHz. The factor
 * is cut off behind its last bit. So a clock of 5 GHz gets slow by one part in 800 million, far
 * less than the error of its measured rate.
 */

#define NS_PER_SECOND  1000000000ull
#define NS_PER_LOOK    1000u
#define FIRST_TICK_NS  300000000ull
#define FIRST_TICK_MIN 100000u /* checks: a host may not have scheduled the emulator meanwhile */

static const struct counter *clock;
static bool clock_known;
static bool clock_is_tsc;        /* the only counter that does not wrap */
static u64 base_ns, base_counts; /* values when the counter became the clock */
static u32 factor, shift;        /* one count: factor * 2^shift / 2^32 nanoseconds; shift < 32 */
static bool one_tsc;             /* is the clock: no second CPU runs, or is about to */

static volatile u32 ticks;
static bool ticks_of_cpu; /* the boot CPU's own timer ticks, not the PIT */
static u64 looks;
static void (*tick_hook)(void);

/* --- counters that wrap ----------------------------------------------------------------------- */

/*
 * The sum of a counter that wraps. `busy` lets one CPU add at a time. Another CPU, or an NMI
 * handler that interrupted the addition, does not wait and uses the previous sum. That sum is in
 * the half of `counted` that `seq` selects, and no CPU writes that half meanwhile.
 */
static struct {
	bool busy;
	volatile u32 seq;
	volatile u64 counted[2];
	u64 last;
} narrow;

static u64 counted_last(void)
{
	u32 seq;
	u64 counted;

	do {
		seq = narrow.seq;
		barrier();
		counted = narrow.counted[seq & 1];
		barrier();
	} while (seq != narrow.seq);
	return counted;
}

static u64 count_narrow(void)
{
	unsigned long flags = local_irq_save();
	u64 now, counted = counted_last();

	if (!__atomic_test_and_set(&narrow.busy, __ATOMIC_ACQUIRE)) {
		now = clock->read() & clock->mask;
		counted = counted_last() + ((now - narrow.last) & clock->mask);
		narrow.last = now;
		narrow.counted[(narrow.seq + 1) & 1] = counted;
		barrier();
		narrow.seq++;
		__atomic_clear(&narrow.busy, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
	return counted;
}

/* --- the time --------------------------------------------------------------------------------- */

static u64 latest;

static u64 latest_of(u64 seen, u64 now) noinline;
static u64 latest_of(u64 seen, u64 now)
{
	u64 next;

	do
		next = max(seen, now);
	while (!atomic_cmpxchg64(&latest, &seen, next));
	return next;
}

/* The TSCs of two CPUs may differ a little. No CPU gets less than another one got before. */
static u64 not_before_latest(u64 now)
{
	u64 seen = latest; /* two loads, perhaps of two values; the exchange fails then */

	if (!cpu_has(CPU_CX8) || (now >= seen && likely(atomic_cmpxchg64(&latest, &seen, now))))
		return now;
	return latest_of(seen, now);
}

/* The product has 96 bits. It is shifted, and its upper 64 bits are the result. */
static inline u64 ns_of_counts(u64 counted)
{
	u64 low = (u64)(u32)counted * factor;
	u64 upper = (u64)(u32)(counted >> 32) * factor + (low >> 32);

	__asm__("shldl %%cl, %%eax, %%edx\n\t"
		"shldl %%cl, %[low], %%eax"
		: "+A"(upper)
		: [low] "r"((u32)low), "c"(shift)
		: "cc");
	return upper;
}

static u64 ns_of_ticks(void)
{
	if (!ticks) {
		io_delay();
		looks++;
	}
	return (u64)ticks * NS_PER_TICK + looks * NS_PER_LOOK;
}

static u64 ns_of_tsc(void)
{
	return base_ns + ns_of_counts(read_tsc() - base_counts);
}

static u64 time_in_any_case(void) noinline;
static u64 time_in_any_case(void)
{
	if (likely(clock_is_tsc))
		return not_before_latest(ns_of_tsc());
	if (!clock)
		return ns_of_ticks();
	return not_before_latest(base_ns + ns_of_counts(count_narrow() - base_counts));
}

u64 time_ns(void)
{
	return likely(one_tsc) ? ns_of_tsc() : time_in_any_case();
}

/* The last call on one CPU stores what it has seen. */
void time_share(void)
{
	one_tsc = false;
	time_ns();
}

u64 time_cycles(void)
{
	return cpu_has(CPU_TSC) ? read_tsc() : 0;
}

void __init time_use_counter(const struct counter *counter, bool known)
{
	u64 ns;

	/* Count the guessed microseconds, which are less than a second, as time that has passed. */
	base_ns = clock ? time_ns() : ns_of_ticks();
	clock = counter;
	clock_known = known;
	clock_is_tsc = counter->mask == UINT64_MAX;
	ns = (NS_PER_SECOND << 32) / counter->hz;
	for (shift = 0; ns >> 32; shift++)
		ns >>= 1;
	factor = (u32)ns;
	narrow.last = counter->read() & counter->mask;
	base_counts = clock_is_tsc ? read_tsc() : count_narrow();
	one_tsc = clock_is_tsc;
}

const struct counter *time_counter(void)
{
	return clock;
}

/*
 * Without a counter, the rate of a CPU's own timer is unknown. The rate of the PIT is always known.
 */
bool time_known(void)
{
	return clock ? clock_known : ticks && !ticks_of_cpu;
}

void mdelay(unsigned long msecs)
{
	u64 end = time_ns() + msecs * 1000000ull;

	while (time_ns() < end)
		cpu_relax();
}

/* --- ticks ------------------------------------------------------------------------------------ */

static irqreturn_t timer_interrupt(int irq, void *dev)
{
	ticks++;
	if (tick_hook)
		tick_hook();
	return IRQ_HANDLED;
}

void __init time_start_ticks(void)
{
	request_irq(IRQ_TIMER, timer_interrupt, 0, "timer", NULL);
}

void time_tick(void)
{
	if (ticks_of_cpu)
		ticks++;
	if (clock && !clock_is_tsc)
		count_narrow();
}

void time_use_tick(void (*tick)(void))
{
	hook_set(tick_hook, tick);
}

bool __init time_wait_for_tick(void)
{
	u64 end = time_ns() + FIRST_TICK_NS, cycles = time_cycles();
	u32 before = ticks;

	for (u32 seen = 0; ticks == before && (seen < FIRST_TICK_MIN || time_ns() < end); seen++)
		cpu_relax();
	boot_cost_waited(time_cycles() - cycles);
	return ticks != before;
}

void __init time_stop_ticks(void)
{
	if (!clock && (ticks || time_wait_for_tick()))
		return;
	free_irq(IRQ_TIMER, NULL);
	ticks_of_cpu = true;
}

bool time_has_ticks(void)
{
	return ticks;
}

/* --- the report ------------------------------------------------------------------------------- */

static const char *clock_name(void)
{
	return clock ? clock->name : ticks ? "timer interrupts" : "none";
}

static void show_clock(void)
{
	const char *name = clock_name();

	if (clock)
		console_printf("clock: %s, %u.%03u MHz%s\n", name, (u32)(clock->hz / 1000000),
			       (u32)(clock->hz % 1000000 / 1000), clock_known ? "" : " assumed");
	else
		console_printf("clock: %s\n", name);
	if (!time_known())
		console_printf("The time is not known: no clock was found whose rate is known.\n");
	if (!time_has_ticks())
		console_printf("No timer interrupt arrives: threads are not preempted.\n");
}

static int uptime(int argc, char **argv)
{
	u64 ns = time_ns();

	console_printf("up %u.%02u seconds, %u timer interrupts\n", (u32)(ns / NS_PER_SECOND),
		       (u32)(ns % NS_PER_SECOND / (NS_PER_SECOND / 100)), ticks);
	show_clock();
	return 0;
}
PROMPT_COMMAND("uptime", "", "time since boot, and the clock that tells it", uptime);

static void time_section(struct json *json)
{
	json_number(json, "ns", time_ns());
	json_number(json, "ticks", ticks);
	json_string(json, "clock", clock_name());
	json_number(json, "hz", clock ? clock->hz : 0);
	json_bool(json, "known", time_known());
}
REPORT_SECTION(110, "time", time_section);
