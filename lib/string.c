/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>

/*
 * String functions that no CPU does better than a loop; memcpy, memmove and memset are the
 * architecture's. On the host only strscpy() is compiled; the tests compile all of it a second
 * time, freestanding and under other names, to compare it with libc's.
 *
 * gcc recognises the loop of a strlen() and turns it into a call of strlen(); an attribute forbids
 * that in this file. (clang does not when it compiles freestanding code.)
 */
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#if !__STDC_HOSTED__

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *left = a, *right = b;

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
