/* SPDX-License-Identifier: MIT */
#include <drivers/ide_pio.h>
#include <mm/kmap_local.h>

/*
 * Without a bus master the CPU moves each sector between the data register and memory. The driver
 * maps the page of a sector with kmap_local, for the copy only. So it reaches all memory, and needs
 * no bounce pages. The price is an interrupt for each sector, and a copy of 256 words with
 * interrupts off: about 100 us on an ISA bus.
 *
 * The block core makes segments of whole sectors, so a sector never crosses the end of a page.
 */

void ide_pio_move(const struct ide_ports *ports, const struct block_command *command,
		  struct ide_pio *pio)
{
	const struct block_part *part = &command->parts[pio->part];
	char *page = kmap_local_page(part->page);
	char *sector = page + part->offset + pio->offset;

	if (command->op == BLOCK_READ)
		insw(ports->command + IDE_DATA, sector, SECTOR_SIZE / 2);
	else
		outsw(ports->command + IDE_DATA, sector, SECTOR_SIZE / 2);
	kunmap_local(page);
	ide_settle(ports);
	pio->sectors--;
	pio->offset += SECTOR_SIZE;
	if (pio->offset == part->length) {
		pio->offset = 0;
		pio->part++;
	}
}
