/* SPDX-License-Identifier: MIT */
#pragma once

#define NR_MEMBLOCK_CALLS 15
#define MEMBLOCK_WEIGHTS  64 /* sum of all weights */

/**
 * struct memblock_call - one kind of call
 * @name: for messages
 * @make: makes the call on memblock and on the model, and compares the results
 * @weight: how often, of MEMBLOCK_WEIGHTS calls
 */
struct memblock_call {
	const char *name;
	void (*make)(void);
	unsigned int weight;
};

extern const struct memblock_call memblock_calls[NR_MEMBLOCK_CALLS];
