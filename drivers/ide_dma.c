/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <drivers/ide_dma.h>

/*
 * A bus master moves data between a drive and memory, while the CPU does something else. It reads a
 * table of pieces (physical region descriptors), each with a 32-bit address: so it reaches the
 * first 4 GiB, and the block core replaces all other pages (Intel, "Programming Interface for Bus
 * Master IDE Controller", 1994; PIIX3 data sheet, 2.7).
 *
 *	table ──▶ addr bytes      one entry for each piece
 *	          addr bytes
 *	          addr bytes last
 *
 * A counter of 16 bits walks through a piece, so no piece crosses a multiple of 64 KiB.
 *
 * The drive interrupts when it has no more data. The controller delays this interrupt until the
 * data is in memory, and then sets a bit of its status, which tells the channel's interrupts from
 * those of other devices. If it is still active then, the drive moved less than the table says.
 */

#define MASTER_COMMAND 0
#define MASTER_STATUS  2
#define MASTER_TABLE   4

#define COMMAND_START     0x01
#define COMMAND_TO_MEMORY 0x08

#define STATUS_ACTIVE    0x01
#define STATUS_ERROR     0x02 /* this bit and the next one are cleared by writing 1 */
#define STATUS_INTERRUPT 0x04
#define STATUS_ABLE      0x60 /* notes of the firmware, one bit for each drive; written back */

void ide_dma_fill(struct ide_table *table, const struct block_command *command)
{
	u32 i;

	for (i = 0; i < command->nr_pieces; i++)
		table->prd[i] = (struct ide_prd){
			.addr = (u32)command->pieces[i].addr,
			.bytes = (u16)command->pieces[i].length,
		};
	table->prd[i - 1].flags = IDE_PRD_LAST;
}

void ide_dma_prepare(const struct ide_ports *ports, const struct ide_table *table, bool to_memory)
{
	ide_dma_stop(ports);
	outl(ports->master + MASTER_TABLE, (u32)virt_to_phys(table));
	outb(ports->master + MASTER_COMMAND, to_memory ? COMMAND_TO_MEMORY : 0);
}

void ide_dma_start(const struct ide_ports *ports, bool to_memory)
{
	outb(ports->master + MASTER_COMMAND,
	     to_memory ? COMMAND_TO_MEMORY | COMMAND_START : COMMAND_START);
}

bool ide_dma_interrupted(const struct ide_ports *ports)
{
	return inb(ports->master + MASTER_STATUS) & STATUS_INTERRUPT;
}

bool ide_dma_stop(const struct ide_ports *ports)
{
	u8 status;

	if (!ports->master)
		return true;
	status = inb(ports->master + MASTER_STATUS);
	outb(ports->master + MASTER_COMMAND, 0);
	outb(ports->master + MASTER_STATUS,
	     (status & STATUS_ABLE) | STATUS_ERROR | STATUS_INTERRUPT);
	return !(status & (STATUS_ACTIVE | STATUS_ERROR));
}
