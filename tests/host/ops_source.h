/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The source of a sequence of operations, as bytes: random numbers in a test, the input in a
 * fuzzer.
 */

/**
 * struct ops_source - a source of bytes
 * @next: returns the next byte; 0 after the last
 * @more: returns whether there are bytes left
 * @arg: passed to both
 */
struct ops_source {
	u8 (*next)(void *arg);
	bool (*more)(void *arg);
	void *arg;
};
