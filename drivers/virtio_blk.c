/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <block/block.h>
#include <drivers/virtio_blk.h>
#include <drivers/virtio_pci.h>
#include <drivers/virtio_ring.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>

/*
 * Disks of the virtio kind (Virtual I/O Device Specification 1.0, 5.2), as QEMU's
 * `-device virtio-blk-pci` has them. A command is a chain of pieces of memory with 64-bit
 * addresses, so no page of any machine has to be copied:
 *
 *	header (type, sector) ──▶ data ──▶ data ──▶ ... ──▶ status byte
 *	read by the device        the pages themselves      written by the device
 *
 * Each command that runs has a slot, by its tag. A slot has memory for the header, the status and
 * the chain. If the device knows indirect descriptors, the chain is in the slot, and the ring needs
 * one descriptor for it. Otherwise the slot owns a fixed part of the ring's descriptors, and fewer
 * commands run at the same time.
 *
 * A device that does not answer is reset, and negotiated with again. It accesses no memory after
 * the reset, so the core may give the memory of the commands to others. If it does not even confirm
 * the reset, the PCI function loses the right to access memory, and all commands fail from then on.
 *
 * Price: one interrupt line for all disks, since message-signalled interrupts are not used; and one
 * notification, which leaves the virtual machine, for each command.
 */

#define MAJOR_NUMBER   254u
#define NUMBERS        16u /* for a disk and its partitions */
#define MOST_DISKS     26u /* vda to vdz */
#define LEGACY_LARGEST 1024u

/* The kinds of virtio devices: the legacy form has the kind as its subsystem. */
#define ID_LEGACY_BLOCK 0x1001
#define ID_MODERN_BLOCK 0x1042

#define F_SIZE_MAX (1ull << 1)
#define F_SEG_MAX  (1ull << 2)
#define F_RO       (1ull << 5)
#define F_BLK_SIZE (1ull << 6)
#define F_FLUSH    (1ull << 9)

#define CONFIG_CAPACITY 0
#define CONFIG_SIZE_MAX 8
#define CONFIG_SEG_MAX  12
#define CONFIG_BLK_SIZE 20

#define TYPE_READ  0u
#define TYPE_WRITE 1u
#define TYPE_FLUSH 4u

#define STATUS_OK      0u
#define STATUS_NOT_YET 0xffu

#define CHAIN_MAX (BLOCK_MAX_SEGMENTS + 2)

/* The memory that the device reads and writes for one command, besides the data. */
struct slot {
	struct virtio_desc chain[CHAIN_MAX];
	struct {
		u32 type, reserved;
		u64 sector;
	} header;
	u8 status;
	u8 unused[15];
};

/* They fill four pages. */
#define NR_SLOTS (4 * PAGE_SIZE / sizeof(struct slot))

/**
 * struct disk - a disk
 * @block: its block device
 * @ops: functions, with the queue depth of this disk
 * @virtio: its registers
 * @lock: guards the ring, the commands and @stopped. Taken inside of the lock of the block queue,
 *   with interrupts off
 * @ring: its queue
 * @slots: memory of the commands
 * @commands: those that run, by their tag
 * @chain: ring descriptors of each slot; 1 if its chain is indirect
 * @stopped: no commands are started: 0, -EBUSY during a reset, or -EIO for ever
 */
struct disk {
	struct block_device block;
	struct block_ops ops;
	struct virtio_device virtio;
	spinlock_t lock;
	struct virtio_ring ring;
	struct slot *slots;
	struct block_command *commands[NR_SLOTS];
	u32 chain;
	int stopped;
};

static struct disk *disks[MOST_DISKS];
static u32 nr_disks;

u32 virtio_blk_lose;

/* --- commands --------------------------------------------------------------------------------- */

static u32 type_of(enum block_op op)
{
	return op == BLOCK_READ ? TYPE_READ : op == BLOCK_WRITE ? TYPE_WRITE : TYPE_FLUSH;
}

static struct virtio_desc piece(phys_addr_t addr, u32 length, u16 flags)
{
	return (struct virtio_desc){ .addr = addr, .length = length, .flags = flags };
}

/* Write the chain of a command to @desc, whose first element has the number @number. */
static void fill_chain(struct virtio_desc *desc, u32 number, struct slot *slot,
		       const struct block_command *command)
{
	u16 flags = command->op == BLOCK_READ ? VIRTIO_DESC_WRITE : 0;
	u32 last = command->nr_pieces + 1;

	desc[0] = piece(virt_to_phys(&slot->header), sizeof(slot->header), 0);
	for (u32 i = 0; i < command->nr_pieces; i++)
		desc[i + 1] = piece(command->pieces[i].addr, command->pieces[i].length, flags);
	desc[last] = piece(virt_to_phys(&slot->status), 1, VIRTIO_DESC_WRITE);
	for (u32 i = 0; i < last; i++) {
		desc[i].flags |= VIRTIO_DESC_NEXT;
		desc[i].next = (u16)(number + i + 1);
	}
}

static int start(struct block_device *device, struct block_command *command)
{
	struct disk *disk = device->driver;
	struct slot *slot = &disk->slots[command->tag];
	u32 first = command->tag * disk->chain;

	spin_lock(&disk->lock);
	if (disk->stopped) {
		spin_unlock(&disk->lock);
		return disk->stopped;
	}
	disk->commands[command->tag] = command;
	slot->header.type = type_of(command->op);
	slot->header.sector = command->sector;
	slot->status = STATUS_NOT_YET;
	if (disk->chain == 1) {
		u32 bytes = (command->nr_pieces + 2) * (u32)sizeof(struct virtio_desc);

		fill_chain(slot->chain, 0, slot, command);
		disk->ring.desc[first] =
			piece(virt_to_phys(slot->chain), bytes, VIRTIO_DESC_INDIRECT);
	} else {
		fill_chain(disk->ring.desc + first, first, slot, command);
	}
	if (unlikely(virtio_blk_lose)) {
		virtio_blk_lose--;
	} else {
		virtio_ring_put(&disk->ring, (u16)first);
		virtio_notify(&disk->virtio);
	}
	spin_unlock(&disk->lock);
	return 0;
}

/* Take a command that has ended, and its status. Returns NULL if there is none. */
static struct block_command *take(struct disk *disk, u8 *status)
{
	unsigned long flags = spin_lock_irqsave(&disk->lock);
	struct block_command *command = NULL;
	u32 first;

	while (!command && virtio_ring_take(&disk->ring, &first)) {
		u32 tag = first / disk->chain;

		if (first % disk->chain == 0 && tag < disk->ops.queue_depth)
			command = disk->commands[tag];
		if (!command) {
			pr_warn("%s: the device has ended command %u, which does not run\n",
				disk->block.name, first);
			continue;
		}
		disk->commands[tag] = NULL;
		*status = READ_ONCE(disk->slots[tag].status);
	}
	spin_unlock_irqrestore(&disk->lock, flags);
	return command;
}

static bool complete_all(struct disk *disk)
{
	struct block_command *command;
	bool any = false;
	u8 status;

	while ((command = take(disk, &status))) {
		block_complete(command, status == STATUS_OK ? 0 : -EIO);
		any = true;
	}
	return any;
}

static irqreturn_t interrupt(int irq, void *dev)
{
	struct disk *disk = dev;
	bool own = virtio_irq_status(&disk->virtio) != 0;

	return IRQ_RETVAL(complete_all(disk) || own);
}

/* For irq_watch(). */
static bool any_waits(void)
{
	for (u32 i = 0; i < READ_ONCE(nr_disks); i++)
		if (virtio_ring_has_used(&disks[i]->ring))
			return true;
	return false;
}

/* --- start and reset -------------------------------------------------------------------------- */

#define WANTED (F_SIZE_MAX | F_SEG_MAX | F_RO | F_BLK_SIZE | F_FLUSH | VIRTIO_RING_INDIRECT)

static int begin(struct disk *disk)
{
	const struct virtio_ring *ring = &disk->ring;

	return virtio_set_queue(&disk->virtio, ring->size, virt_to_phys(ring->desc),
				virt_to_phys(ring->avail), virt_to_phys(ring->used));
}

/* The device and its limits are the same as before. */
static bool begin_again(struct disk *disk)
{
	u64 features = disk->virtio.features;

	return virtio_negotiate(&disk->virtio, WANTED) == 0 && disk->virtio.features == features &&
	       virtio_queue_size(&disk->virtio) >= disk->ring.size && begin(disk) == 0;
}

static void set_stopped(struct disk *disk, int stopped)
{
	unsigned long flags = spin_lock_irqsave(&disk->lock);

	disk->stopped = stopped;
	if (stopped != -EBUSY) {
		memset(disk->commands, 0, sizeof(disk->commands));
		virtio_ring_clear(&disk->ring);
	}
	spin_unlock_irqrestore(&disk->lock, flags);
}

static void reset(struct block_device *device, struct block_command *command)
{
	struct disk *disk = device->driver;
	bool works;

	if (disk->stopped)
		return;
	set_stopped(disk, -EBUSY);
	works = virtio_reset(&disk->virtio) == 0;
	if (!works)
		pci_command(disk->virtio.pci, PCI_COMMAND_MASTER, 0);
	complete_all(disk);
	set_stopped(disk, -EIO);
	if (works && begin_again(disk)) {
		disk->stopped = 0;
		return;
	}
	pr_err("%s: the device does not start after a reset: it is not used any more\n",
	       device->name);
}

/* --- the disks that exist --------------------------------------------------------------------- */

/* Set the limits of the block device. Returns why the disk cannot be used, or NULL. */
static const char *limits(struct disk *disk)
{
	struct virtio_device *virtio = &disk->virtio;
	struct block_device *block = &disk->block;
	u64 features = virtio->features;
	u32 size = virtio_queue_size(virtio), segments = BLOCK_MAX_SEGMENTS, most = 0;

	if (size < 4 || size & (size - 1) || size > (virtio->modern ? 32768 : LEGACY_LARGEST))
		return "size of its queue";
	if (features & F_BLK_SIZE && virtio_config32(virtio, CONFIG_BLK_SIZE) != SECTOR_SIZE)
		return "size of its sectors";
	if (features & F_SEG_MAX)
		segments = min(segments, max(virtio_config32(virtio, CONFIG_SEG_MAX), 1u));
	if (features & F_SIZE_MAX)
		most = virtio_config32(virtio, CONFIG_SIZE_MAX);
	if (most && most < PAGE_SIZE)
		return "limit of a piece of memory";
	if (most && most < 0x80000000u)
		block->reach.border = 1u << (31 - __builtin_clz(most));
	disk->chain = 1;
	if (!(features & VIRTIO_RING_INDIRECT)) {
		segments = min(segments, size - 2);
		disk->chain = segments + 2;
	}
	if (virtio->modern)
		size = min(size, features & VIRTIO_RING_INDIRECT ? 32u : 256u);
	disk->ring.size = size;
	disk->ops.queue_depth = min(size / disk->chain, (u32)NR_SLOTS);
	block->max_segments = segments;
	block->nr_sectors = virtio_config64(virtio, CONFIG_CAPACITY);
	block->read_only = features & F_RO;
	block->write_through = !(features & F_FLUSH);
	return NULL;
}

static int start_disk(struct disk *disk, const struct pci_device *pci)
{
	struct virtio_device *virtio = &disk->virtio;
	const char *wrong;
	int error = virtio_reset(virtio) ?: virtio_negotiate(virtio, WANTED);

	if (error)
		return error;
	wrong = limits(disk);
	if (wrong) {
		pr_warn("%s: the %s is not one that this driver knows\n", disk->block.name, wrong);
		return -ENODEV;
	}
	disk->slots = alloc_pages_exact(NR_SLOTS * sizeof(struct slot), GFP_KERNEL);
	if (!disk->slots || virtio_ring_alloc(&disk->ring, disk->ring.size) != 0)
		return -ENOMEM;
	memset(disk->slots, 0, NR_SLOTS * sizeof(struct slot));
	error = begin(disk);
	if (error)
		return error;
	error = pci_request_irq(pci, interrupt, disk->block.name, disk);
	if (error)
		return error;
	disks[nr_disks] = disk;
	WRITE_ONCE(nr_disks, nr_disks + 1);
	irq_watch(pci->irq_line, "virtio disk", any_waits);
	return 0;
}

static void free_disk(struct disk *disk)
{
	virtio_ring_free(&disk->ring);
	if (disk->slots)
		free_pages_exact(disk->slots, NR_SLOTS * sizeof(struct slot));
	kfree(disk);
}

static void add(const struct pci_device *pci)
{
	struct disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	int error;

	if (!disk)
		return;
	disk->ops = (struct block_ops){ .start = start, .reset = reset };
	disk->block = (struct block_device){
		.name = { 'v', 'd', (char)('a' + nr_disks) },
		.number = MAJOR_NUMBER * 256 + NUMBERS * nr_disks,
		.nr_numbers = NUMBERS,
		.ops = &disk->ops,
		.driver = disk,
	};
	if (virtio_pci_find(pci, &disk->virtio) != 0) {
		kfree(disk);
		return;
	}
	error = start_disk(disk, pci);
	if (error) {
		pr_warn("virtio %02x:%02x.%x: error %d at the start of a disk: it is not used\n",
			pci->bus, pci->slot, pci->function, error);
		virtio_reset(&disk->virtio);
		virtio_pci_forget(&disk->virtio);
		free_disk(disk);
		return;
	}
	pr_info("%s: %llu MiB, virtio %s, line %u%s%s\n", disk->block.name,
		disk->block.nr_sectors >> (20 - SECTOR_SHIFT),
		disk->virtio.modern ? "1.0" : "legacy", pci->irq_line,
		disk->block.read_only ? ", read-only" : "",
		disk->block.write_through ? ", without a cache" : "");
	error = block_register(&disk->block);
	if (error)
		pr_warn("%s: error %d: it is not used\n", disk->block.name, error);
}

static void virtio_blk_probe(void)
{
	const struct pci_device *pci;

	pci_for_each(pci) {
		bool legacy = pci->device == ID_LEGACY_BLOCK,
		     modern = pci->device == ID_MODERN_BLOCK;

		if (pci->vendor == VIRTIO_VENDOR && (legacy || modern) && nr_disks < MOST_DISKS)
			add(pci);
	}
}
DISK_DRIVER(200, virtio_blk_probe);
