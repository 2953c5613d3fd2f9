/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <kernel/boot_cost.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <lib/command.h>

/*
 * Channel 0 of the PIT interrupts 100 times a second and is the clock of a 486. Where the CPU counts
 * cycles that is the better clock: channel 2, which can be read without an interrupt, tells how many
 * cycles 10 ms have (Intel 8254 data sheet, 231164).
 */

#define PIT_HZ        1193182u
#define PIT_CHANNEL0  0x40
#define PIT_CHANNEL2  0x42
#define PIT_COMMAND   0x43
#define PORT_B        0x61 /* bit 0: gate of channel 2, bit 1: speaker, bit 5: output of channel 2 */
#define CALIBRATE_MS  10
#define NS_PER_SECOND 1000000000ull

static volatile u32 ticks;
static u64 tsc_base, tsc_hz;

static void (*tick_hook)(void);

static void timer_interrupt(void)
{
	ticks++;
	if (tick_hook)
		tick_hook();
}

void time_use_tick(void (*tick)(void))
{
	tick_hook = tick;
}

void time_stop_ticks(void)
{
	if (tsc_hz)
		irq_release(IRQ_TIMER);
}

/* Channel 2 counts down once, mode 0: its output goes up at the end. */
static void __init start_countdown(u32 count)
{
	outb(PORT_B, (inb(PORT_B) & ~2) | 1);
	outb(PIT_COMMAND, 0xb0);
	outb(PIT_CHANNEL2, count & 0xff);
	outb(PIT_CHANNEL2, count >> 8);
}

static void __init calibrate_tsc(void)
{
	u32 patience = 10000000;
	u64 start;

	start_countdown(PIT_HZ * CALIBRATE_MS / 1000);
	start = read_tsc();
	while (!(inb(PORT_B) & 0x20) && --patience)
		cpu_relax();
	if (!patience) {
		pr_warn("PIT: channel 2 never reaches its end, the TSC is not used\n");
		return;
	}
	tsc_hz = (read_tsc() - start) * (1000 / CALIBRATE_MS);
	boot_cost_waited(read_tsc() - start);
	tsc_base = start;
	pr_info("TSC: %u.%03u MHz\n", (u32)(tsc_hz / 1000000), (u32)(tsc_hz % 1000000 / 1000));
}

void __init time_init(void)
{
	const u32 divisor = PIT_HZ / HZ;

	if (cpu_has(CPU_TSC))
		calibrate_tsc();
	outb(PIT_COMMAND, 0x34); /* channel 0, mode 2: a pulse every `divisor` */
	outb(PIT_CHANNEL0, divisor & 0xff);
	outb(PIT_CHANNEL0, divisor >> 8);
	printk_set_clock(time_ns);
	irq_request(IRQ_TIMER, timer_interrupt);
}

u64 time_cycles(void)
{
	return tsc_hz ? read_tsc() : 0;
}

u64 time_ns(void)
{
	u64 cycles;

	if (!tsc_hz)
		return ticks * (NS_PER_SECOND / HZ);
	cycles = read_tsc() - tsc_base;
	return cycles / tsc_hz * NS_PER_SECOND + cycles % tsc_hz * NS_PER_SECOND / tsc_hz;
}

void delay_ms(unsigned int ms)
{
	u64 end = time_ns() + ms * 1000000ull;

	while (time_ns() < end)
		cpu_relax();
}

static int uptime(int argc, char **argv)
{
	u64 ns = time_ns();

	console_printf("up %u.%02u seconds, %u timer interrupts\n", (u32)(ns / NS_PER_SECOND),
		       (u32)(ns % NS_PER_SECOND / (NS_PER_SECOND / 100)), ticks);
	return 0;
}
PROMPT_COMMAND("uptime", "", "time since boot", uptime);
