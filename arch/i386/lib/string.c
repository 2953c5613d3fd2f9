/* SPDX-License-Identifier: MIT */
#include <lib/string.h>

/*
 * Copies and fills memory with the string instructions: words first, then up to three remaining
 * bytes. An interrupt can suspend REP MOVS and REP STOS in the middle, so copying a page does not
 * delay interrupts. They are also the shortest way on every CPU from the 486 on (Intel SDM 1,
 * 7.3.9.3).
 *
 * The direction flag is always clear in C code; the entry code of traps clears it. A copy that must
 * run backwards uses a loop, because the instructions are slow with the flag set.
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
	/*
	 * Volatile, or gcc would replace the loop by a call of memmove(), which is this function.
	 */
	while (n--)
		*(volatile u8 *)(dst + n) = src[n];
}

void *memmove(void *dst, const void *src, size_t n)
{
	/*
	 * One comparison covers "before" and "after": the distance wraps if dst is lower than src.
	 */
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
