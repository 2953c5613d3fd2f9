/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <drivers/isa_dma.h>
#include <kernel/spinlock.h>

/*
 * The 8237 was made for a CPU with 64 KiB of memory (Intel 8237A data sheet). Its address and its
 * count have 16 bits. IBM added a latch for each channel, which gives 8 more address bits and does
 * not count (IBM PC AT Technical Reference, 1-7). So a channel reaches 16 MiB, and at a multiple of
 * 64 KiB the address would wrap to the start of the same 64 KiB.
 *
 * The registers have 8 bits. A flip-flop says which half of a value comes next. All channels share
 * it, so a lock guards each sequence.
 */

#define MASK      0x0a
#define MASK_SET  0x04
#define MODE      0x0b
#define MODE_IN   0x44 /* single bytes, to memory */
#define MODE_OUT  0x48 /* single bytes, from memory */
#define FLIP_FLOP 0x0c
#define ADDRESS   0x00 /* and 2 for each channel */
#define COUNT     0x01

static const u8 page_ports[4] = { 0x87, 0x83, 0x81, 0x82 };

/* Guards the registers of the controller. Innermost; taken with interrupts off. */
static spinlock_t lock;

static void write_halves(u16 port, u32 value)
{
	outb(port, (u8)value);
	outb(port, (u8)(value >> 8));
}

void isa_dma_start(u32 channel, const struct dma_piece *piece, bool to_memory)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	u32 addr = (u32)piece->addr;

	outb(MASK, (u8)(channel | MASK_SET));
	outb(MODE, (u8)(channel | (to_memory ? MODE_IN : MODE_OUT)));
	outb(FLIP_FLOP, 0);
	write_halves((u16)(ADDRESS + 2 * channel), addr);
	write_halves((u16)(COUNT + 2 * channel), piece->length - 1);
	outb(page_ports[channel], (u8)(addr >> 16));
	outb(MASK, (u8)channel);
	spin_unlock_irqrestore(&lock, flags);
}

bool isa_dma_stop(u32 channel)
{
	unsigned long flags = spin_lock_irqsave(&lock);
	u32 left;

	outb(MASK, (u8)(channel | MASK_SET));
	outb(FLIP_FLOP, 0);
	left = inb((u16)(COUNT + 2 * channel));
	left |= (u32)inb((u16)(COUNT + 2 * channel)) << 8;
	spin_unlock_irqrestore(&lock, flags);
	return left == 0xffff; /* one less than the bytes that are left */
}
