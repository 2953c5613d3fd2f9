/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>

/*
 * The compiler calls memcpy, memmove, memset and memcmp on its own, so they must be here under these
 * names, and must not be turned into calls of themselves: hence the loops that it cannot recognise.
 * Blocks are moved with the string instructions, a word at a time: four bytes for one instruction.
 */

#if !__STDC_HOSTED__

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	size_t words = n / 4, bytes = n % 4;
	void *at = to;

	__asm__ volatile("rep movsl" : "+D"(at), "+S"(from), "+c"(words)::"memory");
	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(bytes)::"memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	const u8 *src = from;
	u8 *dst = to;

	if ((uintptr_t)dst - (uintptr_t)src >= n)
		return memcpy(to, from, n);
	while (n--) {
		dst[n] = src[n];
		barrier();
	}
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	u32 word = (u8)byte * 0x01010101u;
	size_t words = n / 4, bytes = n % 4;
	void *at = to;

	__asm__ volatile("rep stosl" : "+D"(at), "+c"(words) : "a"(word) : "memory");
	__asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(word) : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (size_t i = 0; i < n; i++)
		if (x[i] != y[i])
			return x[i] - y[i];
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	const u8 *at = s;

	for (; n--; at++)
		if (*at == (u8)byte)
			return (void *)at;
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n]) {
		n++;
		barrier();
	}
	return n;
}

size_t strnlen(const char *s, size_t most)
{
	size_t n = 0;

	while (n < most && s[n])
		n++;
	return n;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

int strncmp(const char *a, const char *b, size_t most)
{
	for (; most; a++, b++, most--) {
		if (*a != *b)
			return (u8)*a - (u8)*b;
		if (!*a)
			break;
	}
	return 0;
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++)
		if (!*s)
			return NULL;
	return (char *)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *strstr(const char *s, const char *part)
{
	size_t n = strlen(part);

	for (;; s++) {
		if (strncmp(s, part, n) == 0)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

size_t strspn(const char *s, const char *set)
{
	size_t n = 0;

	while (s[n] && strchr(set, s[n]))
		n++;
	return n;
}

size_t strcspn(const char *s, const char *set)
{
	size_t n = 0;

	while (s[n] && !strchr(set, s[n]))
		n++;
	return n;
}

#endif

long strscpy(char *to, const char *from, size_t size)
{
	size_t n = strnlen(from, size);

	if (size == 0)
		return -E2BIG;
	if (n < size) {
		memcpy(to, from, n + 1);
		return (long)n;
	}
	memcpy(to, from, size - 1);
	to[size - 1] = '\0';
	return -E2BIG;
}
