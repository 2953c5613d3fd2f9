/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* A virtqueue: memory that a driver and a virtio device share. */

/* One piece of a buffer (Virtual I/O Device Specification 1.0, 2.4.5). */
struct virtio_desc {
	u64 addr;
	u32 length;
	u16 flags;
	u16 next;
};

#define VIRTIO_DESC_NEXT     1u /* the buffer continues at @next */
#define VIRTIO_DESC_WRITE    2u /* the device writes to it */
#define VIRTIO_DESC_INDIRECT 4u /* it is a table of descriptors */

/**
 * struct virtio_ring - a virtqueue
 * @size: number of descriptors, a power of two
 * @desc: the descriptors
 * @avail: numbers of first descriptors of buffers, for the device
 * @used: likewise, from the device
 * @seen: number of used buffers that virtio_ring_take() has returned, modulo 2^16
 *
 * The owner has a lock for each ring.
 */
struct virtio_ring {
	u32 size;
	struct virtio_desc *desc;
	struct virtio_avail *avail;
	struct virtio_used *used;
	u16 seen;
};

/**
 * virtio_ring_alloc() - allocate an empty ring
 * @ring: filled
 * @size: number of descriptors, a power of two, at most 1024
 *
 * Context: thread, may sleep.
 * Return: 0 or -ENOMEM.
 */
int virtio_ring_alloc(struct virtio_ring *ring, u32 size);

/**
 * virtio_ring_free() - free the memory of a ring
 * @ring: the device does not use it; all zeroes has no effect
 *
 * Context: any.
 */
void virtio_ring_free(struct virtio_ring *ring);

/**
 * virtio_ring_clear() - make a ring empty, after a reset of the device
 * @ring: the device does not use it
 *
 * Context: any.
 */
void virtio_ring_clear(struct virtio_ring *ring);

/**
 * virtio_ring_put() - give a buffer to the device
 * @ring: with room: each descriptor is in one buffer at most
 * @first: number of its first descriptor
 *
 * The caller notifies the device afterwards.
 * Context: any.
 */
void virtio_ring_put(struct virtio_ring *ring, u16 first);

/**
 * virtio_ring_has_used() - does the ring contain a used buffer?
 * @ring: any
 *
 * Context: any.
 * Return: true if virtio_ring_take() would return one.
 */
bool virtio_ring_has_used(const struct virtio_ring *ring);

/**
 * virtio_ring_take() - take a used buffer from the device
 * @ring: any
 * @first: set to the number of its first descriptor. The device has written it: not trusted
 *
 * Context: any.
 * Return: false if there is none.
 */
bool virtio_ring_take(struct virtio_ring *ring, u32 *first);
