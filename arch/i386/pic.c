/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irq.h>

/*
 * The two 8259A interrupt controllers of a PC (Intel 8259A data sheet, 231468). The second one is
 * connected to line 2 of the first. The BIOS delivers lines 0 to 7 as vectors 8 to 15, which are
 * exceptions, so the kernel moves them to 0x20. A line is masked until it has a handler.
 *
 * A line that falls silent before it is acknowledged arrives as line 7 of its controller, with no
 * bit in service. Such an interrupt is spurious and gets no end-of-interrupt. If it came from the
 * second controller, the first one has line 2 in service, and does get one.
 */

#define PIC1         0x20
#define PIC2         0xa0
#define PIC_DATA     1
#define PIC_EOI      0x20
#define PIC_READ_ISR 0x0b
#define CASCADE      2

/* The edge/level control registers of PCI chip sets, one bit for each line. */
#define ELCR       0x4d0
#define ELCR_FIXED 0x2107u /* the timer, the keyboard, the cascade, the clock and the FPU: edge */

/* ICW1-4: edge triggered, cascaded, first vector, wiring, 8086 mode. */
static void __init start_pic(u16 port, u8 vector, u8 wiring)
{
	outb(port, 0x11);
	io_delay();
	outb(port + PIC_DATA, vector);
	io_delay();
	outb(port + PIC_DATA, wiring);
	io_delay();
	outb(port + PIC_DATA, 0x01);
	io_delay();
	outb(port + PIC_DATA, 0xff);
}

static void set_mask(unsigned int irq, bool masked)
{
	u16 port = (irq < 8 ? PIC1 : PIC2) + PIC_DATA;
	u8 bit = (u8)(1 << irq % 8), mask = inb(port);

	outb(port, masked ? mask | bit : mask & (u8)~bit);
}

static void enable(unsigned int irq)
{
	set_mask(irq, false);
}

static void disable(unsigned int irq)
{
	set_mask(irq, true);
}

static bool is_spurious(unsigned int irq)
{
	u16 port = irq < 8 ? PIC1 : PIC2;

	if (irq % 8 != 7)
		return false;
	outb(port, PIC_READ_ISR);
	return !(inb(port) & 0x80);
}

static void end(unsigned int irq)
{
	if (irq >= 8)
		outb(PIC2, PIC_EOI);
	outb(PIC1, PIC_EOI);
}

static bool accept(unsigned int irq)
{
	if (!is_spurious(irq))
		return true;
	if (irq >= 8)
		outb(PIC1, PIC_EOI);
	return false;
}

/* The firmware has set the bit already, if it has routed the line. */
static void set_level(unsigned int irq)
{
	u16 port = (u16)(ELCR + irq / 8);

	if (!(ELCR_FIXED >> irq & 1))
		outb(port, inb(port) | (u8)(1 << irq % 8));
}

static const struct irq_chip pic = {
	.name = "8259A",
	.enable = enable,
	.disable = disable,
	.accept = accept,
	.end = end,
	.set_level = set_level,
};

void __init pic_init(void)
{
	start_pic(PIC1, IRQ_VECTOR_BASE, 1 << CASCADE);
	start_pic(PIC2, IRQ_VECTOR_BASE + 8, CASCADE);
	outb(PIC1 + PIC_DATA, (u8) ~(1 << CASCADE));
	irq_use_chip(&pic);
}

void pic_mask_all(void)
{
	outb(PIC1 + PIC_DATA, 0xff);
	outb(PIC2 + PIC_DATA, 0xff);
}
