/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/io.h>
#include <drivers/virtio_pci.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/ioremap.h>
#include <sched/sched.h>

/*
 * Virtio devices on PCI (Virtual I/O Device Specification 1.0, 4.1). There are two forms, and a
 * transitional device has both:
 *
 *	legacy (0.9.5)   ports at BAR 0. The device chooses the size of a queue. The driver gives
 *	                 the number of its first page, so a queue may be anywhere below 16 TiB.
 *	modern (1.0)     capabilities name a BAR, an offset and a length for each of four groups
 *	                 of registers in memory. Three 64-bit addresses describe a queue.
 *
 * The order of a start is the same for both: reset, acknowledge, choose features, give the queue,
 * driver ready. A modern device may reject the choice of features.
 *
 * The invariant: after virtio_reset() has returned 0, the device accesses no memory until
 * virtio_set_queue(). The capabilities are not trusted: a group that is too short, or that reaches
 * out of its BAR, makes the device legacy or unusable.
 *
 * Price: without PAE a BAR above 4 GiB cannot be mapped. Firmware puts 64-bit BARs there on
 * machines with much RAM, so such a device is used in its legacy form, or not at all.
 */

/* Legacy: offsets from the first port. */
#define L_DEVICE_FEATURES 0
#define L_DRIVER_FEATURES 4
#define L_QUEUE_PFN       8
#define L_QUEUE_SIZE      12
#define L_QUEUE_SELECT    14
#define L_QUEUE_NOTIFY    16
#define L_STATUS          18
#define L_IRQ_STATUS      19
#define L_CONFIG          20 /* while the device has no MSI-X */
#define L_PORTS           32

/* Modern: offsets in the common configuration (4.1.4.3). */
#define C_DEVICE_FEATURE_SELECT 0
#define C_DEVICE_FEATURES       4
#define C_DRIVER_FEATURE_SELECT 8
#define C_DRIVER_FEATURES       12
#define C_STATUS                20
#define C_QUEUE_SELECT          22
#define C_QUEUE_SIZE            24
#define C_QUEUE_ENABLE          28
#define C_QUEUE_NOTIFY_OFF      30
#define C_QUEUE_DESC            32
#define C_QUEUE_AVAIL           40
#define C_QUEUE_USED            48
#define C_LENGTH                56

/* Modern: a capability (4.1.4). */
#define CAP_TYPE   3
#define CAP_BAR    4
#define CAP_OFFSET 8
#define CAP_LENGTH 12
#define CAP_STEP   16 /* of notifications only */

enum { GROUP_COMMON = 1, GROUP_NOTIFY, GROUP_IRQ_STATUS, GROUP_CONFIG };

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER      2
#define STATUS_DRIVER_OK   4
#define STATUS_FEATURES_OK 8

/* Device numbers from here on have no legacy form. */
#define FIRST_MODERN_ONLY 0x1040

#define MOST_CAPS       48u
#define LONGEST_GROUP   0x10000u
#define RESET_PATIENCE  1000u /* milliseconds */
#define CONFIG_PATIENCE 100u  /* reads of a configuration that changes meanwhile */

/* --- registers -------------------------------------------------------------------------------- */

static u8 common8(const struct virtio_device *virtio, u32 offset)
{
	return virtio->common[offset];
}

static void set_common8(const struct virtio_device *virtio, u32 offset, u8 value)
{
	virtio->common[offset] = value;
}

static u16 common16(const struct virtio_device *virtio, u32 offset)
{
	return *(volatile u16 *)(virtio->common + offset);
}

static void set_common16(const struct virtio_device *virtio, u32 offset, u16 value)
{
	*(volatile u16 *)(virtio->common + offset) = value;
}

static u32 common32(const struct virtio_device *virtio, u32 offset)
{
	return *(volatile u32 *)(virtio->common + offset);
}

static void set_common32(const struct virtio_device *virtio, u32 offset, u32 value)
{
	*(volatile u32 *)(virtio->common + offset) = value;
}

/* A device need not accept accesses of 64 bits (4.1.3.1). */
static void set_common64(const struct virtio_device *virtio, u32 offset, u64 value)
{
	set_common32(virtio, offset, (u32)value);
	set_common32(virtio, offset + 4, (u32)(value >> 32));
}

static u8 status(const struct virtio_device *virtio)
{
	return virtio->modern ? common8(virtio, C_STATUS) : inb(virtio->port + L_STATUS);
}

static void set_status(const struct virtio_device *virtio, u8 value)
{
	if (virtio->modern)
		set_common8(virtio, C_STATUS, value);
	else
		outb(virtio->port + L_STATUS, value);
}

static void add_status(const struct virtio_device *virtio, u8 bits)
{
	set_status(virtio, status(virtio) | bits);
}

/* --- where the registers are ------------------------------------------------------------------ */

static bool is_reachable(const struct pci_bar *bar)
{
	return (bar->base + (bar->size - 1)) >> boot_cpu.phys_bits == 0;
}

/* Map a group of registers. Returns NULL if it has less than @least bytes, or is not usable. */
static volatile u8 *map_group(const struct pci_device *pci, u8 cap, u32 least, u32 *length)
{
	u32 offset = pci_read32(pci, cap + CAP_OFFSET), bytes = pci_read32(pci, cap + CAP_LENGTH);
	struct pci_bar bar;

	if (bytes < least || offset % 4 || pci_bar(pci, pci_read8(pci, cap + CAP_BAR), &bar) != 0)
		return NULL;
	if (bar.ports || !bar.base || (u64)offset + bytes > bar.size || !is_reachable(&bar))
		return NULL;
	*length = min(bytes, LONGEST_GROUP);
	return ioremap(bar.base + offset, *length);
}

/* The first usable group of each type counts (4.1.4.1). */
static void map_groups(struct virtio_device *virtio)
{
	const struct pci_device *pci = virtio->pci;
	u32 ignored;
	u8 cap;

	for (u32 i = 0; i < MOST_CAPS && (cap = pci_find_cap(pci, PCI_CAP_VENDOR, i)); i++) {
		u8 type = pci_read8(pci, cap + CAP_TYPE);

		if (cap > 256 - CAP_STEP - 4)
			continue;
		if (type == GROUP_COMMON && !virtio->common)
			virtio->common = map_group(pci, cap, C_LENGTH, &ignored);
		if (type == GROUP_IRQ_STATUS && !virtio->irq_status)
			virtio->irq_status = map_group(pci, cap, 1, &ignored);
		if (type == GROUP_CONFIG && !virtio->config)
			virtio->config = map_group(pci, cap, 4, &virtio->config_length);
		if (type == GROUP_NOTIFY && !virtio->notify) {
			virtio->notify = map_group(pci, cap, 2, &virtio->notify_length);
			virtio->notify_step = pci_read32(pci, cap + CAP_STEP);
		}
	}
	virtio->modern = virtio->common && virtio->irq_status && virtio->config && virtio->notify;
}

static void unmap_groups(struct virtio_device *virtio)
{
	iounmap((const void *)virtio->common);
	iounmap((const void *)virtio->irq_status);
	iounmap((const void *)virtio->config);
	iounmap((const void *)virtio->notify);
	virtio->common = virtio->irq_status = virtio->config = virtio->notify = NULL;
}

static bool find_ports(struct virtio_device *virtio)
{
	struct pci_bar bar;

	if (virtio->pci->device >= FIRST_MODERN_ONLY || pci_bar(virtio->pci, 0, &bar) != 0 ||
	    !bar.ports || !bar.base || bar.size < L_PORTS || bar.base + bar.size > 0x10000)
		return false;
	virtio->port = (u16)bar.base;
	virtio->config_length = L_PORTS - L_CONFIG;
	if (bar.size > L_PORTS)
		virtio->config_length = (u32)bar.size - L_CONFIG;
	return true;
}

int virtio_pci_find(const struct pci_device *pci, struct virtio_device *virtio)
{
	*virtio = (struct virtio_device){ .pci = pci };
	map_groups(virtio);
	if (!virtio->modern) {
		unmap_groups(virtio);
		if (!find_ports(virtio)) {
			pr_warn("virtio %02x:%02x.%x: no registers in reach of this kernel: the "
				"device is not used\n",
				pci->bus, pci->slot, pci->function);
			return -ENODEV;
		}
	}
	pci_command(pci, PCI_COMMAND_NO_IRQ,
		    PCI_COMMAND_PORTS | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	return 0;
}

void virtio_pci_forget(struct virtio_device *virtio)
{
	pci_command(virtio->pci, PCI_COMMAND_MASTER, PCI_COMMAND_NO_IRQ);
	unmap_groups(virtio);
}

/* --- start and stop --------------------------------------------------------------------------- */

int virtio_reset(struct virtio_device *virtio)
{
	set_status(virtio, 0);
	for (u32 ms = 0; ms < RESET_PATIENCE; ms++) {
		if (status(virtio) == 0)
			return 0;
		msleep(1);
	}
	return -EIO;
}

static u64 offered_features(struct virtio_device *virtio)
{
	u64 low;

	if (!virtio->modern)
		return inl(virtio->port + L_DEVICE_FEATURES);
	set_common32(virtio, C_DEVICE_FEATURE_SELECT, 0);
	low = common32(virtio, C_DEVICE_FEATURES);
	set_common32(virtio, C_DEVICE_FEATURE_SELECT, 1);
	return low | (u64)common32(virtio, C_DEVICE_FEATURES) << 32;
}

int virtio_negotiate(struct virtio_device *virtio, u64 wanted)
{
	u64 features = offered_features(virtio) & (wanted | VIRTIO_VERSION_1);

	add_status(virtio, STATUS_ACKNOWLEDGE);
	add_status(virtio, STATUS_DRIVER);
	virtio->features = features;
	if (!virtio->modern) {
		outl(virtio->port + L_DRIVER_FEATURES, (u32)features);
		return 0;
	}
	if (!(features & VIRTIO_VERSION_1))
		return -ENODEV;
	set_common32(virtio, C_DRIVER_FEATURE_SELECT, 0);
	set_common32(virtio, C_DRIVER_FEATURES, (u32)features);
	set_common32(virtio, C_DRIVER_FEATURE_SELECT, 1);
	set_common32(virtio, C_DRIVER_FEATURES, (u32)(features >> 32));
	add_status(virtio, STATUS_FEATURES_OK);
	return status(virtio) & STATUS_FEATURES_OK ? 0 : -ENODEV;
}

u32 virtio_queue_size(struct virtio_device *virtio)
{
	if (!virtio->modern) {
		outw(virtio->port + L_QUEUE_SELECT, 0);
		return inw(virtio->port + L_QUEUE_SIZE);
	}
	set_common16(virtio, C_QUEUE_SELECT, 0);
	return common16(virtio, C_QUEUE_SIZE);
}

int virtio_set_queue(struct virtio_device *virtio, u32 size, phys_addr_t desc, phys_addr_t avail,
		     phys_addr_t used)
{
	u64 at;

	if (!virtio->modern) {
		outl(virtio->port + L_QUEUE_PFN, (u32)(desc / VIRTIO_RING_ALIGN));
		add_status(virtio, STATUS_DRIVER_OK);
		return 0;
	}
	at = (u64)common16(virtio, C_QUEUE_NOTIFY_OFF) * virtio->notify_step;
	if (at % sizeof(u16) || at + sizeof(u16) > virtio->notify_length)
		return -ENODEV;
	virtio->queue_notify = (volatile u16 *)(virtio->notify + at);
	set_common16(virtio, C_QUEUE_SIZE, (u16)size);
	set_common64(virtio, C_QUEUE_DESC, desc);
	set_common64(virtio, C_QUEUE_AVAIL, avail);
	set_common64(virtio, C_QUEUE_USED, used);
	set_common16(virtio, C_QUEUE_ENABLE, 1);
	add_status(virtio, STATUS_DRIVER_OK);
	return 0;
}

/* --- while it runs ---------------------------------------------------------------------------- */

void virtio_notify(const struct virtio_device *virtio)
{
	if (virtio->modern)
		*virtio->queue_notify = 0;
	else
		outw(virtio->port + L_QUEUE_NOTIFY, 0);
}

u8 virtio_irq_status(const struct virtio_device *virtio)
{
	return virtio->modern ? *virtio->irq_status : inb(virtio->port + L_IRQ_STATUS);
}

u32 virtio_config32(const struct virtio_device *virtio, u32 offset)
{
	if (offset + sizeof(u32) > virtio->config_length)
		return 0;
	if (virtio->modern)
		return *(volatile u32 *)(virtio->config + offset);
	return inl((u16)(virtio->port + L_CONFIG + offset));
}

/* Two equal values in a row: both halves are of one value. */
u64 virtio_config64(const struct virtio_device *virtio, u32 offset)
{
	u64 value = 0, again;

	for (u32 i = 0; i < CONFIG_PATIENCE; i++) {
		again = virtio_config32(virtio, offset) | (u64)virtio_config32(virtio, offset + 4)
								  << 32;
		if (i && again == value)
			break;
		value = again;
	}
	return value;
}
