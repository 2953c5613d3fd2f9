/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>

/*
 * A disk for tests: the test decides when each command ends, in which order, and how. It has a
 * cache: what was written is on the medium after a flush only.
 */

#define FAKE_SECTORS  512u
#define FAKE_COMMANDS 64u

/* A command that the disk got. */
struct fake_log {
	enum block_op op;
	u32 sector, nr_sectors, nr_pieces;
};

/**
 * struct fake - the disk
 * @device, @ops: as it is registered
 * @lock: guards the members behind it. The lock of the queue may be held when it is acquired
 * @held: commands that run, in order of their start
 * @nr_held: number of them
 * @log, @nr_logged: all commands that were started
 * @cache, @medium: contents of the sectors: one number for each
 * @bad_sector: a command that contains it fails
 * @refuse: number of commands to refuse with -EBUSY
 * @dead: commands never end
 * @answer_in_reset: the disk works again after a reset
 * @nr_resets: calls of reset()
 * @most_held: highest value of @nr_held
 * @out_of_reach: pieces that the device could not have reached
 */
struct fake {
	struct block_device device;
	struct block_ops ops;
	spinlock_t lock;
	struct block_command *held[32];
	u32 nr_held;
	struct fake_log log[FAKE_COMMANDS];
	u32 nr_logged;
	u32 cache[FAKE_SECTORS], medium[FAKE_SECTORS];
	u64 bad_sector;
	u32 refuse, nr_resets, most_held, out_of_reach;
	bool dead, answer_in_reset;
};

/**
 * fake_register() - make the disk
 * @depth: commands that may run at the same time
 * @reach: memory that it reaches; NULL: all
 * @max_segments: pieces of a command; 0: as many as possible
 * @max_bytes: size of a command; 0: as large as possible
 *
 * Context: thread, may sleep.
 * Return: the disk; NULL without memory.
 */
struct fake *fake_register(u32 depth, const struct dma_reach *reach, u32 max_segments,
			   u32 max_bytes);

/**
 * fake_unregister() - remove the disk
 * @fake: from fake_register(), without commands
 *
 * Context: thread, may sleep.
 */
void fake_unregister(struct fake *fake);

/**
 * fake_end() - let a command end
 * @fake: the disk
 * @i: place in @held
 *
 * Context: any.
 */
void fake_end(struct fake *fake, u32 i);

/**
 * fake_end_all() - let commands end until there are none
 * @fake: the disk
 *
 * Context: any.
 */
void fake_end_all(struct fake *fake);
