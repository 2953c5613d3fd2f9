/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <drivers/serial.h>
#include <kernel/input.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>

/*
 * The 16550A UART of COM1 (National Semiconductor PC16550D data sheet, 1995).
 *
 * Output polls: a byte is written when the transmitter asks for one, and after a bounded wait it is
 * written all the same, so a port whose cable was pulled slows the kernel down and does not stop it. The price
 * of polling is time with interrupts off: a line of 80 characters is 7 ms of a real wire. Emulators take it at
 * once.
 *
 * Input arrives by interrupt, and waits in the device while the kernel has no room for it.
 */

#define COM1 0x3f8

/* Offsets from the port; the first two are the divisor while LCR_DLAB is set. */
#define RBR 0 /* read: what arrived; write: what to send */
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
#define MCR_LOOP_TEST   0x1e /* what is sent comes back */
#define MCR_NO_RTS      0x09 /* a sender with flow control stops */
#define LSR_RECEIVED    0x01
#define LSR_OVERRUN     0x02 /* cleared by reading; at least one byte was lost */
#define LSR_CAN_SEND    0x20

#define DIVISOR_115200 1

/* Reads of the status before a byte is sent regardless: 20 bytes' time at a microsecond a read. */
#define PATIENCE 2000

/* Where there is no port, reads give what floats on the bus, and neither byte comes back. */
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

/* Looked for once: the test would take the place of what is being sent. */
bool serial_probe(void)
{
	static bool looked, present;

	if (!looked)
		present = set_up();
	looked = true;
	return present;
}

/* A port that was never ready within the patience for one byte gets one look a byte, until it is ready again: a
 * panic's report must not take minutes on a line that is stuck. */
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

/* Guards IER, MCR and `paused`: the reader of the input may be on another CPU. Interrupts are off while it is held, and
 * the lock of the input's wait queue is taken inside. */
static spinlock_t receive_lock;

/* The input has no room: bytes stay in the FIFO, and when that is full in the sender, if it looks at RTS. */
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
		/* A byte that is there already interrupts now (PC16550D data sheet, 8.6). */
		outb(COM1 + IER, IER_RECEIVED);
	}
	spin_unlock_irqrestore(&receive_lock, flags);
}

/* A port that vanished reads as ones for ever: no more than a few FIFOs are taken at once. */
#define BYTES_AT_ONCE 64u

static void serial_interrupt(void)
{
	unsigned long flags = spin_lock_irqsave(&receive_lock);

	for (u32 bytes = 0; bytes < BYTES_AT_ONCE && !paused; bytes++) {
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
	/* The line to the controller falls and rises, so that what is left interrupts again. */
	if (!paused && inb(COM1 + LSR) & LSR_RECEIVED) {
		outb(COM1 + IER, 0);
		outb(COM1 + IER, IER_RECEIVED);
	}
	spin_unlock_irqrestore(&receive_lock, flags);
}

/* Asked by the identification register: reading the status would clear its overrun bit (PC16550D data sheet, 8.5). */
static bool serial_waits(void)
{
	return !(inb(COM1 + IIR) & IIR_NONE);
}

void serial_enable_input(void)
{
	unsigned long flags;

	if (irq_request(IRQ_COM1, serial_interrupt) != 0) {
		pr_warn("serial: interrupt %d is taken, no input\n", IRQ_COM1);
		return;
	}
	console_input_use_resume(resume);
	/* What came before the interrupt was enabled does not make one. */
	flags = local_irq_save();
	outb(COM1 + IER, IER_RECEIVED);
	serial_interrupt();
	local_irq_restore(flags);
	irq_watch(IRQ_COM1, "serial", serial_waits);
}
