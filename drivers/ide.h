/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irq.h>
#include <drivers/ide_dma.h>
#include <drivers/ide_pio.h>

/*
 * IDE disks: commands, interrupts, errors. drivers/ide_probe.c finds the disks.
 */

struct ide_channel;

/**
 * struct ide_drive - a disk
 * @disk: for the block core
 * @channel: its channel
 * @slave: it is the second drive of the channel
 * @lba48: it has commands with 48-bit addresses
 * @dma: its data is moved by the bus master
 * @dead: it did not answer after a reset
 * @wants: a command was refused, because the channel was not free
 * @errors: messages about errors so far
 */
struct ide_drive {
	struct block_device disk;
	struct ide_channel *channel;
	bool slave, lba48, dma, dead, wants;
	u32 errors;
};

/**
 * struct ide_channel - two drives that share registers and an interrupt
 * @ports: its registers
 * @lock: guards the members below, those of its drives, and the registers. Acquired with the lock
 *        of a disk's queue held
 * @drives: NULL where there is no disk
 * @active: the drive whose command runs; NULL if none does
 * @kept_for: the only drive that may have the channel next; NULL: any
 * @command: the command that runs
 * @issued: that drive was ready, and has got the command
 * @resetting: no command may be started
 * @completing: ide_interrupt() reports the end of a command; the lock is not held meanwhile
 * @pio: how far the command has come, if the CPU moves its data
 * @table: for the bus master
 */
struct ide_channel {
	struct ide_ports ports;
	spinlock_t lock;
	struct ide_drive *drives[2];
	struct ide_drive *active, *kept_for;
	struct block_command *command;
	bool issued, resetting, completing;
	struct ide_pio pio;
	struct ide_table table;
};

extern const struct block_ops ide_ops;

/* The number of commands that the driver forgets, for tests of time-outs. */
extern u32 ide_lose;

/**
 * ide_interrupt() - handler of the interrupts of a channel
 * @irq: its line
 * @dev: the channel
 *
 * Context: interrupt.
 * Return: whether the channel had interrupted.
 */
irqreturn_t ide_interrupt(int irq, void *dev);

/**
 * ide_waits() - does a drive wait for ide_interrupt()?
 * @channel: any
 *
 * Context: any. A hint, since no lock is taken.
 * Return: true if it does.
 */
bool ide_waits(const struct ide_channel *channel);
