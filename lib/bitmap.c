/* SPDX-License-Identifier: MIT */
#include <lib/bitmap.h>
#include <lib/string.h>

/*
 * A row of bits is walked word by word; word_mask() gives the bits of it that lie in a word, and so
 * whole words and both ragged ends are one case. A search turns the map so that what it looks for
 * is a 1, masks what lies before the offset, and skips words of 0.
 */

/* The bits from `from` (below BITS_PER_LONG) on, `len` of them or up to the end of the word. */
static unsigned long word_mask(unsigned long from, unsigned long len)
{
	unsigned long mask = ~0ul << from;

	if (len < BITS_PER_LONG - from)
		mask &= ~(~0ul << (from + len));
	return mask;
}

void bitmap_set(unsigned long *map, unsigned long start, unsigned long len)
{
	while (len) {
		unsigned long from = start % BITS_PER_LONG;
		unsigned long n = min(len, BITS_PER_LONG - from);

		map[start / BITS_PER_LONG] |= word_mask(from, n);
		start += n;
		len -= n;
	}
}

void bitmap_clear(unsigned long *map, unsigned long start, unsigned long len)
{
	while (len) {
		unsigned long from = start % BITS_PER_LONG;
		unsigned long n = min(len, BITS_PER_LONG - from);

		map[start / BITS_PER_LONG] &= ~word_mask(from, n);
		start += n;
		len -= n;
	}
}

void bitmap_zero(unsigned long *map, unsigned long nbits)
{
	memset(map, 0, BITS_TO_LONGS(nbits) * sizeof(*map));
}

/* Kernighan's way: each step clears the lowest bit that is set. */
static unsigned long word_weight(unsigned long word)
{
	unsigned long n = 0;

	for (; word; word &= word - 1)
		n++;
	return n;
}

unsigned long bitmap_weight(const unsigned long *map, unsigned long nbits)
{
	unsigned long n = 0;

	for (unsigned long bit = 0; bit < nbits; bit += BITS_PER_LONG)
		n += word_weight(map[bit / BITS_PER_LONG] & word_mask(0, nbits - bit));
	return n;
}

/* `invert` is all ones to look for a clear bit, else 0. */
static unsigned long find_next(const unsigned long *map, unsigned long size, unsigned long offset,
			       unsigned long invert)
{
	unsigned long word, bit;

	if (offset >= size)
		return size;
	bit = offset - offset % BITS_PER_LONG;
	word = (map[bit / BITS_PER_LONG] ^ invert) & (~0ul << offset % BITS_PER_LONG);
	while (!word) {
		bit += BITS_PER_LONG;
		if (bit >= size)
			return size;
		word = map[bit / BITS_PER_LONG] ^ invert;
	}
	return min(size, bit + (unsigned long)__builtin_ctzl(word));
}

unsigned long find_next_bit(const unsigned long *map, unsigned long size, unsigned long offset)
{
	return find_next(map, size, offset, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size, unsigned long offset)
{
	return find_next(map, size, offset, ~0ul);
}

unsigned long bitmap_find_next_zero_area(const unsigned long *map, unsigned long size,
					 unsigned long start, unsigned long nr,
					 unsigned long align_mask)
{
	for (;;) {
		unsigned long used, first = find_next_zero_bit(map, size, start);

		first = ALIGN_UP(first, align_mask + 1);
		if (first > size || nr > size - first)
			return size;
		used = find_next_bit(map, first + nr, first);
		if (used == first + nr)
			return first;
		start = used + 1;
	}
}
