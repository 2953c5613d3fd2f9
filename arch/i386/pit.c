/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/pit.h>

/*
 * The PIT (programmable interval timer). A channel counts down. In mode 2 it starts again after 1.
 * In mode 0 its output rises at 0 and stays high. The command "latch" freezes a copy of the count,
 * and the next two reads of the channel return its halves; "read back" also returns the output
 * (Intel 8254 data sheet, "Counter Latch Command", "Read-Back Command"). The output of channel 2 is
 * also bit 5 of port 0x61; an 8253 and some emulators have it only there.
 *
 * Measurements use mode 0. Once the output is high, the time since then is unknown, and the counter
 * reports that by staying at its end.
 */

#define CHANNEL0 0x40
#define CHANNEL2 0x42
#define COMMAND  0x43
#define PORT_B   0x61 /* bit 0: gate of channel 2, bit 1: speaker, bit 5: output of channel 2 */

#define SELECT(channel)  ((u8)(((channel)-CHANNEL0) << 6))
#define LATCH            0x00
#define MODE0            0x30 /* both: the lower half of the count first */
#define MODE2            0x34
#define READ_STATUS_OF_0 0xe2
#define STATUS_OUTPUT    0x80

#define GATE    0x01
#define SPEAKER 0x02
#define OUTPUT2 0x20

#define LAST 0xffffu

static void start(u16 channel, u8 mode, u32 count)
{
	outb(COMMAND, SELECT(channel) | mode);
	outb(channel, count & 0xff);
	outb(channel, count >> 8 & 0xff);
	/* The next pulse loads the count, within 838 ns. */
	io_delay();
	io_delay();
}

/*
 * Read the channel as a counter that counts up. No interrupt handler may use the PIT between the
 * three accesses.
 */
static u64 read_channel(u16 channel)
{
	unsigned long flags = local_irq_save();
	u32 count;

	outb(COMMAND, SELECT(channel) | LATCH);
	count = inb(channel);
	count |= (u32)inb(channel) << 8;
	local_irq_restore(flags);
	return LAST - count;
}

/* Read the output after the count: if it is still low, the count has not ended. */
static u64 read_once0(void)
{
	u64 count = read_channel(CHANNEL0);

	outb(COMMAND, READ_STATUS_OF_0);
	return inb(CHANNEL0) & STATUS_OUTPUT ? LAST : count;
}

static u64 read_once2(void)
{
	u64 count = read_channel(CHANNEL2);

	return inb(PORT_B) & OUTPUT2 ? LAST : count;
}

static void restart0(void)
{
	start(CHANNEL0, MODE0, LAST);
}

static void restart2(void)
{
	start(CHANNEL2, MODE0, LAST);
}

static u64 read_channel0(void)
{
	return read_channel(CHANNEL0);
}

static const struct counter once0 = {
	.name = "PIT", .hz = PIT_HZ, .mask = LAST, .read = read_once0, .restart = restart0
};
static const struct counter once2 = {
	.name = "PIT", .hz = PIT_HZ, .mask = LAST, .read = read_once2, .restart = restart2
};
static const struct counter wrapping0 = {
	.name = "PIT", .hz = PIT_HZ, .mask = LAST, .read = read_channel0
};

const struct counter *__init pit_find_counter(void)
{
	outb(PORT_B, (inb(PORT_B) & ~SPEAKER) | GATE);
	if (counter_runs(&once2))
		return &once2;
	return counter_runs(&once0) ? &once0 : NULL;
}

const struct counter *__init pit_poll_counter(void)
{
	start(CHANNEL0, MODE2, 0); /* 0 is 65536 */
	return counter_runs(&wrapping0) ? &wrapping0 : NULL;
}

void __init pit_start_ticks(u32 hz)
{
	start(CHANNEL0, MODE2, PIT_HZ / hz);
}
