/* SPDX-License-Identifier: MIT */
#include <drivers/ide_port.h>
#include <sched/sched.h>

/*
 * Registers of an IDE channel (ATA/ATAPI-6, chapters 7 and 9). Both drives see each write, and the
 * one that the device register selects obeys. So a channel executes one command at a time.
 *
 * Commands with 48-bit addresses write each address register twice, the upper half first: the drive
 * keeps the value before the last one.
 *
 * A drive that is selected takes a command at once, unless it has died. So the waits here are
 * bounded by about a millisecond, and only a reset sleeps.
 */

#define DEVICE_LBA   0xe0 /* bits 7 and 5 are obsolete, and old drives want them */
#define DEVICE_SLAVE 0x10

#define CONTROL_RESET 0x04
#define CONTROL_QUIET 0x02 /* no interrupts */

#define SELECT_USECS 1000
#define RESET_MSECS  3000 /* a drive may take 31 s; one that runs already takes much less */

bool ide_wait(const struct ide_ports *ports, u8 mask, u8 value, u32 usecs)
{
	while ((ide_status(ports) & mask) != value) {
		if (usecs-- == 0)
			return false;
		io_delay();
	}
	return true;
}

bool ide_select(const struct ide_ports *ports, bool slave)
{
	outb(ports->command + IDE_DEVICE, slave ? DEVICE_LBA | DEVICE_SLAVE : DEVICE_LBA);
	ide_settle(ports);
	return ide_wait(ports, IDE_BUSY | IDE_DRQ, 0, SELECT_USECS);
}

/* Write the address and the count, or their upper halves. */
static void write_address(u16 port, u16 count, u32 lba)
{
	outb(port + IDE_COUNT, (u8)count);
	outb(port + IDE_LBA_LOW, (u8)lba);
	outb(port + IDE_LBA_MID, (u8)(lba >> 8));
	outb(port + IDE_LBA_TOP, (u8)(lba >> 16));
}

void ide_issue(const struct ide_ports *ports, const struct ide_taskfile *task)
{
	u8 device = task->slave ? DEVICE_LBA | DEVICE_SLAVE : DEVICE_LBA;
	u32 low = (u32)task->lba & 0xffffff;

	if (task->lba48)
		write_address(ports->command, task->count >> 8, (u32)(task->lba >> 24));
	else
		device |= (task->lba >> 24) & 0xf;
	write_address(ports->command, task->count, low);
	outb(ports->command + IDE_DEVICE, device);
	outb(ports->command + IDE_COMMAND, task->command);
	ide_settle(ports);
}

bool ide_soft_reset(const struct ide_ports *ports)
{
	outb(ports->control, CONTROL_RESET | CONTROL_QUIET);
	msleep(1); /* 5 us are enough */
	outb(ports->control, CONTROL_QUIET);
	for (int waited = 0; waited < RESET_MSECS; waited += 10) {
		msleep(10); /* the status is valid 2 ms after the reset */
		if (!(ide_status(ports) & IDE_BUSY)) {
			ide_interrupts(ports, true);
			return true;
		}
	}
	return false;
}

void ide_interrupts(const struct ide_ports *ports, bool on)
{
	outb(ports->control, on ? 0 : CONTROL_QUIET);
}
