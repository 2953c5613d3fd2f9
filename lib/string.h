/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Bytes and strings: the part of C's <string.h> that the kernel uses, with the same meaning (ISO
 * C11, 7.24), and strscpy() in place of the copies that can overrun or forget the terminator. A
 * host program gets those of its libc. All may be called from any context.
 *
 * The compiler itself emits calls of memcpy, memmove, memset and memcmp. The first three are the
 * architecture's.
 */

#if __STDC_HOSTED__
#include <string.h>
#else

/**
 * memcpy() - copy bytes that do not overlap
 * @to: where to
 * @from: where from
 * @n: bytes
 *
 * Return: @to.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t n);

/**
 * memmove() - copy bytes that may overlap
 * @to: where to
 * @from: where from
 * @n: bytes
 *
 * Return: @to.
 */
void *memmove(void *to, const void *from, size_t n);

/**
 * memset() - fill bytes
 * @to: the first
 * @byte: the value, of which the low 8 bits count
 * @n: bytes
 *
 * Return: @to.
 */
void *memset(void *to, int byte, size_t n);

/**
 * memcmp() - compare bytes as unsigned numbers
 * @a: one
 * @b: the other
 * @n: bytes
 *
 * Return: less than, equal to or greater than 0, as @a is to @b at the first difference.
 */
int memcmp(const void *a, const void *b, size_t n);

/**
 * memchr() - find a byte
 * @s: where
 * @byte: the value, of which the low 8 bits count
 * @n: bytes to look at, at most
 *
 * Return: the first one, or NULL.
 */
void *memchr(const void *s, int byte, size_t n);

/**
 * strlen() - length of a string
 * @s: terminated
 *
 * Return: bytes before the terminator.
 */
size_t strlen(const char *s);

/**
 * strnlen() - length of a string that may lack its terminator
 * @s: string
 * @most: bytes that may be read
 *
 * Return: bytes before the terminator; @most if there is none among them.
 */
size_t strnlen(const char *s, size_t most);

/**
 * strcmp() - compare strings by unsigned byte
 * @a: one
 * @b: the other
 *
 * Return: less than, equal to or greater than 0.
 */
int strcmp(const char *a, const char *b);

/**
 * strncmp() - compare the beginnings of strings
 * @a: one
 * @b: the other
 * @most: bytes to look at
 *
 * Return: as strcmp().
 */
int strncmp(const char *a, const char *b, size_t most);

/**
 * strchr() - first place of a character
 * @s: where
 * @c: which; '\0' finds the terminator
 *
 * Return: pointer into @s, or NULL.
 */
char *strchr(const char *s, int c);

/**
 * strrchr() - last place of a character
 * @s: where
 * @c: which; '\0' finds the terminator
 *
 * Return: pointer into @s, or NULL.
 */
char *strrchr(const char *s, int c);

/**
 * strstr() - first place of a string in another
 * @s: where
 * @part: which; "" is found at once
 *
 * Return: pointer into @s, or NULL.
 */
char *strstr(const char *s, const char *part);

/**
 * strspn() - length of the beginning that is made only of some characters
 * @s: string
 * @set: those characters
 *
 * Return: bytes.
 */
size_t strspn(const char *s, const char *set);

/**
 * strcspn() - length of the beginning that has none of some characters
 * @s: string
 * @set: those characters
 *
 * Return: bytes.
 */
size_t strcspn(const char *s, const char *set);

#endif

/**
 * strscpy() - copy a string into a buffer of a known size
 * @to: buffer; terminated afterwards, unless @size is 0
 * @from: string outside of the buffer; not read further than what fits
 * @size: bytes in @to
 *
 * Return: the length of the copy, or -E2BIG if it was cut (or @size is 0).
 */
long strscpy(char *to, const char *from, size_t size);
