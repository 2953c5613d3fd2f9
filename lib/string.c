/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>

/*
 * String functions for which a simple loop is good enough. memcpy(), memmove() and memset() are in
 * arch/i386/string.c, because the CPU has instructions for them. On the host only strscpy() is
 * compiled, since the C library has the others. The host tests compile this file a second time,
 * freestanding and with other names, to compare every function with the C library's.
 *
 * GCC turns the loop of strlen() into a call of strlen(), which would be endless recursion; the
 * option below forbids that. Clang does not do so in freestanding code.
 */
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#if !__STDC_HOSTED__

/* The CPU reads a word at any address. */
static u32 word_at(const u8 *at)
{
	const struct {
		u32 word;
	} __packed *unaligned = (const void *)at;

	return unaligned->word;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *left = a, *right = b;

	for (; n >= sizeof(u32) && word_at(left) == word_at(right); n -= sizeof(u32)) {
		left += sizeof(u32);
		right += sizeof(u32);
	}
	for (; n; n--, left++, right++)
		if (*left != *right)
			return *left - *right;
	return 0;
}

void *memchr(const void *s, int byte, size_t n)
{
	const u8 *at = s;

	for (; n; n--, at++)
		if (*at == (u8)byte)
			return (void *)at;
	return NULL;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
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
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
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

	for (; strncmp(s, part, n) != 0; s++)
		if (!*s)
			return NULL;
	return (char *)s;
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
	for (size_t n = 0; n < size; n++) {
		to[n] = from[n];
		if (!from[n])
			return (long)n;
	}
	if (size)
		to[size - 1] = '\0';
	return -E2BIG;
}
