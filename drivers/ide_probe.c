/* SPDX-License-Identifier: MIT */
#include <drivers/ide.h>
#include <drivers/ide_identify.h>
#include <drivers/pci.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/kmalloc.h>
#include <sched/sched.h>

/*
 * Looks for IDE disks at boot, without interrupts.
 *
 * Two channels have been at the same ports and interrupt lines since the first AT. A controller on
 * PCI mostly keeps them there, and has a bus master in addition; or firmware has moved its channels
 * to other ports, and to the line of the PCI slot ("native mode"; PCI IDE Controller Specification
 * 1.0). The kernel looks at the two channels of the first controller, and at the old ports if there
 * is none.
 *
 * A missing drive shows itself in several ways: its status reads as 0 or 0xff, or its registers do
 * not keep a value. CD-ROM drives (ATAPI) refuse IDENTIFY DEVICE and leave a signature. They keep
 * their place, and get no driver.
 */

#define CLASS_STORAGE 0x01
#define SUBCLASS_IDE  0x01
#define NATIVE(n)     (0x01u << (2 * (n))) /* of the programming interface */
#define BUS_MASTER    0x80u

#define IRQ_IDE 14 /* of the first channel; the next line is that of the second one */

#define IDENTIFY_MSECS 2000
#define MAJOR_FIRST    3
#define MAJOR_SECOND   22
#define DRIVE_NUMBERS  64

static struct ide_channel channels[2];

static bool no_disks, only_pio;

static int parse_ide(const char *value)
{
	if (strcmp(value, "off") == 0)
		no_disks = true;
	else if (strcmp(value, "pio") == 0)
		only_pio = true;
	else
		return -EINVAL;
	return 0;
}
BOOT_PARAM("ide", "ide=pio|off", "IDE disks: the CPU moves their data, or they are not used",
	   parse_ide);

/* irq_watch() passes no argument. */
static bool first_waits(void)
{
	return ide_waits(&channels[0]);
}

static bool second_waits(void)
{
	return ide_waits(&channels[1]);
}

/* --- one drive -------------------------------------------------------------------------------- */

static bool keeps_values(const struct ide_ports *ports)
{
	outb(ports->command + IDE_COUNT, 0x55);
	outb(ports->command + IDE_LBA_LOW, 0xaa);
	return inb(ports->command + IDE_COUNT) == 0x55 && inb(ports->command + IDE_LBA_LOW) == 0xaa;
}

/* The drive of IDENTIFY has an answer, or has refused. */
static bool wait_for_answer(const struct ide_ports *ports)
{
	if (ide_wait(ports, IDE_BUSY, 0, 1000))
		return true;
	for (int waited = 0; waited < IDENTIFY_MSECS; waited += 10) {
		msleep(10);
		if (!(ide_status(ports) & IDE_BUSY))
			return true;
	}
	return false;
}

static bool is_packet_device(const struct ide_ports *ports)
{
	return inb(ports->command + IDE_LBA_MID) == 0x14 &&
	       inb(ports->command + IDE_LBA_TOP) == 0xeb;
}

/* Return: true if there is a drive that has sent its 256 words. */
static bool identify(const struct ide_ports *ports, bool slave, const char *name, u16 *words)
{
	const struct ide_taskfile task = { .command = IDE_IDENTIFY, .slave = slave };
	u8 status;

	ide_select(ports, slave);
	status = ide_status(ports);
	if (status == 0 || status == IDE_NO_CHANNEL || !keeps_values(ports))
		return false;
	ide_issue(ports, &task);
	if (ide_status(ports) == 0 || !wait_for_answer(ports))
		return false;
	status = inb(ports->command + IDE_STATUS);
	if (status & IDE_DRQ && !(status & IDE_ERR)) {
		insw(ports->command + IDE_DATA, words, IDE_IDENTITY_WORDS);
		return true;
	}
	if (is_packet_device(ports))
		pr_info("%s: a CD-ROM drive or another ATAPI device, which has no driver\n", name);
	return false;
}

static void add_disk(struct ide_channel *channel, u32 number, bool slave,
		     const struct ide_identity *identity)
{
	struct ide_drive *drive = kzalloc(sizeof(*drive), GFP_KERNEL);
	u32 major = number == 0 ? MAJOR_FIRST : MAJOR_SECOND;
	struct block_device *disk = &drive->disk;
	int err;

	if (!drive) {
		pr_err("ide: no memory for a disk\n");
		return;
	}
	drive->channel = channel;
	drive->slave = slave;
	drive->lba48 = identity->lba48;
	drive->dma = channel->ports.master && identity->dma;
	snprintf(disk->name, sizeof(disk->name), "hd%c", 'a' + 2 * number + slave);
	disk->number = major * 256 + slave * DRIVE_NUMBERS;
	disk->nr_numbers = DRIVE_NUMBERS;
	disk->nr_sectors = identity->nr_sectors;
	disk->write_through = !identity->flush;
	if (drive->dma)
		disk->reach = IDE_REACH;
	disk->ops = &ide_ops;
	disk->driver = drive;
	channel->drives[slave] = drive;
	pr_info("%s: %s, %s\n", disk->name, identity->model, drive->dma ? "DMA" : "PIO");
	err = block_register(disk);
	if (err)
		pr_err("%s: not registered, error %d\n", disk->name, -err);
}

/* --- channels --------------------------------------------------------------------------------- */

static bool request_line(const struct pci_device *controller, u32 number, bool native)
{
	struct ide_channel *channel = &channels[number];
	int err;

	if (native) {
		err = pci_request_irq(controller, ide_interrupt, "ide", channel);
	} else {
		err = request_irq(IRQ_IDE + number, ide_interrupt, 0, "ide", channel);
		if (!err)
			irq_watch(IRQ_IDE + number, "ide", number ? second_waits : first_waits);
	}
	if (err)
		pr_err("ide: channel %u has no interrupt line, error %d: not used\n", number, -err);
	return !err;
}

static void probe_channel(const struct pci_device *controller, u32 number, bool native)
{
	struct ide_channel *channel = &channels[number];
	const struct ide_ports *ports = &channel->ports;
	struct ide_identity identity[2];
	bool found[2] = { false, false };
	u16 *words;

	if (ide_status(ports) == IDE_NO_CHANNEL)
		return;
	words = kmalloc(IDE_IDENTITY_WORDS * sizeof(*words), GFP_KERNEL);
	if (!words)
		return;
	ide_interrupts(ports, false);
	if (ide_status(ports) & IDE_BUSY)
		ide_soft_reset(ports);
	for (u32 i = 0; i < 2; i++) {
		char name[] = { 'h', 'd', (char)('a' + 2 * number + i), '\0' };
		const char *wrong;

		ide_interrupts(ports, false);
		if (!identify(ports, i, name, words))
			continue;
		wrong = ide_identity_parse(words, &identity[i]);
		if (wrong)
			pr_warn("%s: %s: %s: not used\n", name, identity[i].model, wrong);
		found[i] = !wrong;
	}
	kfree(words);
	if ((!found[0] && !found[1]) || !request_line(controller, number, native))
		return;
	ide_interrupts(ports, true);
	for (u32 i = 0; i < 2; i++)
		if (found[i])
			add_disk(channel, number, i, &identity[i]);
}

static u16 port_of(const struct pci_device *controller, u32 index)
{
	struct pci_bar bar;

	if (pci_bar(controller, index, &bar) != 0 || !bar.ports)
		return 0;
	return (u16)bar.base;
}

static struct pci_device *find_controller(void)
{
	struct pci_device *device;

	pci_for_each(device)
		if (device->class == CLASS_STORAGE && device->subclass == SUBCLASS_IDE)
			return device;
	return NULL;
}

static void ide_probe(void)
{
	static const struct ide_ports old[2] = {
		{ .command = 0x1f0, .control = 0x3f6 },
		{ .command = 0x170, .control = 0x376 },
	};
	const struct pci_device *controller = find_controller();
	u16 master = 0;

	if (no_disks)
		return;
	if (controller && (controller->prog_if & BUS_MASTER) && !only_pio) {
		master = port_of(controller, 4);
		pci_command(controller, 0, PCI_COMMAND_PORTS | PCI_COMMAND_MASTER);
	}
	for (u32 i = 0; i < 2; i++) {
		struct ide_ports *ports = &channels[i].ports;
		bool native = controller && (controller->prog_if & NATIVE(i));

		*ports = old[i];
		if (native) {
			ports->command = port_of(controller, 2 * i);
			ports->control = (u16)(port_of(controller, 2 * i + 1) + 2);
			if (!ports->command)
				continue;
		}
		ports->master = master ? (u16)(master + 8 * i) : 0;
		probe_channel(controller, i, native);
	}
}
DISK_DRIVER(300, ide_probe);
