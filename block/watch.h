/* SPDX-License-Identifier: MIT */
#pragma once

#include <block/queue.h>

/**
 * watch_start() - begin to watch the time-outs of a disk
 * @queue: of the disk
 *
 * Context: thread, may sleep.
 * Return: 0, or -ENOMEM.
 */
int watch_start(struct block_queue *queue);

/**
 * watch_stop() - end that
 * @queue: of the disk; no command runs
 *
 * Context: thread, may sleep.
 */
void watch_stop(struct block_queue *queue);
