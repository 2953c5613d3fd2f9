/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Sets of small numbers, one bit each, in an array of unsigned longs; bit n is bit n %
 * BITS_PER_LONG of word n / BITS_PER_LONG. Bits of the last word past the size are never looked at.
 * Nothing here is atomic: the owner says what guards the map.
 *
 * Where a search finds nothing it returns the size of the map.
 */

#define BITS_PER_LONG        (8 * sizeof(unsigned long))
#define BITS_TO_LONGS(nbits) (((nbits) + BITS_PER_LONG - 1) / BITS_PER_LONG)

/* A variable or member that holds a map of `nbits` bits. */
#define DECLARE_BITMAP(name, nbits) unsigned long name[BITS_TO_LONGS(nbits)]

static inline void __set_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= 1ul << nr % BITS_PER_LONG;
}

static inline void __clear_bit(unsigned long nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] &= ~(1ul << nr % BITS_PER_LONG);
}

static inline bool test_bit(unsigned long nr, const unsigned long *map)
{
	return map[nr / BITS_PER_LONG] >> nr % BITS_PER_LONG & 1;
}

/**
 * bitmap_set() - set a row of bits
 * @map: map
 * @start: the first
 * @len: how many
 */
void bitmap_set(unsigned long *map, unsigned long start, unsigned long len);

/**
 * bitmap_clear() - clear a row of bits
 * @map: map
 * @start: the first
 * @len: how many
 */
void bitmap_clear(unsigned long *map, unsigned long start, unsigned long len);

/**
 * bitmap_zero() - clear all bits
 * @map: map
 * @nbits: its size
 */
void bitmap_zero(unsigned long *map, unsigned long nbits);

/**
 * bitmap_weight() - count the bits that are set
 * @map: map
 * @nbits: its size
 *
 * Return: their number.
 */
unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits);

/**
 * find_next_bit() - find a bit that is set
 * @map: map
 * @size: its size in bits
 * @offset: where to begin
 *
 * Return: the first at or after @offset, @size if there is none.
 */
unsigned long find_next_bit(const unsigned long *map, unsigned long size, unsigned long offset);

/**
 * find_next_zero_bit() - find a bit that is clear
 * @map: map
 * @size: its size in bits
 * @offset: where to begin
 *
 * Return: the first at or after @offset, @size if there is none.
 */
unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
				 unsigned long offset);

/**
 * bitmap_find_next_zero_area() - find a row of clear bits
 * @map: map
 * @size: its size in bits
 * @start: where to begin
 * @nr: length of the row
 * @align_mask: the row begins at a multiple of this plus one, which is a power of two; 0: anywhere
 *
 * Return: first bit of the first such row, @size if there is none.
 */
unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long size,
					 unsigned long start, unsigned long nr,
					 unsigned long align_mask);

#define find_first_bit(map, size)      find_next_bit(map, size, 0)
#define find_first_zero_bit(map, size) find_next_zero_bit(map, size, 0)

/* Over the bits that are set; `bit` is an unsigned long. */
#define for_each_set_bit(bit, map, size)                        \
	for ((bit) = find_first_bit(map, size); (bit) < (size); \
	     (bit) = find_next_bit(map, size, (bit) + 1))
