/* SPDX-License-Identifier: MIT */
#include <block/queue.h>
#include <drivers/ide.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <sched/sched.h>

/*
 * Commands of IDE disks (ATA/ATAPI-6, chapters 8 and 9).
 *
 *	ide_start() ──▶ channel->command ──▶ the drive works ──▶ ide_interrupt() ──▶ next sector
 *	    ▲                                                          │ or the end
 *	    └────────────────── the other drive first ◀────────────────┘
 *
 * The two drives of a channel share its registers, so one command runs at a time. Meanwhile
 * ide_start() refuses commands for the other drive, and notes that it wants the channel. When a
 * command ends, the channel is kept for a drive that wants it, until the queue of that drive has
 * been asked. So none waits for ever, and the time-out of a command begins when the drive gets it:
 * a drive is not reset because its neighbour hangs.
 *
 * The invariant: channel->active is the drive that executes channel->command, and both are NULL if
 * none does. ide_reset() breaks the connection before the core takes a command back. An interrupt
 * that comes later finds no command, and touches no memory.
 *
 * A drive that does not take a command is not waited for. The core sees that the command does not
 * end, and calls ide_reset(), as for a drive that never interrupts.
 */

u32 ide_lose;

#define MAX_MESSAGES 16u /* of one drive: the core logs each error, too */

/* How far a command has come, as an interrupt finds out. */
enum progress {
	NOT_MINE, /* the channel has not interrupted */
	GOES_ON,
	ENDED,
};

/* The registers at the end of a command, for a message. */
struct result {
	bool failed;
	u8 status, error;
};

static u8 command_of(const struct ide_drive *drive, const struct block_command *command, bool lba48)
{
	switch (command->op) {
	case BLOCK_READ:
		if (drive->dma)
			return lba48 ? IDE_READ_DMA_EXT : IDE_READ_DMA;
		return lba48 ? IDE_READ_EXT : IDE_READ_SECTORS;
	case BLOCK_WRITE:
		if (drive->dma)
			return lba48 ? IDE_WRITE_DMA_EXT : IDE_WRITE_DMA;
		return lba48 ? IDE_WRITE_EXT : IDE_WRITE_SECTORS;
	default:
		return drive->lba48 ? IDE_FLUSH_EXT : IDE_FLUSH;
	}
}

static bool uses_dma(const struct ide_channel *channel)
{
	return channel->active->dma && channel->command->op != BLOCK_FLUSH;
}

/* Give a command to a drive. The channel is locked, and no command runs. */
static void begin(struct ide_channel *channel, struct ide_drive *drive,
		  struct block_command *command)
{
	const struct ide_ports *ports = &channel->ports;
	bool lba48 = command->sector + command->nr_sectors > 1u << 28;
	struct ide_taskfile task = {
		.lba = command->sector,
		.count = (u16)command->nr_sectors,
		.command = command_of(drive, command, lba48),
		.lba48 = lba48,
		.slave = drive->slave,
	};

	channel->active = drive;
	channel->command = command;
	channel->issued = false;
	channel->pio = (struct ide_pio){ .sectors = command->nr_sectors };
	if (unlikely(ide_lose)) {
		ide_lose--;
		return;
	}
	if (!ide_select(ports, drive->slave))
		return;
	channel->issued = true;
	if (uses_dma(channel)) {
		ide_dma_fill(&channel->table, command);
		ide_dma_prepare(ports, &channel->table, command->op == BLOCK_READ);
		ide_issue(ports, &task);
		ide_dma_start(ports, command->op == BLOCK_READ);
		return;
	}
	ide_issue(ports, &task);
	/* The drive asks for the first sector without an interrupt, mostly at once. */
	if (command->op == BLOCK_WRITE && ide_wait(ports, IDE_BUSY | IDE_DRQ, IDE_DRQ, 100))
		ide_pio_move(ports, command, &channel->pio);
}

static int ide_start(struct block_device *device, struct block_command *command)
{
	struct ide_drive *drive = device->driver;
	struct ide_channel *channel = drive->channel;
	unsigned long flags = spin_lock_irqsave(&channel->lock);
	int err = 0;

	drive->wants = false;
	if (drive->dead) {
		err = -EIO;
	} else if (channel->active || channel->resetting ||
		   (channel->kept_for && channel->kept_for != drive)) {
		drive->wants = true;
		err = -EBUSY;
	} else {
		channel->kept_for = NULL;
		begin(channel, drive, command);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
	return err;
}

/* A drive wants the channel, and no lock is held. */
static void ask(struct ide_drive *drive)
{
	if (drive && READ_ONCE(drive->wants))
		queue_run(drive->disk.queue);
}

/* Offer the free channel to a drive, if it was kept for that, and then to the other drive. */
static void offer(struct ide_channel *channel, struct ide_drive *first, struct ide_drive *second)
{
	unsigned long flags;

	ask(first);
	flags = spin_lock_irqsave(&channel->lock);
	channel->kept_for = NULL;
	spin_unlock_irqrestore(&channel->lock, flags);
	ask(second);
}

/* --- interrupts ------------------------------------------------------------------------------- */

static enum progress advance_pio(struct ide_channel *channel, const struct block_command *command,
				 struct result *result)
{
	const struct ide_ports *ports = &channel->ports;

	if (ide_status(ports) & IDE_BUSY)
		return NOT_MINE;
	result->status = inb(ports->command + IDE_STATUS);
	if (result->status & (IDE_ERR | IDE_FAULT)) {
		result->failed = true;
		return ENDED;
	}
	if (!channel->pio.sectors) /* a flush, or a write of which the last sector was moved */
		return result->status & IDE_DRQ ? GOES_ON : ENDED;
	if (!(result->status & IDE_DRQ))
		return NOT_MINE;
	ide_pio_move(ports, command, &channel->pio);
	return command->op == BLOCK_READ && !channel->pio.sectors ? ENDED : GOES_ON;
}

static enum progress advance_dma(struct ide_channel *channel, struct result *result)
{
	const struct ide_ports *ports = &channel->ports;
	bool moved;

	if (!ide_dma_interrupted(ports))
		return NOT_MINE;
	moved = ide_dma_stop(ports);
	result->status = inb(ports->command + IDE_STATUS);
	result->failed = !moved || (result->status & (IDE_BUSY | IDE_DRQ | IDE_FAULT | IDE_ERR));
	return ENDED;
}

static void report(struct ide_drive *drive, const struct block_command *command,
		   const struct result *result)
{
	static const char *const ops[] = { "read", "write", "flush" };
	const char *cause = "";

	if (drive->errors++ >= MAX_MESSAGES)
		return;
	if (result->status & IDE_FAULT)
		cause = ": device fault";
	else if (!(result->status & IDE_ERR))
		cause = ": the bus master has not moved all data";
	else if (result->error & 0x80)
		cause = ": checksum of the cable";
	else if (result->error & 0x40)
		cause = ": uncorrectable data";
	else if (result->error & 0x10)
		cause = ": sector not found";
	else if (result->error & 0x04)
		cause = ": aborted";
	pr_err("%s: %s of %u sectors at %llu: status %#x, error %#x%s\n", drive->disk.name,
	       ops[command->op], command->nr_sectors, command->sector, result->status,
	       result->error, cause);
}

irqreturn_t ide_interrupt(int irq, void *dev)
{
	struct ide_channel *channel = dev;
	unsigned long flags = spin_lock_irqsave(&channel->lock);
	struct ide_drive *drive = channel->active, *other = NULL;
	struct block_command *command = channel->command;
	enum progress progress = NOT_MINE;
	struct result result = { 0 };

	if (drive && channel->issued) {
		if (uses_dma(channel))
			progress = advance_dma(channel, &result);
		else
			progress = advance_pio(channel, command, &result);
	} else {
		inb(channel->ports.command + IDE_STATUS); /* takes a late interrupt back */
	}
	if (progress == ENDED) {
		if (result.failed)
			result.error = inb(channel->ports.command + IDE_ERROR);
		other = channel->drives[!drive->slave];
		channel->active = NULL;
		channel->command = NULL;
		channel->kept_for = other && other->wants ? other : NULL;
		WRITE_ONCE(channel->completing, true);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
	if (progress == ENDED) {
		if (result.failed)
			report(drive, command, &result);
		block_complete(command, result.failed ? -EIO : 0);
		__atomic_store_n(&channel->completing, false, __ATOMIC_RELEASE);
		offer(channel, other, drive);
	}
	return IRQ_RETVAL(progress != NOT_MINE);
}

bool ide_waits(const struct ide_channel *channel)
{
	const struct ide_drive *drive = READ_ONCE(channel->active);

	if (!drive || !READ_ONCE(channel->issued))
		return false;
	if (drive->dma)
		return ide_dma_interrupted(&channel->ports);
	return !(ide_status(&channel->ports) & IDE_BUSY);
}

/* --- time-outs -------------------------------------------------------------------------------- */

/*
 * The core takes the command back when this function returns, so a handler must not report its end
 * later. If it has ended meanwhile, there is nothing to stop, and the other drive may be active.
 */
static void ide_reset(struct block_device *device, struct block_command *command)
{
	struct ide_drive *drive = device->driver;
	struct ide_channel *channel = drive->channel;
	unsigned long flags = spin_lock_irqsave(&channel->lock);
	bool runs = channel->active == drive, answers = true;

	if (runs) {
		channel->resetting = true;
		channel->active = NULL;
		channel->command = NULL;
		ide_dma_stop(&channel->ports);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
	while (__atomic_load_n(&channel->completing, __ATOMIC_ACQUIRE))
		msleep(1);
	if (!runs)
		return;
	answers = ide_soft_reset(&channel->ports);
	if (!answers)
		pr_err("%s: no answer after a reset\n", device->name);
	flags = spin_lock_irqsave(&channel->lock);
	drive->dead = !answers;
	channel->resetting = false;
	spin_unlock_irqrestore(&channel->lock, flags);
	ask(channel->drives[!drive->slave]);
}

const struct block_ops ide_ops = { .start = ide_start, .reset = ide_reset, .queue_depth = 1 };
