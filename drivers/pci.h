/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/irq.h>
#include <lib/types.h>

/* The functions of devices on PCI buses, and their configuration space. */

/**
 * struct pci_device - one function of a device
 * @next: the one found after it; NULL for the last
 * @bus: number of its bus
 * @slot: its device number, 0 to 31
 * @function: 0 to 7
 * @vendor: of the device
 * @device: of the device, given by @vendor
 * @subsystem: given by the vendor of the card; 0 for bridges
 * @class: first byte of the class code; 1 is a mass storage controller
 * @subclass: its second byte
 * @prog_if: its third byte: the programming interface
 * @revision: of the device
 * @header: layout of the configuration space: 0 for a device, 1 for a bridge to another PCI bus
 * @irq_line: line of the interrupt controller, as the firmware has routed it; PCI_NO_IRQ if none
 */
struct pci_device {
	struct pci_device *next;
	u8 bus, slot, function;
	u16 vendor, device, subsystem;
	u8 class, subclass, prog_if, revision;
	u8 header;
	u8 irq_line;
};

#define PCI_NO_IRQ 0xffu

/* Registers of the configuration space (PCI Local Bus Specification 3.0, 6.1). */
#define PCI_COMMAND 0x04
#define PCI_BAR0    0x10

/* Bits of the command register. */
#define PCI_COMMAND_PORTS  0x001u
#define PCI_COMMAND_MEMORY 0x002u
#define PCI_COMMAND_MASTER 0x004u
#define PCI_COMMAND_NO_IRQ 0x400u

/* Capabilities, which extend the configuration space. */
#define PCI_CAP_VENDOR 0x09

/**
 * struct pci_bar - a range of addresses at which a device answers
 * @base: the first one; 0 if the firmware has assigned none
 * @size: number of bytes, a power of two
 * @ports: these are I/O ports, not physical addresses
 */
struct pci_bar {
	phys_addr_t base;
	u64 size;
	bool ports;
};

/**
 * pci_scan() - find all functions
 *
 * A machine without PCI has none.
 * Context: boot, once; memory can be allocated.
 */
void pci_scan(void);

/**
 * pci_first() - the first function; the others follow by their @next
 *
 * Context: any, after pci_scan().
 * Return: the function; NULL if there is none.
 */
struct pci_device *pci_first(void);

#define pci_for_each(device) for ((device) = pci_first(); (device); (device) = (device)->next)

/**
 * pci_read8(), pci_read16(), pci_read32() - read from the configuration space
 * @device: any function
 * @offset: 0 to 255, a multiple of the size
 *
 * Context: any.
 * Return: the value; all ones if the device does not answer.
 */
u8 pci_read8(const struct pci_device *device, u8 offset);
u16 pci_read16(const struct pci_device *device, u8 offset);
u32 pci_read32(const struct pci_device *device, u8 offset);

/**
 * pci_write8(), pci_write16(), pci_write32() - write to the configuration space
 * @device: any function
 * @offset: 0 to 255, a multiple of the size
 * @value: the value to write
 *
 * Context: any.
 */
void pci_write8(const struct pci_device *device, u8 offset, u8 value);
void pci_write16(const struct pci_device *device, u8 offset, u16 value);
void pci_write32(const struct pci_device *device, u8 offset, u32 value);

/**
 * pci_command() - change bits of the command register
 * @device: any function
 * @clear: bits to clear, PCI_COMMAND_...
 * @set: bits to set
 *
 * Context: any; one caller at a time for each device.
 */
void pci_command(const struct pci_device *device, u16 clear, u16 set);

/**
 * pci_bar() - where a device answers
 * @device: a function with header 0
 * @index: 0 to 5; the upper half of a 64-bit range has no index of its own
 * @bar: set on success
 *
 * The device does not answer for some microseconds meanwhile.
 * Context: any; one caller at a time for each device.
 * Return: 0; -ENOENT if the device has no such range; -EINVAL for a wrong index, or for a range
 * with an end above 2^64.
 */
int pci_bar(const struct pci_device *device, u32 index, struct pci_bar *bar);

/**
 * pci_find_cap() - find a capability
 * @device: any function
 * @id: PCI_CAP_...
 * @nth: 0 for the first one with this number
 *
 * Context: any.
 * Return: offset in the configuration space, a multiple of 4; 0 if there is none.
 */
u8 pci_find_cap(const struct pci_device *device, u8 id, u32 nth);

/**
 * pci_request_irq() - request the interrupt line of a device
 * @device: any function
 * @handler: as for request_irq(): it finds out whether its device has interrupted
 * @name: for reports; must stay valid
 * @dev: not NULL; passed to @handler
 *
 * Other devices may share the line. It is active while any of them wants to interrupt, so the
 * controller has to watch its level.
 * Context: any, as for request_irq().
 * Return: 0; -ENODEV if the firmware has given the device no line, or the errors of request_irq().
 */
int pci_request_irq(const struct pci_device *device, irq_handler_t handler, const char *name,
		    void *dev);
