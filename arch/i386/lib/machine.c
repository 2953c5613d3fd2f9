/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/machine.h>

/*
 * Ways to stop the machine. No output needs a flush: consoles poll, and their devices already have
 * all text. Only the serial line may still be sending its last byte.
 *
 * A correct power-off needs ACPI's tables and an interpreter for them. The emulators have their
 * power-management register at a known port, so the kernel tries those ports. On other machines the
 * functions return.
 */

#define EXIT_PORT       0xf4     /* QEMU, -device isa-debug-exit */
#define EXIT_WAIT       10000000 /* some seconds of io_delay() */
#define QEMU_PM1A       0x604    /* PM1a_CNT of PIIX4 and ICH9 as SeaBIOS places them */
#define QEMU_SLEEP      0x2000   /* SLP_EN, type 0: soft off (ACPI 6.5, 4.8.3.2.1) */
#define BOCHS_SHUTDOWN  0x8900
#define KEYBOARD_STATUS 0x64
#define RESET_CONTROL   0xcf9 /* PIIX3 and later */
#define RTC_INDEX       0x70  /* the clock of day: MC146818 data sheet */
#define RTC_DATA        0x71
#define RTC_SECONDS     0x00
#define RTC_LOOKS       10000000 /* without a change: the clock is absent or has stopped */

static void wait_for_serial(void)
{
	for (u32 wait = 100000; wait && (inb(0x3fd) & 0x60) != 0x60; wait--)
		cpu_relax();
}

static u8 read_seconds(void)
{
	outb(RTC_INDEX, RTC_SECONDS);
	return inb(RTC_DATA);
}

/*
 * Wait until the second of the clock of day has changed twice: more than one second, at most two.
 * This clock runs on every PC without being started, and needs no interrupt. On a machine without
 * it, the wait ends after RTC_LOOKS reads, which take some seconds.
 */
static void wait_a_second(void)
{
	u8 last = read_seconds(), now;

	for (u32 changes = 0, looks = 0; changes < 2 && looks < RTC_LOOKS; looks++) {
		now = read_seconds();
		if (now == last)
			continue;
		last = now;
		changes++;
		looks = 0;
	}
}

void machine_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void machine_poweroff(void)
{
	wait_for_serial();
	outw(QEMU_PM1A, QEMU_SLEEP);
	for (const char *c = "Shutdown"; *c; c++)
		outb(BOCHS_SHUTDOWN, (u8)*c);
	/* An emulator ends some time after the write: on a busy host, a good part of a second. */
	wait_a_second();
}

void machine_exit(u8 value)
{
	/*
	 * Without the device the port reads as 0xff. With it, QEMU 9.2 and later end some time
	 * after the write, and until then nothing more may be printed.
	 */
	bool present = inb(EXIT_PORT) != 0xff;

	wait_for_serial();
	outb(EXIT_PORT, value);
	for (u32 wait = EXIT_WAIT; present && wait; wait--)
		io_delay();
}

void machine_reboot(void)
{
	static const struct {
		u16 limit;
		u32 base;
	} __packed no_idt = { 0, 0 };

	wait_for_serial();
	local_irq_disable();
	for (u32 wait = 100000; wait && (inb(KEYBOARD_STATUS) & 2); wait--)
		cpu_relax();
	outb(KEYBOARD_STATUS, 0xfe);
	for (u32 wait = 100000; wait; wait--)
		io_delay();
	outb(RESET_CONTROL, 0x02);
	outb(RESET_CONTROL, 0x06);
	/* The last resort: an exception that cannot be delivered resets the CPU. */
	__asm__ volatile("lidt %0; int3" ::"m"(no_idt));
	machine_halt();
}
