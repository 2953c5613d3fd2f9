/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Random numbers for tests and for injected faults: a 32-bit xorshift (Marsaglia, "Xorshift RNGs",
 * 2003, shifts 13, 17, 5). Period 2^32 - 1, three shifts per number. A user of this file prints its
 * first seed, so that a failure can be repeated.
 */

struct random {
	u32 state;
};

/**
 * random_seed() - begin a sequence
 * @random: the sequence
 * @seed: any number; 0, which would stay 0 for ever, is replaced
 */
static inline void random_seed(struct random *random, u32 seed)
{
	random->state = seed ? seed : 0x9e3779b9;
}

/**
 * random_next() - next number of a sequence
 * @random: the sequence
 *
 * Return: 1 to 2^32 - 1.
 */
static inline u32 random_next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 17;
	random->state ^= random->state << 5;
	return random->state;
}

/**
 * random_below() - a number less than a limit
 * @random: the sequence
 * @limit: not 0
 *
 * Slightly in favour of small numbers where @limit is no power of two: no matter for tests.
 */
static inline u32 random_below(struct random *random, u32 limit)
{
	return random_next(random) % limit;
}
