/* SPDX-License-Identifier: MIT */
#include <lib/sort.h>

/*
 * Heap sort (Williams, Algorithm 232, 1964): the array is first made a heap, in which no element is
 * less than its children (those of i are 2i + 1 and 2i + 2); then its largest, the first, changes
 * places with the last of the heap, again and again, and sorted elements grow from the end.
 */

static void swap(u8 *a, u8 *b, size_t size)
{
	while (size--) {
		u8 byte = *a;

		*a++ = *b;
		*b++ = byte;
	}
}

/* Moves element i down until it is not less than its children; the heap has num elements. */
static void sift_down(u8 *base, size_t i, size_t num, size_t size,
		      int (*cmp)(const void *a, const void *b))
{
	size_t child;

	while ((child = 2 * i + 1) < num) {
		if (child + 1 < num && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + i * size, base + child * size) >= 0)
			return;
		swap(base + i * size, base + child * size, size);
		i = child;
	}
}

void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b))
{
	for (size_t i = num / 2; i-- > 0;)
		sift_down(base, i, num, size, cmp);
	for (size_t end = num; end-- > 1;) {
		swap(base, (u8 *)base + end * size, size);
		sift_down(base, 0, end, size, cmp);
	}
}
