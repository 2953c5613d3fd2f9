/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * count_bits() - how many bits of a word are 1
 * @word: any
 *
 * The compiler would call a library for it.
 */
static inline unsigned int count_bits(u32 word)
{
	unsigned int count = 0;

	for (; word; word &= word - 1)
		count++;
	return count;
}
