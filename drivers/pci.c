/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <drivers/pci.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>

/*
 * PCI buses (PCI Local Bus Specification 3.0). Each function of a device has 256 bytes of
 * configuration space. Two ports reach all of them: one selects a register, the other one reads or
 * writes it (3.2.2.3.2):
 *
 *	31   30-24   23-16   15-11   10-8       7-2       1-0
 *	 1     0      bus    slot    function   register   0
 *
 * The scan begins with bus 0, and follows the bridges. The firmware has numbered the buses, and has
 * assigned addresses and interrupt lines; the kernel changes neither.
 *
 * Nothing in the configuration space is trusted. Bridges may lead in a circle, so each bus is
 * scanned once. A chain of capabilities may have a loop, so its length is limited. A driver gets
 * sizes and addresses as they are, and checks them.
 *
 * Price: only the first 256 bytes of a PCI Express device can be reached, and message-signalled
 * interrupts are not used.
 */

#define SELECT 0xcf8
#define VALUE  0xcfc

#define ID              0x00
#define CLASS_REVISION  0x08
#define HEADER          0x0e
#define SECONDARY_BUS   0x19
#define SUBSYSTEM       0x2e
#define CAPABILITIES    0x34
#define INTERRUPT_LINE  0x3c
#define STATUS          0x06
#define STATUS_HAS_CAPS 0x10

#define HEADER_DEVICE    0
#define HEADER_BRIDGE    1
#define HEADER_FUNCTIONS 0x80 /* function 0 only: there are others */

#define BAR_PORTS 1u
#define BAR_TYPE  6u /* memory: the width of its address */
#define BAR_IS_64 4u
#define BARS      6u

#define MOST_DEVICES 512u
#define MOST_CAPS    48u /* 256 bytes less the header have room for these */

/* Guards the two ports: no other lock is acquired inside. */
static spinlock_t config_lock;

static struct pci_device *first __ro_after_init, **last __initdata = &first;
static u32 nr_devices __initdata;
static u32 buses_to_scan[256 / 32] __initdata, buses_scanned[256 / 32] __initdata;

/* --- registers -------------------------------------------------------------------------------- */

static void select(const struct pci_device *device, u8 offset)
{
	outl(SELECT, 1u << 31 | (u32)device->bus << 16 | (u32)device->slot << 11 |
			     (u32)device->function << 8 | (offset & 0xfcu));
}

u32 pci_read32(const struct pci_device *device, u8 offset)
{
	unsigned long flags = spin_lock_irqsave(&config_lock);
	u32 value;

	select(device, offset);
	value = inl(VALUE);
	spin_unlock_irqrestore(&config_lock, flags);
	return value;
}

u16 pci_read16(const struct pci_device *device, u8 offset)
{
	return (u16)(pci_read32(device, offset) >> (offset & 2) * 8);
}

u8 pci_read8(const struct pci_device *device, u8 offset)
{
	return (u8)(pci_read32(device, offset) >> (offset & 3) * 8);
}

void pci_write32(const struct pci_device *device, u8 offset, u32 value)
{
	unsigned long flags = spin_lock_irqsave(&config_lock);

	select(device, offset);
	outl(VALUE, value);
	spin_unlock_irqrestore(&config_lock, flags);
}

void pci_write16(const struct pci_device *device, u8 offset, u16 value)
{
	unsigned long flags = spin_lock_irqsave(&config_lock);

	select(device, offset);
	outw(VALUE + (offset & 2), value);
	spin_unlock_irqrestore(&config_lock, flags);
}

void pci_write8(const struct pci_device *device, u8 offset, u8 value)
{
	unsigned long flags = spin_lock_irqsave(&config_lock);

	select(device, offset);
	outb(VALUE + (offset & 3), value);
	spin_unlock_irqrestore(&config_lock, flags);
}

void pci_command(const struct pci_device *device, u16 clear, u16 set)
{
	pci_write16(device, PCI_COMMAND,
		    (u16)((pci_read16(device, PCI_COMMAND) & ~(u32)clear) | set));
}

/* --- the scan --------------------------------------------------------------------------------- */

/* The port remembers what it was given, except for the bits that are always 0. */
static bool __init ports_answer(void)
{
	u32 before = inl(SELECT);
	bool answer;

	outl(SELECT, 1u << 31);
	answer = inl(SELECT) == 1u << 31;
	outl(SELECT, before);
	return answer;
}

static bool bit_of(const u32 *bits, u32 n)
{
	return bits[n / 32] >> n % 32 & 1;
}

static void set_bit_of(u32 *bits, u32 n)
{
	bits[n / 32] |= 1u << n % 32;
}

static void __init add(const struct pci_device *found)
{
	struct pci_device *device;

	if (nr_devices >= MOST_DEVICES)
		return;
	device = kmalloc(sizeof(*device), GFP_KERNEL);
	if (!device) {
		pr_warn("PCI: no memory for device %02x:%02x.%x\n", found->bus, found->slot,
			found->function);
		return;
	}
	*device = *found;
	if (++nr_devices == MOST_DEVICES)
		pr_warn("PCI: more than %u functions: the others are left out\n", MOST_DEVICES - 1);
	*last = device;
	last = &device->next;
}

/* Read the header of a function. Returns false if there is none. */
static bool __init identify(struct pci_device *device)
{
	u32 id = pci_read32(device, ID), class;

	device->vendor = (u16)id;
	device->device = (u16)(id >> 16);
	if (device->vendor == 0xffff || device->vendor == 0)
		return false;
	class = pci_read32(device, CLASS_REVISION);
	device->class = (u8)(class >> 24);
	device->subclass = (u8)(class >> 16);
	device->prog_if = (u8)(class >> 8);
	device->revision = (u8) class;
	device->header = pci_read8(device, HEADER);
	device->irq_line = pci_read8(device, INTERRUPT_LINE + 1) == 0
				   ? PCI_NO_IRQ
				   : pci_read8(device, INTERRUPT_LINE);
	return true;
}

static void __init scan_slot(u8 bus, u8 slot)
{
	for (u8 function = 0; function < 8; function++) {
		struct pci_device device = { .bus = bus, .slot = slot, .function = function };
		bool others;

		if (!identify(&device)) {
			if (function == 0)
				return;
			continue;
		}
		others = device.header & HEADER_FUNCTIONS;
		device.header &= (u8)~HEADER_FUNCTIONS;
		if (device.header == HEADER_DEVICE)
			device.subsystem = pci_read16(&device, SUBSYSTEM);
		if (device.header == HEADER_BRIDGE)
			set_bit_of(buses_to_scan, pci_read8(&device, SECONDARY_BUS));
		add(&device);
		if (function == 0 && !others)
			return;
	}
}

/* The lowest bus that a bridge leads to and that is not scanned; -1 if there is none. */
static int __init next_bus(void)
{
	for (u32 bus = 0; bus < 256; bus++)
		if (bit_of(buses_to_scan, bus) && !bit_of(buses_scanned, bus))
			return (int)bus;
	return -1;
}

void __init pci_scan(void)
{
	int bus;

	if (!ports_answer())
		return;
	set_bit_of(buses_to_scan, 0);
	while ((bus = next_bus()) >= 0) {
		set_bit_of(buses_scanned, (u32)bus);
		for (u8 slot = 0; slot < 32; slot++)
			scan_slot((u8)bus, slot);
	}
}

struct pci_device *pci_first(void)
{
	return first;
}

/* --- what a driver asks ----------------------------------------------------------------------- */

/* Write all ones and read which bits keep them: the others are inside of the range (6.2.5.1). */
static u32 probe_bar(const struct pci_device *device, u8 offset, u32 value)
{
	u32 mask;

	pci_write32(device, offset, ~0u);
	mask = pci_read32(device, offset);
	pci_write32(device, offset, value);
	return mask;
}

int pci_bar(const struct pci_device *device, u32 index, struct pci_bar *bar)
{
	u8 offset = (u8)(PCI_BAR0 + 4 * index);
	u32 low, high = 0;
	u64 mask;
	u16 command;
	bool wide;

	if (index >= BARS || device->header != HEADER_DEVICE)
		return -EINVAL;
	low = pci_read32(device, offset);
	bar->ports = low & BAR_PORTS;
	wide = !bar->ports && (low & BAR_TYPE) == BAR_IS_64;
	if (wide && index + 1 == BARS)
		return -EINVAL;
	command = pci_read16(device, PCI_COMMAND);
	pci_command(device, PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY, 0);
	mask = probe_bar(device, offset, low) & (bar->ports ? ~3u : ~15u);
	if (wide) {
		high = pci_read32(device, offset + 4);
		mask |= (u64)probe_bar(device, offset + 4, high) << 32;
	} else if (mask) {
		/* Devices may have no upper bits in the address of a port. */
		mask |= bar->ports ? ~0xffffull : ~0xffffffffull;
	}
	pci_write16(device, PCI_COMMAND, command);
	if (!mask)
		return -ENOENT;
	bar->size = mask & -mask;
	bar->base = ((u64)high << 32 | low) & (bar->ports ? ~3ull : ~15ull);
	return bar->base + (bar->size - 1) < bar->base ? -EINVAL : 0;
}

u8 pci_find_cap(const struct pci_device *device, u8 id, u32 nth)
{
	u8 at;

	if (!(pci_read16(device, STATUS) & STATUS_HAS_CAPS))
		return 0;
	at = pci_read8(device, CAPABILITIES) & 0xfc;
	for (u32 i = 0; at >= 0x40 && i < MOST_CAPS; i++) {
		if (pci_read8(device, at) == id && nth-- == 0)
			return at;
		at = pci_read8(device, at + 1) & 0xfc;
	}
	return 0;
}

int pci_request_irq(const struct pci_device *device, irq_handler_t handler, const char *name,
		    void *dev)
{
	if (device->irq_line >= NR_IRQS)
		return -ENODEV;
	irq_set_level(device->irq_line);
	return request_irq(device->irq_line, handler, IRQF_SHARED, name, dev);
}

/* --- the report, in the form of Linux's `lspci -n` -------------------------------------------- */

static int lspci(int argc, char **argv)
{
	const struct pci_device *device;

	pci_for_each(device) {
		console_printf("%02x:%02x.%x %02x%02x: %04x:%04x", device->bus, device->slot,
			       device->function, device->class, device->subclass, device->vendor,
			       device->device);
		if (device->revision)
			console_printf(" (rev %02x)", device->revision);
		if (device->prog_if)
			console_printf(" (prog-if %02x)", device->prog_if);
		console_printf("\n");
	}
	return 0;
}
PROMPT_COMMAND("lspci", "", "devices on PCI buses, as class: vendor:device", lspci);
