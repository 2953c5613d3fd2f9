/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irqflags.h>
#include <asm/time.h>
#include <block/block.h>
#include <drivers/fdc.h>
#include <drivers/isa_dma.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <sched/wait.h>
#include <thread/thread.h>

/*
 * The first floppy drive, with disks of 1.44 MB: 80 cylinders, 2 heads, 18 sectors.
 *
 * A command of a floppy disk takes long: half a second until the motor has its speed, up to 240 ms
 * for a movement, and 11 ms for each sector. So a thread executes it, step by step, and sleeps
 * between the steps. ops->start only leaves the command for this thread. A command of the core is
 * one track at most. Each piece of its memory is a transfer of its own, because a channel of the
 * 8237 moves bytes to one place. A disk that turns has passed the next sector meanwhile: that is
 * the price.
 *
 * A transfer that fails is tried three times. Before the second time, the controller is reset and
 * the heads are moved to cylinder 0, where a switch tells the drive their place.
 *
 * The drive notes when a disk is taken out, and forgets it at a movement of the heads with a disk
 * in the drive. So two movements find out whether there is a disk. A new disk may be
 * write-protected. The cache keeps its pages of the old disk: unmount a disk before you take it
 * out.
 *
 * The invariant: the thread uses a command only while it is floppy.command, or while
 * floppy.completing is true. A time-out cancels the waits of the thread, and waits until neither is
 * so. Then no DMA runs either.
 */

#define CMOS_INDEX   0x70
#define CMOS_DATA    0x71
#define CMOS_DRIVES  0x10 /* the type of the first drive in bits 4-7 */
#define TYPE_1440    4    /* the types above read its disks, too */
#define TYPE_LAST    6
#define DMA_CHANNEL  2
#define TRIES        3
#define IDLE_MSECS   3000 /* then the motor is switched off */
#define TIMEOUT_MSEC 40000
#define NUMBER       (2 * 256)
#define NO_CYLINDER  0xffu

static struct {
	struct block_device disk;
	struct thread *thread;
	struct block_command *command;
	bool completing; /* the thread reports the end of a command */
	bool cancelled, motor;
	struct wait_queue cancellers; /* threads that wait until the thread has nothing to do */
	u32 cylinder;
} floppy = { .cylinder = NO_CYLINDER };

/* --- one transfer ----------------------------------------------------------------------------- */

static bool cancelled(void)
{
	return READ_ONCE(floppy.cancelled);
}

static bool seek(u32 cylinder)
{
	if (floppy.cylinder == cylinder)
		return true;
	if (floppy.cylinder == NO_CYLINDER && !fdc_recalibrate())
		return false;
	floppy.cylinder = NO_CYLINDER;
	if (!fdc_seek(cylinder))
		return false;
	floppy.cylinder = cylinder;
	return true;
}

static bool try_once(bool write, u32 sector, const struct dma_piece *piece, u8 *st1)
{
	u32 track = sector / FDC_SECTORS, cylinder = track / FDC_HEADS;
	bool ok, all;

	if (!seek(cylinder))
		return false;
	isa_dma_start(DMA_CHANNEL, piece, !write);
	ok = fdc_transfer(write, cylinder, track % FDC_HEADS, sector % FDC_SECTORS, st1);
	all = isa_dma_stop(DMA_CHANNEL);
	return ok && all;
}

/* Move the sectors of one piece, which are on one track. */
static int transfer(bool write, u32 sector, const struct dma_piece *piece)
{
	u8 st1 = 0;

	for (u32 try = 0; try < TRIES && !cancelled(); try++) {
		if (try > 0) {
			floppy.cylinder = NO_CYLINDER;
			if (!fdc_reset())
				continue;
		}
		if (try_once(write, sector, piece, &st1))
			return 0;
		if (write && (st1 & FDC_NOT_WRITABLE)) {
			floppy.disk.read_only = true;
			return -EROFS;
		}
	}
	pr_err("%s: %s at sector %u: ST1 %#x\n", floppy.disk.name, write ? "write" : "read", sector,
	       st1);
	return -EIO;
}

/* --- commands --------------------------------------------------------------------------------- */

static void motor(bool on)
{
	fdc_motor(on);
	floppy.motor = on;
}

/* Is there a disk? Return: false if not. */
static bool find_disk(void)
{
	if (!fdc_disk_changed())
		return true;
	floppy.cylinder = NO_CYLINDER;
	if (!fdc_recalibrate() || !fdc_seek(1) || !fdc_recalibrate() || fdc_disk_changed()) {
		pr_err("%s: no disk in the drive\n", floppy.disk.name);
		return false;
	}
	floppy.cylinder = 0;
	floppy.disk.read_only = fdc_write_protected();
	return true;
}

static int execute(const struct block_command *command)
{
	u32 sector = (u32)command->sector;
	bool write = command->op == BLOCK_WRITE;

	motor(true);
	if (!find_disk())
		return -EIO;
	if (write && floppy.disk.read_only)
		return -EROFS;
	for (u32 i = 0; i < command->nr_pieces; i++) {
		struct dma_piece rest = command->pieces[i];

		while (rest.length) {
			u32 on_track = (FDC_SECTORS - sector % FDC_SECTORS) * SECTOR_SIZE;
			struct dma_piece now = { rest.addr, min(rest.length, on_track) };
			int err = transfer(write, sector, &now);

			if (err)
				return err;
			sector += now.length / SECTOR_SIZE;
			rest.addr += now.length;
			rest.length -= now.length;
		}
	}
	return 0;
}

/* Sleep until there is a command, or until the motor has run long enough without one. */
static struct block_command *next_command(void)
{
	long left = IDLE_MSECS * HZ / 1000;
	struct block_command *command;

	for (;;) {
		set_current_state(THREAD_SLEEPING);
		command = READ_ONCE(floppy.command);
		if (command || !left)
			break;
		if (floppy.motor)
			left = schedule_timeout(left);
		else
			schedule();
	}
	set_current_state(THREAD_RUNNABLE);
	return command;
}

static int run(void *unused)
{
	thread_is_service();
	while (!kthread_should_stop()) {
		struct block_command *command = next_command();
		int err;

		if (!command) {
			motor(false);
			continue;
		}
		err = execute(command);
		WRITE_ONCE(floppy.completing, true);
		WRITE_ONCE(floppy.command, NULL);
		/* The core may already start another command within this call. */
		if (!cancelled())
			block_complete(command, err);
		__atomic_store_n(&floppy.completing, false, __ATOMIC_RELEASE);
		wake_up_all(&floppy.cancellers);
	}
	return 0;
}

static int start(struct block_device *device, struct block_command *command)
{
	WRITE_ONCE(floppy.command, command);
	wake_up_process(floppy.thread);
	return 0;
}

static bool is_idle(void)
{
	return !READ_ONCE(floppy.command) && !__atomic_load_n(&floppy.completing, __ATOMIC_ACQUIRE);
}

static void reset(struct block_device *device, struct block_command *command)
{
	WRITE_ONCE(floppy.cancelled, true);
	fdc_cancel(true);
	wait_event(&floppy.cancellers, is_idle());
	fdc_cancel(false);
	WRITE_ONCE(floppy.cancelled, false);
}

static const struct block_ops floppy_ops = { .start = start, .reset = reset, .queue_depth = 1 };

static u8 drive_type(void)
{
	unsigned long flags = local_irq_save();
	u8 types;

	outb(CMOS_INDEX, CMOS_DRIVES);
	types = inb(CMOS_DATA);
	local_irq_restore(flags);
	return types >> 4;
}

static void floppy_probe(void)
{
	u8 type = drive_type();
	struct block_device *disk = &floppy.disk;

	if (type < TYPE_1440 || type > TYPE_LAST || fdc_init() != 0)
		return;
	*disk = (struct block_device){
		.name = "fd0",
		.number = NUMBER,
		.nr_sectors = FDC_CYLINDERS * FDC_HEADS * FDC_SECTORS,
		.write_through = true,
		.max_bytes = FDC_SECTORS * SECTOR_SIZE,
		.reach = ISA_DMA_REACH,
		.timeout_ms = TIMEOUT_MSEC,
		.ops = &floppy_ops,
	};
	floppy.thread = kthread_create(run, NULL, "floppy");
	if (!floppy.thread) {
		pr_err("fd0: no memory for its thread\n");
		return;
	}
	wake_up_process(floppy.thread);
	if (block_register(disk) != 0)
		pr_err("fd0: not registered\n");
}
DISK_DRIVER(400, floppy_probe);
