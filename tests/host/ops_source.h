/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Where a program of operations comes from, one byte after the other: random numbers for a test, the input
 * for a fuzzer.
 */

/**
 * struct ops_source - where the bytes come from
 * @next: one more byte; 0 for ever when there are no more
 * @more: is there anything left?
 * @arg: for both
 */
struct ops_source {
	u8 (*next)(void *arg);
	bool (*more)(void *arg);
	void *arg;
};
