/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <drivers/virtio_pci.h>
#include <drivers/virtio_ring.h>
#include <lib/compiler.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page_alloc.h>

/*
 * The split virtqueue (Virtual I/O Device Specification 1.0, 2.4), in the layout that a legacy
 * device expects. The memory is contiguous, because the device adds to one physical address:
 *
 *	descriptors (16 bytes each) │ avail ring │ ... │ used ring
 *	▲ page border                                  ▲ multiple of 4096
 *
 * Each ring has a counter that only its writer changes. An element is written before the counter,
 * and read after it. A PC keeps the order of stores, and that of loads, so no fence is needed.
 *
 * A device may set a flag in the used ring that says "do not notify me, I am working". The driver
 * ignores this hint. It would have to write the counter first and then read the flag, and a store
 * may become visible to the device after a later load. A fence forbids that, but QEMU's TCG leaves
 * out the fences of a machine with one CPU (before version 8.1 all of them), although the device is
 * a thread of its own. Then the driver reads an old flag, the device reads the old counter, and
 * both wait. The price is a notification now and then that is not needed. Every device has to
 * accept it (2.4.9.1).
 */

struct virtio_avail {
	u16 flags;
	u16 count;
	u16 first[];
};

struct virtio_used {
	u16 flags;
	u16 count;
	struct {
		u32 first;
		u32 length;
	} elements[];
};

/* Both rings end with a counter for a feature that is not used. */
static u32 used_offset(u32 size)
{
	u32 bytes = size * (u32)(sizeof(struct virtio_desc) + sizeof(u16)) + 3 * (u32)sizeof(u16);

	return (bytes + VIRTIO_RING_ALIGN - 1) & ~(VIRTIO_RING_ALIGN - 1);
}

static u32 ring_bytes(u32 size)
{
	return used_offset(size) + 3 * (u32)sizeof(u16) + size * 8;
}

int virtio_ring_alloc(struct virtio_ring *ring, u32 size)
{
	u8 *memory = alloc_pages_exact(ring_bytes(size), GFP_KERNEL);

	if (!memory)
		return -ENOMEM;
	ring->size = size;
	ring->desc = (struct virtio_desc *)memory;
	ring->avail = (struct virtio_avail *)(ring->desc + size);
	ring->used = (struct virtio_used *)(memory + used_offset(size));
	virtio_ring_clear(ring);
	return 0;
}

void virtio_ring_free(struct virtio_ring *ring)
{
	if (ring->desc)
		free_pages_exact(ring->desc, ring_bytes(ring->size));
	*ring = (struct virtio_ring){ 0 };
}

void virtio_ring_clear(struct virtio_ring *ring)
{
	memset(ring->avail, 0, sizeof(*ring->avail));
	memset(ring->used, 0, sizeof(*ring->used));
	ring->seen = 0;
}

void virtio_ring_put(struct virtio_ring *ring, u16 first)
{
	u16 count = ring->avail->count;

	ring->avail->first[count % ring->size] = first;
	__atomic_store_n(&ring->avail->count, (u16)(count + 1), __ATOMIC_RELEASE);
}

bool virtio_ring_has_used(const struct virtio_ring *ring)
{
	return __atomic_load_n(&ring->used->count, __ATOMIC_ACQUIRE) != ring->seen;
}

bool virtio_ring_take(struct virtio_ring *ring, u32 *first)
{
	if (!virtio_ring_has_used(ring))
		return false;
	*first = READ_ONCE(ring->used->elements[ring->seen++ % ring->size].first);
	return true;
}
