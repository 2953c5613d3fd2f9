/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Arithmetic on one word that neither C nor the CPU has. The names are Linux's. Context: any.
 */

/**
 * hweight32() - count the bits of a word that are 1 (its Hamming weight)
 * @w: any word
 *
 * __builtin_popcount() would call a function of the compiler's runtime library, which the kernel is
 * not linked with; POPCNT is missing on most 32-bit CPUs. Each step here clears the lowest bit that
 * is 1 (Kernighan and Ritchie, exercise 2-9).
 *
 * Context: any.
 * Return: 0 to 32.
 */
static inline unsigned int hweight32(u32 w)
{
	unsigned int count = 0;

	for (; w; w &= w - 1)
		count++;
	return count;
}

/**
 * int_sqrt() - integer square root
 * @x: any number
 *
 * The root is built from its highest bit down: a bit stays if the square of the result does not
 * exceed @x. Dividing @x avoids a square that does not fit in a word.
 *
 * Context: any.
 * Return: the square root of @x, rounded down.
 */
static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0;

	for (unsigned long bit = 1ul << (4 * sizeof(x) - 1); bit; bit >>= 1)
		if ((root | bit) <= x / (root | bit))
			root |= bit;
	return root;
}
