/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/object.h>

/**
 * writeback_start() - start the thread that writes dirty pages, unless it runs
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int writeback_start(void);

/**
 * writeback_kick() - let the thread write all dirty pages: memory is short
 *
 * Context: any.
 */
void writeback_kick(void);

/**
 * struct writeback_limits - how many pages may be dirty
 * @background: above it the thread writes
 * @hard: above it writers wait
 */
struct writeback_limits {
	unsigned long background, hard;
};

/**
 * writeback_limits() - compute the limits
 *
 * Context: any.
 * Return: shares of the memory that may hold dirty pages: what is free, and the cache.
 */
struct writeback_limits writeback_limits(void);
