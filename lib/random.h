/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Pseudo-random numbers for tests and for injected faults: the 32-bit xorshift generator with the
 * shifts 13, 17 and 5 (Marsaglia, "Xorshift RNGs", 2003). Its period is 2^32 - 1. A caller prints
 * its seed, so that a failure can be repeated. Context: any; the caller protects the sequence.
 */

/**
 * struct random - a sequence of numbers
 * @state: the last number; never 0
 */
struct random {
	u32 state;
};

/**
 * random_seed() - start a sequence
 * @random: the sequence
 * @seed: any number; 0 is replaced, because the generator would never leave it
 *
 * Context: any; no lock protects the sequence.
 */
static inline void random_seed(struct random *random, u32 seed)
{
	random->state = seed ? seed : 0x9e3779b9;
}

/**
 * random_next() - compute the next number of a sequence
 * @random: the sequence
 *
 * Context: any; no lock protects the sequence.
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
 * random_below() - compute a number below a limit
 * @random: the sequence
 * @limit: not 0
 *
 * If @limit is not a power of two, small numbers are slightly more frequent. Tests do not mind.
 *
 * Context: any; no lock protects the sequence.
 * Return: 0 to @limit - 1.
 */
static inline u32 random_below(struct random *random, u32 limit)
{
	return random_next(random) % limit;
}
