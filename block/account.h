/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/block.h>

/**
 * account_begin() - count a request that was submitted
 * @request: its started is set; counted for its device, and for the disk of a partition
 *
 * Context: any except NMI.
 */
void account_begin(struct block_request *request);

/**
 * account_end() - count a request that has ended
 * @request: its error is set
 *
 * Context: any except NMI.
 */
void account_end(struct block_request *request);

/**
 * account_merge() - count a request that continues another one in the same command
 * @request: it was submitted
 *
 * Context: any except NMI.
 */
void account_merge(struct block_request *request);

/**
 * account_get() - copy the counts, without those of the queue
 * @device: a disk or a partition
 * @counts: filled
 *
 * Context: any.
 */
void account_get(struct block_device *device, struct block_counts *counts);
