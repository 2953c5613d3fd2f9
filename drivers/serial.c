/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <drivers/input.h>
#include <drivers/serial.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>

/*
 * The 16550A UART of COM1 (National Semiconductor PC16550D data sheet, 1995).
 *
 * Output polls: the driver waits until the transmitter is ready, for a limited time, and then
 * writes the byte in any case. So a port without a cable slows the kernel down, but does not stop
 * it. The price of polling is time with interrupts off: a line of 80 characters takes 7 ms on a
 * real wire. Emulators accept it at once.
 *
 * Input arrives by interrupt. While the kernel has no room for it, it waits in the device.
 */

#define COM1 0x3f8

/* Offsets from the port; the first two are the divisor while LCR_DLAB is set. */
#define RBR 0 /* read: received byte; write: byte to send */
#define IER 1
#define FCR 2
#define IIR 2 /* read */
#define LCR 3
#define MCR 4
#define LSR 5
#define SCR 7 /* a byte without a meaning */

#define IER_RECEIVED    0x01
#define IIR_NONE        0x01 /* no interrupt is pending */
#define FCR_ON_CLEAR    0x07 /* FIFOs on, both emptied, interrupt at each byte */
#define LCR_8N1         0x03
#define LCR_DLAB        0x80
#define MCR_DTR_RTS_IRQ 0x0b /* OUT2 lets the interrupt through to the controller */
#define MCR_LOOP_TEST   0x1e /* loopback: sent bytes are received */
#define MCR_NO_RTS      0x09 /* ready to receive; when off, a sender with flow control stops */
#define LSR_RECEIVED    0x01
#define LSR_OVERRUN     0x02 /* cleared by reading; at least one byte was lost */
#define LSR_CAN_SEND    0x20

#define DIVISOR_115200 1

/*
 * Reads of the status before a byte is sent in any case: the time of 20 bytes, a microsecond per
 * read.
 */
#define PATIENCE 2000

/* Without a port, reads return what is on the bus, and neither byte is received. */
static bool port_remembers(void)
{
	outb(COM1 + SCR, 0x5a);
	if (inb(COM1 + SCR) != 0x5a)
		return false;
	outb(COM1 + SCR, 0xa5);
	return inb(COM1 + SCR) == 0xa5;
}

static bool loop_works(void)
{
	bool works;

	outb(COM1 + MCR, MCR_LOOP_TEST);
	outb(COM1 + RBR, 0xae);
	for (u32 wait = PATIENCE; wait && !(inb(COM1 + LSR) & LSR_RECEIVED); wait--)
		io_delay();
	works = inb(COM1 + RBR) == 0xae;
	outb(COM1 + MCR, MCR_DTR_RTS_IRQ);
	return works;
}

static bool set_up(void)
{
	if (!port_remembers())
		return false;
	outb(COM1 + IER, 0);
	outb(COM1 + LCR, LCR_DLAB);
	outb(COM1 + RBR, DIVISOR_115200);
	outb(COM1 + IER, 0);
	outb(COM1 + LCR, LCR_8N1);
	outb(COM1 + FCR, FCR_ON_CLEAR);
	return loop_works();
}

/* The port is tested once: the test would overwrite a byte that is being sent. */
bool serial_probe(void)
{
	static bool looked, present;

	if (!looked)
		present = set_up();
	looked = true;
	return present;
}

/*
 * If the port was not ready within the limit for one byte, each further byte gets one read only,
 * until the port is ready again. A panic's report must not take minutes on a stuck line.
 */
static void send(char c)
{
	static bool stuck;
	u32 wait = stuck ? 1 : PATIENCE;

	while (wait && !(inb(COM1 + LSR) & LSR_CAN_SEND)) {
		wait--;
		cpu_relax();
	}
	stuck = !wait;
	outb(COM1 + RBR, (u8)c);
}

static void serial_write(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\n')
			send('\r');
		send(s[i]);
	}
}

struct console serial_console = { .name = "ttyS0", .write = serial_write };

/*
 * Guards IER, MCR and @paused, since the reader of the input may be on another CPU. Taken with
 * interrupts off; the lock of the input's wait queue is taken inside.
 */
static spinlock_t receive_lock;

/* The input has no room: bytes stay in the FIFO, and then at the sender, if it obeys RTS. */
static bool paused;

static void pause(void)
{
	paused = true;
	outb(COM1 + IER, 0);
	outb(COM1 + MCR, MCR_NO_RTS);
}

static void resume(void)
{
	unsigned long flags = spin_lock_irqsave(&receive_lock);

	if (paused) {
		paused = false;
		outb(COM1 + MCR, MCR_DTR_RTS_IRQ);
		/* A byte that is already in the FIFO interrupts now (PC16550D data sheet, 8.6). */
		outb(COM1 + IER, IER_RECEIVED);
	}
	spin_unlock_irqrestore(&receive_lock, flags);
}

/* A port that vanished reads as ones for ever, so the loop is bounded. */
#define BYTES_AT_ONCE 64u

static irqreturn_t serial_interrupt(int irq, void *dev)
{
	unsigned long flags = spin_lock_irqsave(&receive_lock);
	u32 bytes;

	for (bytes = 0; bytes < BYTES_AT_ONCE && !paused; bytes++) {
		u8 status = inb(COM1 + LSR);

		if (!(status & LSR_RECEIVED) || status == 0xff)
			break;
		if (status & LSR_OVERRUN)
			console_input_lost(1);
		if (console_input_room())
			console_input((char)inb(COM1 + RBR));
		else
			pause();
	}
	/* Toggle the line to the controller, so that remaining bytes interrupt again. */
	if (!paused && inb(COM1 + LSR) & LSR_RECEIVED) {
		outb(COM1 + IER, 0);
		outb(COM1 + IER, IER_RECEIVED);
	}
	spin_unlock_irqrestore(&receive_lock, flags);
	return IRQ_RETVAL(bytes);
}

/*
 * Uses the identification register: reading the status would clear its overrun bit (PC16550D data
 * sheet, 8.5).
 */
static bool serial_waits(void)
{
	return !(inb(COM1 + IIR) & IIR_NONE);
}

void serial_enable_input(void)
{
	unsigned long flags;

	if (request_irq(IRQ_COM1, serial_interrupt, 0, "ttyS0", NULL) != 0) {
		pr_warn("serial: interrupt %d is taken, no input\n", IRQ_COM1);
		return;
	}
	console_input_use_resume(resume);
	/* A byte that arrived before the interrupt was enabled does not cause one. */
	flags = local_irq_save();
	outb(COM1 + IER, IER_RECEIVED);
	serial_interrupt(IRQ_COM1, NULL);
	local_irq_restore(flags);
	irq_watch(IRQ_COM1, "serial", serial_waits);
}
