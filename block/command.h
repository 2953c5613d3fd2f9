/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>

/**
 * command_begin() - prepare an empty command
 * @command: not in use
 * @op: the operation
 * @sector: first sector on the disk
 *
 * Context: any.
 */
void command_begin(struct block_command *command, enum block_op op, u64 sector);

/**
 * command_add() - add as much of a request as the limits of the device allow
 * @command: for the sectors before those of the request that have not been issued
 * @pool: bounce pages of the device
 * @request: its member issued grows. Data that are written are copied, where that is necessary
 *
 * Context: any except NMI; the lock of the queue is held.
 * Return: true if all of the request is issued; false if something did not fit, or there was no
 * bounce page.
 */
bool command_add(struct block_command *command, struct dma_pool *pool,
		 struct block_request *request);

/**
 * command_finish() - copy the data that were read, and free the bounce pages
 * @command: does not run any more
 * @pool: bounce pages of the device
 * @error: 0 if the device has done its work
 *
 * Context: any except NMI.
 */
void command_finish(struct block_command *command, struct dma_pool *pool, int error);
