/* SPDX-License-Identifier: MIT */
#include <lib/string.h>

/*
 * Copying and filling with the string instructions: words first, then the up to three bytes that
 * remain. REP MOVS and REP STOS can be interrupted and go on afterwards, so a page is copied
 * without holding interrupts off, and they are the shortest way on every CPU from the 486 on (Intel
 * SDM 1, 7.3.9.3; Optimization manual, 3.7.6).
 *
 * The direction flag is always clear in C code, and the entry code of traps clears it. A copy that
 * must run backwards does so in a loop: with the flag set, the instructions are slow.
 */

typedef u32 __attribute__((may_alias, aligned(1))) unaligned_u32;

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	void *to = dst;
	size_t words = n / 4, bytes = n % 4;

	__asm__ volatile("rep movsl" : "+D"(to), "+S"(src), "+c"(words)::"memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(bytes)::"memory");
	return dst;
}

static void copy_backwards(u8 *dst, const u8 *src, size_t n)
{
	for (; n >= 4; n -= 4)
		*(unaligned_u32 *)(dst + n - 4) = *(const unaligned_u32 *)(src + n - 4);
	/* A volatile access, or gcc takes the loop for a memmove() and calls us. */
	while (n--)
		*(volatile u8 *)(dst + n) = src[n];
}

void *memmove(void *dst, const void *src, size_t n)
{
	/* One comparison for both "before" and "behind": the distance wraps if dst is lower. */
	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(dst, src, n);
	copy_backwards(dst, src, n);
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *to = dst;
	u32 pattern = (u8)c * 0x01010101u;
	size_t words = n / 4, bytes = n % 4;

	__asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(pattern) : "memory");
	return dst;
}
