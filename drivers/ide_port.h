/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/io.h>
#include <lib/types.h>

/*
 * The registers of an IDE channel: one cable with up to two drives.
 */

/* Registers, as distances from struct ide_ports.command. */
#define IDE_DATA    0 /* 16 bits */
#define IDE_ERROR   1 /* read */
#define IDE_COUNT   2
#define IDE_LBA_LOW 3
#define IDE_LBA_MID 4
#define IDE_LBA_TOP 5
#define IDE_DEVICE  6
#define IDE_STATUS  7 /* read; reading it takes the interrupt back */
#define IDE_COMMAND 7 /* write */

#define IDE_BUSY  0x80 /* the other bits mean nothing */
#define IDE_READY 0x40
#define IDE_FAULT 0x20
#define IDE_DRQ   0x08 /* the drive waits for the host to move data */
#define IDE_ERR   0x01 /* the error register has the cause */

#define IDE_NO_CHANNEL 0xff /* the status that is read where there are no registers */

#define IDE_READ_SECTORS  0x20
#define IDE_READ_EXT      0x24
#define IDE_READ_DMA_EXT  0x25
#define IDE_WRITE_SECTORS 0x30
#define IDE_WRITE_EXT     0x34
#define IDE_WRITE_DMA_EXT 0x35
#define IDE_READ_DMA      0xc8
#define IDE_WRITE_DMA     0xca
#define IDE_FLUSH         0xe7
#define IDE_FLUSH_EXT     0xea
#define IDE_IDENTIFY      0xec

/**
 * struct ide_ports - where the registers of a channel are
 * @command: eight registers, IDE_DATA to IDE_COMMAND
 * @control: the alternate status, and the control register
 * @master: registers of the bus master; 0: the channel has no DMA
 */
struct ide_ports {
	u16 command, control, master;
};

/**
 * ide_status() - read the status of the selected drive
 * @ports: of its channel
 *
 * An interrupt of the drive stays as it is.
 * Context: any.
 * Return: bits IDE_BUSY to IDE_ERR.
 */
static inline u8 ide_status(const struct ide_ports *ports)
{
	return inb(ports->control);
}

/**
 * ide_settle() - wait until the status is valid
 * @ports: of the channel
 *
 * A drive may need 400 ns to set its status after a command, a selection, or the last word of a
 * sector.
 * Context: any.
 */
static inline void ide_settle(const struct ide_ports *ports)
{
	for (int i = 0; i < 4; i++)
		ide_status(ports);
}

/**
 * ide_wait() - wait for a status, without sleeping
 * @ports: of the channel
 * @mask: bits of the status
 * @value: the value that they must have
 * @usecs: about this many microseconds at most
 *
 * Context: any.
 * Return: true if the bits have the value.
 */
bool ide_wait(const struct ide_ports *ports, u8 mask, u8 value, u32 usecs);

/**
 * ide_select() - select one of the two drives
 * @ports: of the channel
 * @slave: the second one
 *
 * Context: any; no command is in progress.
 * Return: true if the drive can take a command.
 */
bool ide_select(const struct ide_ports *ports, bool slave);

/**
 * struct ide_taskfile - a command of a drive
 * @lba: first sector
 * @count: sectors; 256 for a command with 28-bit addresses is possible
 * @command: IDE_READ_SECTORS, ...
 * @lba48: it is one of the commands with 48-bit addresses
 * @slave: for the second drive
 */
struct ide_taskfile {
	u64 lba;
	u16 count;
	u8 command;
	bool lba48, slave;
};

/**
 * ide_issue() - give a command to the selected drive
 * @ports: of the channel
 * @task: the command
 *
 * Context: any; ide_select() returned true.
 */
void ide_issue(const struct ide_ports *ports, const struct ide_taskfile *task);

/**
 * ide_soft_reset() - reset both drives of a channel
 * @ports: of the channel
 *
 * Context: thread, may sleep, for seconds if the drives do not answer.
 * Return: true if the first drive is ready again.
 */
bool ide_soft_reset(const struct ide_ports *ports);

/**
 * ide_interrupts() - let the drives of a channel interrupt, or forbid it
 * @ports: of the channel
 * @on: let them
 *
 * Context: any.
 */
void ide_interrupts(const struct ide_ports *ports, bool on);
