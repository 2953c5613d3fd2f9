/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>
#include <sched/wait.h>

/*
 * The queue of a disk, for the files of block/.
 */

/**
 * struct block_queue - the requests and commands of a disk
 * @lock: guards all members but those of block/watch.c. Any context, interrupts off. The locks of
 *        the driver, of the page allocator, of @device's counts and of wait queues may be acquired
 *        with it held
 * @device: the disk
 * @pool: bounce pages
 * @sweep: the requests that the disk works on, by sector
 * @waiting: reads [BLOCK_READ] and writes [BLOCK_WRITE] for a later sweep, in order of arrival
 * @held: a flush and all writes and flushes behind it, in order of arrival
 * @flushed: the requests that the running flush serves
 * @nr_writes: writes that have not ended, without those in @held
 * @free: commands that are not in use
 * @running: commands that the driver has, in order of their start
 * @commands: memory of all commands
 * @nr_busy: commands that are not in @free
 * @stalled: a command that the driver could not take, which is started next; or NULL
 * @flushing: a flush runs
 * @resetting: the driver resets the device: no command is started
 * @dead: the device did not answer after a reset: requests end with -EIO
 * @closing: the device is being unregistered: requests end with -ENXIO
 * @answered: tick of the latest completion
 * @nr_resets: resets without a completion since
 * @nr_retries, @all_resets, @nr_commands: for reports
 * @nr_errors, @error_ticks: limit the messages: errors since then; changed without the lock
 * @watcher, @wake, @watched: of block/watch.c
 * @emptied: block_unregister() waits here until nothing runs
 */
struct block_queue {
	spinlock_t lock;
	struct block_device *device;
	struct dma_pool pool;
	struct list_head sweep, waiting[2], held, flushed;
	u32 nr_writes;
	struct list_head free, running;
	struct block_command *commands;
	u32 nr_busy;
	struct block_command *stalled;
	bool flushing, resetting, dead, closing;
	u32 answered, nr_resets;
	u32 nr_retries, all_resets, nr_commands;
	u32 nr_errors, error_ticks;
	struct thread *watcher;
	struct wait_queue wake;
	bool watched;
	struct wait_queue emptied;
};

/**
 * queue_create() - make the queue of a disk
 * @device: its limits are set
 *
 * Context: thread, may sleep.
 * Return: 0, -ENOMEM or -EINVAL.
 */
int queue_create(struct block_device *device);

/**
 * queue_close() - end all requests with -ENXIO, and wait for the commands that run
 * @queue: no request will be submitted any more; its time-outs are still watched
 *
 * Context: thread, may sleep.
 */
void queue_close(struct block_queue *queue);

/**
 * queue_destroy() - free the queue of a disk
 * @queue: closed; nothing watches it any more
 *
 * Context: thread, may sleep.
 */
void queue_destroy(struct block_queue *queue);

/**
 * queue_is_idle() - has a queue no request and no command?
 * @queue: locked by the caller
 *
 * Context: any.
 * Return: true if there is nothing to watch.
 */
bool queue_is_idle(const struct block_queue *queue);

/**
 * queue_run() - start as many commands as the device takes
 * @queue: any
 *
 * Context: any except NMI.
 */
void queue_run(struct block_queue *queue);

/**
 * queue_overdue() - find out whether the device hangs
 * @queue: any
 *
 * Context: any except NMI.
 * Return: the command that should have ended. No command is started until queue_take_back(). NULL
 * if all is well.
 */
struct block_command *queue_overdue(struct block_queue *queue);

/**
 * queue_take_back() - end all commands that run, after a reset
 * @queue: queue_overdue() has found a command
 *
 * Their requests are tried again. After two resets without a completion all requests end with -EIO.
 * Context: thread.
 */
void queue_take_back(struct block_queue *queue);

/**
 * queue_counts() - add what only the queue knows
 * @queue: any
 * @counts: its members commands, retries, resets and bounced are set
 *
 * Context: any.
 */
void queue_counts(struct block_queue *queue, struct block_counts *counts);
