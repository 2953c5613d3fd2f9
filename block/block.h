/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/spinlock.h>
#include <lib/linker_set.h>
#include <lib/list.h>
#include <mm/dma.h>

/*
 * Disks. A file system, or the cache, submits requests, each for a run of sectors of one device
 * and a list of parts of pages. The core sorts the requests of a disk, merges neighbours, replaces
 * pages that the device does not reach, and gives commands to the driver. See docs/block.md.
 *
 *	request ─▶ queue of the disk (sorted) ─▶ command ─▶ driver ─▶ block_complete() ─▶ done()
 *
 * Requests that are submitted at the same time have no order, even if they overlap. An order comes
 * from waiting for done(), or from a flush.
 */

#define SECTOR_SHIFT 9u
#define SECTOR_SIZE  512u

/* Pieces of a command at most. A request may have more segments: it becomes several commands. */
#define BLOCK_MAX_SEGMENTS 32u

enum block_op {
	BLOCK_READ,
	BLOCK_WRITE,
	BLOCK_FLUSH, /* all earlier writes are on the medium afterwards */
	NR_BLOCK_OPS,
};

/**
 * struct block_segment - a part of a page
 * @page: any page, also of highmem
 * @offset: first byte, a multiple of 512
 * @length: bytes, a multiple of 512; the part ends in the same page
 */
struct block_segment {
	struct page *page;
	u32 offset, length;
};

struct block_device;
struct block_command;

/**
 * struct block_request - a run of sectors, and the memory for them
 * @device: a disk or a partition
 * @op: the operation; a BLOCK_FLUSH has no sectors and no segments
 * @sector: first sector on @device
 * @nr_segments: number of elements of @segments
 * @segments: the memory, in the order of the sectors; stays as it is until @done is called
 * @done: called once, in any context except NMI, perhaps before block_submit() returns. It does not
 *        sleep. The core does not touch the request afterwards
 * @private: of the submitter
 * @error: result: 0, -EIO (the device failed, or the sectors do not exist), -EROFS, -ENXIO (the
 *         device was removed). After an error any part of the data may have been transferred
 * @link, @position, @bytes, @issued, @left, @started, @tries, @failed: of block/queue.c
 *
 * Members other than those of block/queue.c are set by the submitter.
 */
struct block_request {
	struct block_device *device;
	enum block_op op;
	u64 sector;
	u32 nr_segments;
	const struct block_segment *segments;
	void (*done)(struct block_request *request);
	void *private;
	int error;

	struct list_head link;
	u64 position;
	u32 bytes, issued, left;
	u32 started;
	u8 tries;
	bool failed;
};

/**
 * struct block_part - a part of a command that belongs to one request
 * @request: its request
 * @page, @offset, @length: the memory that the request names
 * @bounce: the page that replaces it; NULL if the device reaches @page
 */
struct block_part {
	struct block_request *request;
	struct page *page;
	u32 offset, length;
	struct page *bounce;
};

/**
 * struct block_command - what a driver gives to its device
 * @device: the whole disk
 * @op: the operation; a BLOCK_FLUSH has no sectors
 * @sector: first sector on the disk
 * @nr_sectors: number of sectors
 * @nr_pieces: number of elements of @pieces
 * @pieces: the memory, as the device sees it: in reach, and never more than device->max_segments
 * @tag: different for all commands of the device that run; less than ops->queue_depth
 * @private: of the driver
 * @link, @started, @running, @nr_parts, @parts: of block/queue.c. Drivers that copy the data
 *	themselves may read the parts: they are the same bytes in the same order
 */
struct block_command {
	struct block_device *device;
	enum block_op op;
	u64 sector;
	u32 nr_sectors;
	u32 nr_pieces;
	struct dma_piece pieces[BLOCK_MAX_SEGMENTS];
	u32 tag;
	void *private;

	struct list_head link;
	u32 started;
	bool running;
	u32 nr_parts;
	struct block_part parts[BLOCK_MAX_SEGMENTS];
};

/**
 * struct block_ops - functions of a driver
 * @start: gives a command to the device. Called with the lock of the queue held, and interrupts
 *         off; it must not call block_complete(). Returns 0 if the command runs; -EBUSY to be
 *         called again after the next completion; any other negative errno: the command has failed
 * @reset: called by a thread if a command has not ended in time. Stops the device, so that it
 *         touches the memory of no command any more, and makes it usable again. It may sleep, and
 *         may complete commands. The core takes back all commands that run when it returns, so the
 *         driver has to forget them
 * @transfer: for devices that are memory: does the whole request at once, and returns 0 or a
 *            negative errno. Then there is no queue, and no other function. Any context
 * @queue_depth: number of commands that may run at the same time
 */
struct block_ops {
	int (*start)(struct block_device *device, struct block_command *command);
	void (*reset)(struct block_device *device, struct block_command *command);
	int (*transfer)(struct block_device *device, struct block_request *request);
	u32 queue_depth;
};

/**
 * struct block_counts - what a device has done; the columns of Linux's /proc/diskstats
 * @requests: requests that have ended, by op
 * @merged: requests that became a part of a command with an earlier request, by op
 * @sectors: sectors of the requests that have ended, by op
 * @ms: sum of the times that the requests took, by op
 * @in_flight: requests that have not ended
 * @busy_ms: time in which there was at least one such request
 * @weighted_ms: sum of the times of all requests, also of those that have not ended
 * @errors: requests that ended with an error of the device
 * @retries: requests that were tried again
 * @resets: resets after a time-out
 * @commands: commands that were started
 * @bounced: pages that were copied in reads [0] and in writes [1]
 */
struct block_counts {
	u32 requests[NR_BLOCK_OPS], merged[NR_BLOCK_OPS];
	u64 sectors[NR_BLOCK_OPS];
	u32 ms[NR_BLOCK_OPS];
	u32 in_flight, busy_ms, weighted_ms;
	u32 errors, retries, resets, commands;
	u64 bounced[2];
};

/**
 * struct block_device - a disk, or a partition
 * @name: "vda", "hda", "fd0", "ram0"; "hda1" for a partition
 * @number: 256 * major + minor, as in Linux: vda 254:0, vdb 254:16, hda 3:0, hdb 3:64, hdc 22:0,
 *          fd0 2:0, ram0 1:0
 * @nr_numbers: numbers from @number on for the disk and its partitions; 0 or 1: it has none
 * @nr_sectors: size, in sectors of 512 bytes
 * @read_only: writes end with -EROFS
 * @write_through: the device has no cache that loses its contents with the power. No BLOCK_FLUSH is
 *                 given to the driver then. Nevertheless a flush waits for earlier writes
 * @max_segments: pieces of a command; 0: BLOCK_MAX_SEGMENTS
 * @max_bytes: size of a command, a multiple of 512; 0: 128 KiB. At most that
 * @reach: memory that the device reaches; all zeroes: any
 * @timeout_ms: time without any completion after which a command has failed; 0: 10 s
 * @ops: functions of the driver; for a partition those of the disk
 * @driver: of the driver
 * @cache_object: of fs/: the object with the pages of the raw device
 * @whole: the disk of a partition; NULL for a disk
 * @start: first sector of a partition on its disk
 * @queue: of block/queue.c; NULL for a partition, and for a device with ops->transfer
 * @count_lock: guards @counts, and @last_change. Innermost
 * @counts: of block/account.c; block_counts_get() reads them
 * @last_change: tick of the latest change of counts.in_flight
 * @link: link in the list of all devices
 *
 * A driver sets the members down to @driver before it calls block_register().
 */
struct block_device {
	char name[16];
	u32 number, nr_numbers;
	u64 nr_sectors;
	bool read_only, write_through;
	u32 max_segments, max_bytes;
	struct dma_reach reach;
	u32 timeout_ms;
	const struct block_ops *ops;
	void *driver;
	void *cache_object;

	struct block_device *whole;
	u64 start;
	struct block_queue *queue;
	spinlock_t count_lock;
	struct block_counts counts;
	u32 last_change;
	struct list_head link;
};

/**
 * block_submit() - begin a request
 * @request: its members down to @private are set
 *
 * It panics if a segment is not within a page, or not made of whole sectors.
 * Context: any except NMI; no lock may be held that request->done acquires. Does not sleep.
 */
void block_submit(struct block_request *request);

/**
 * block_transfer() - submit a request, and wait for it
 * @device: a disk or a partition
 * @op: the operation
 * @sector: first sector
 * @segments: the memory
 * @nr: number of segments
 *
 * Context: thread, may sleep.
 * Return: 0, -EIO, -EROFS or -ENXIO.
 */
int block_transfer(struct block_device *device, enum block_op op, u64 sector,
		   const struct block_segment *segments, u32 nr);

/**
 * block_flush() - wait until all that was written is on the medium
 * @device: a disk or a partition
 *
 * Writes that were submitted before are done first. Writes that are submitted later wait for it.
 * Context: thread, may sleep.
 * Return: 0, -EIO or -ENXIO.
 */
int block_flush(struct block_device *device);

/**
 * block_complete() - report that a command has ended
 * @command: given to ops->start; the driver does not touch it afterwards
 * @error: 0, or a negative errno. Then its requests are tried once more, each by itself, and end
 *         with -EIO if they fail again
 *
 * Calls request->done, and starts further commands.
 * Context: any except NMI, without locks that ops->start acquires.
 */
void block_complete(struct block_command *command, int error);

/**
 * block_register() - make a disk known, and find its partitions
 * @device: memory of the driver, which stays; the members down to @driver are set
 *
 * Commands may be started before the function returns.
 * Context: thread, may sleep.
 * Return: 0; -ENOMEM; -EEXIST if there is a device of this name or number.
 */
int block_register(struct block_device *device);

/**
 * block_unregister() - forget a disk and its partitions
 * @device: a disk; no other thread uses it, or will use it
 *
 * Requests that wait end with -ENXIO. The function waits for those that run.
 * Context: thread, may sleep.
 */
void block_unregister(struct block_device *device);

/**
 * block_find() - find a device by its name
 * @name: "hda1"
 *
 * Context: thread, may sleep.
 * Return: the device; NULL if there is none.
 */
struct block_device *block_find(const char *name);

/**
 * block_find_number() - find a device by its number
 * @number: 256 * major + minor
 *
 * Context: thread, may sleep.
 * Return: the device; NULL if there is none.
 */
struct block_device *block_find_number(u32 number);

/**
 * block_for_each() - call a function for each disk and partition
 * @fn: returns 0 to go on
 * @arg: argument of @fn
 *
 * Disks come in the order of their registration, each followed by its partitions.
 * Context: thread, may sleep. @fn may sleep, but must not register a device.
 * Return: the last result of @fn; 0 without any device.
 */
int block_for_each(int (*fn)(struct block_device *device, void *arg), void *arg);

/**
 * block_overlap() - do two devices share sectors?
 * @a, @b: disks or partitions
 *
 * Context: any.
 * Return: true for a device and itself, a disk and its partition, and partitions that overlap.
 */
bool block_overlap(const struct block_device *a, const struct block_device *b);

/**
 * block_use_names() - set a function that is called for each disk and partition
 * @fn: makes /dev/NAME. If @there is false, it removes the name and device->cache_object. Called at
 *      once for the devices that exist; without locks of block/
 *
 * Context: thread, once; may sleep.
 */
void block_use_names(void (*fn)(struct block_device *device, bool there));

/**
 * block_counts_get() - copy what a device has done so far
 * @device: a disk or a partition; @commands, @retries, @resets and @bounced are of the disk only
 * @counts: filled
 *
 * Context: any.
 */
void block_counts_get(struct block_device *device, struct block_counts *counts);

/*
 * A driver of disks: a ranked linker set. The function finds the devices, and registers them. It is
 * called once, by a thread that may sleep, before the first program starts.
 */
struct disk_driver {
	void (*probe)(void);
};

#define DISK_DRIVER(rank, fn)                                               \
	ASSERT_RANK(rank);                                                  \
	static const struct disk_driver disk_driver_##fn LINKER_SET_RANKED( \
		disk_drivers, rank) = { .probe = (fn) }

/**
 * block_init() - find all disks
 *
 * Makes the RAM disks, and calls the drivers in the order of their ranks.
 * Context: thread, may sleep; once.
 */
void block_init(void);
