/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>
#include <drivers/ide_port.h>

/*
 * The bus master of an IDE controller, which moves the data of a command by itself.
 */

/**
 * struct ide_prd - a piece of memory, in the table that the bus master reads
 * @addr: physical address, even
 * @bytes: its size; 0 means 64 KiB. The piece does not cross a multiple of 64 KiB
 * @flags: IDE_PRD_LAST in the last one
 */
struct ide_prd {
	u32 addr;
	u16 bytes, flags;
};

#define IDE_PRD_LAST 0x8000u
#define IDE_PRD_MAX  0x10000u /* bytes, and the border that a piece does not cross */

/* Memory that a bus master reaches. */
#define IDE_REACH ((struct dma_reach){ .limit = DMA_LIMIT_32, .border = IDE_PRD_MAX, .align = 2 })

/**
 * struct ide_table - the table of one channel; it does not cross a multiple of 64 KiB itself
 * @prd: one entry for each piece of a command
 */
struct ide_table {
	struct ide_prd prd[BLOCK_MAX_SEGMENTS];
} __aligned(sizeof(struct ide_prd) * BLOCK_MAX_SEGMENTS);

/**
 * ide_dma_fill() - describe the memory of a command
 * @table: filled
 * @command: its pieces are in reach
 *
 * Context: any.
 */
void ide_dma_fill(struct ide_table *table, const struct block_command *command);

/**
 * ide_dma_prepare() - set up the bus master, before the drive gets its command
 * @ports: of the channel
 * @table: filled; it stays until ide_dma_stop()
 * @to_memory: the direction
 *
 * Context: any.
 */
void ide_dma_prepare(const struct ide_ports *ports, const struct ide_table *table, bool to_memory);

/**
 * ide_dma_start() - let the bus master move data
 * @ports: of the channel
 * @to_memory: as for ide_dma_prepare()
 *
 * Context: any, after the drive got its command.
 */
void ide_dma_start(const struct ide_ports *ports, bool to_memory);

/**
 * ide_dma_interrupted() - has the drive interrupted since ide_dma_prepare()?
 * @ports: of the channel
 *
 * All data is in memory if it has.
 * Context: any.
 * Return: true if it has.
 */
bool ide_dma_interrupted(const struct ide_ports *ports);

/**
 * ide_dma_stop() - stop the bus master
 * @ports: of the channel; without a bus master nothing happens
 *
 * Afterwards it touches no memory.
 * Context: any.
 * Return: true if it has moved all pieces, without an error.
 */
bool ide_dma_stop(const struct ide_ports *ports);
