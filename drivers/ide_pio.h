/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>
#include <drivers/ide_port.h>

/*
 * Transfers of single sectors by the CPU (PIO, programmed input and output).
 */

/**
 * struct ide_pio - how far a command has come
 * @part: index of the next one of command->parts
 * @offset: bytes of that part that were moved
 * @sectors: sectors that were not moved yet
 */
struct ide_pio {
	u32 part, offset, sectors;
};

/**
 * ide_pio_move() - move the next sector of a command
 * @ports: of the channel; the drive has set IDE_DRQ
 * @command: a read or a write
 * @pio: updated
 *
 * Context: any except NMI; needs one slot of kmap_local_page().
 */
void ide_pio_move(const struct ide_ports *ports, const struct block_command *command,
		  struct ide_pio *pio);
