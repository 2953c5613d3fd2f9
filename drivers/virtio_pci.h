/* SPDX-License-Identifier: MIT */
#pragma once

#include <drivers/pci.h>

/* How a driver talks to a virtio device on a PCI bus. */

#define VIRTIO_VENDOR 0x1af4

/* Features of every kind of device. */
#define VIRTIO_RING_INDIRECT (1ull << 28)
#define VIRTIO_VERSION_1     (1ull << 32)

/* Bits of the interrupt status. */
#define VIRTIO_IRQ_QUEUE  0x1u
#define VIRTIO_IRQ_CONFIG 0x2u

/**
 * struct virtio_device - a virtio device
 * @pci: its PCI function
 * @modern: it follows version 1; otherwise it is a legacy device (0.9.5)
 * @port: legacy: first port
 * @common: modern: the common configuration
 * @notify: modern: where queues are notified
 * @irq_status: modern: the interrupt status; reading clears it
 * @config: modern: the configuration of this kind of device
 * @config_length: its bytes
 * @notify_length: bytes at @notify
 * @notify_step: bytes from one notification address to the next
 * @queue_notify: modern: notification address of queue 0
 * @features: those that both sides agreed on
 */
struct virtio_device {
	const struct pci_device *pci;
	bool modern;
	u16 port;
	volatile u8 *common, *notify, *irq_status, *config;
	u32 config_length, notify_length, notify_step;
	volatile u16 *queue_notify;
	u64 features;
};

/**
 * virtio_pci_find() - find the registers of a device
 * @pci: a function of VIRTIO_VENDOR
 * @virtio: filled
 *
 * A transitional device is used as a modern one, unless its registers are above the addresses that
 * page tables can contain.
 * Context: thread, may sleep.
 * Return: 0; -ENODEV after a message if the registers cannot be used.
 */
int virtio_pci_find(const struct pci_device *pci, struct virtio_device *virtio);

/**
 * virtio_pci_forget() - undo virtio_pci_find(): the device may access no memory any more
 * @virtio: reset, or broken
 *
 * Context: thread, may sleep.
 */
void virtio_pci_forget(struct virtio_device *virtio);

/**
 * virtio_reset() - stop a device: afterwards it accesses no memory and does not interrupt
 * @virtio: any
 *
 * Context: thread, may sleep.
 * Return: 0; -EIO if the device does not confirm it within a second. Then it must be kept from
 * memory with PCI_COMMAND_MASTER.
 */
int virtio_reset(struct virtio_device *virtio);

/**
 * virtio_negotiate() - agree on features with a device that was reset
 * @virtio: its @features are set
 * @wanted: features that the driver knows; VIRTIO_VERSION_1 is added for a modern device
 *
 * Context: thread.
 * Return: 0; -ENODEV if the device does not accept the choice.
 */
int virtio_negotiate(struct virtio_device *virtio, u64 wanted);

/**
 * virtio_queue_size() - select queue 0, and ask for its size
 * @virtio: after virtio_negotiate()
 *
 * Context: thread.
 * Return: number of descriptors; 0 if the device has no queue.
 */
u32 virtio_queue_size(struct virtio_device *virtio);

/**
 * virtio_set_queue() - give queue 0 to a device, and let it begin
 * @virtio: after virtio_queue_size()
 * @size: number of descriptors, a power of two; with a legacy device the size that it wants
 * @desc: physical address of the descriptors
 * @avail: of the ring of buffers for the device
 * @used: of the ring of buffers that the device has used
 *
 * A legacy device gets @desc only. The rings are where VIRTIO_RING_ALIGN puts them.
 * Context: thread.
 * Return: 0; -ENODEV if the device has no address for notifications.
 */
int virtio_set_queue(struct virtio_device *virtio, u32 size, phys_addr_t desc, phys_addr_t avail,
		     phys_addr_t used);

/* The used ring of a legacy device begins at a multiple of this. */
#define VIRTIO_RING_ALIGN 4096u

/**
 * virtio_notify() - tell the device that queue 0 has new buffers
 * @virtio: after virtio_set_queue()
 *
 * Context: any.
 */
void virtio_notify(const struct virtio_device *virtio);

/**
 * virtio_irq_status() - read and clear the interrupt status; the device withdraws its interrupt
 * @virtio: any
 *
 * Context: any.
 * Return: VIRTIO_IRQ_... bits.
 */
u8 virtio_irq_status(const struct virtio_device *virtio);

/**
 * virtio_config32(), virtio_config64() - read from the configuration of this kind of device
 * @virtio: any
 * @offset: a multiple of 4
 *
 * Context: thread.
 * Return: the value; 0 if the configuration ends before.
 */
u32 virtio_config32(const struct virtio_device *virtio, u32 offset);
u64 virtio_config64(const struct virtio_device *virtio, u32 offset);
