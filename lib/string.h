/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Bytes and strings: the part of C's <string.h> that the kernel uses, with the same meaning (ISO
 * C11, 7.24), and strscpy(), which replaces the copies that can overrun a buffer or omit the
 * terminator. A host test uses the functions of its C library.
 *
 * The compiler itself emits calls of memcpy(), memmove(), memset() and memcmp(). Context of all
 * functions: any.
 */

#if __STDC_HOSTED__
#include <ctype.h>
#include <string.h>
#else

/**
 * memcpy() - copy bytes between ranges that do not overlap
 * @to: the destination
 * @from: the source
 * @n: number of bytes
 *
 * Context: any.
 * Return: @to.
 */
void *memcpy(void *restrict to, const void *restrict from, size_t n);

/**
 * memmove() - copy bytes between ranges that may overlap
 * @to: the destination
 * @from: the source
 * @n: number of bytes
 *
 * Context: any.
 * Return: @to.
 */
void *memmove(void *to, const void *from, size_t n);

/**
 * memset() - fill bytes
 * @to: the first byte
 * @byte: the value; only its low 8 bits count
 * @n: number of bytes
 *
 * Context: any.
 * Return: @to.
 */
void *memset(void *to, int byte, size_t n);

/**
 * memcmp() - compare bytes as unsigned numbers
 * @a: first range
 * @b: second range
 * @n: number of bytes
 *
 * Context: any.
 * Return: less than 0, 0 or greater than 0, as @a is less than, equal to or greater than @b at the
 * first difference.
 */
int memcmp(const void *a, const void *b, size_t n);

/**
 * memchr() - find a byte in a range
 * @s: the range
 * @byte: the value; only its low 8 bits count
 * @n: number of bytes
 *
 * Context: any.
 * Return: pointer to the first such byte; NULL if there is none.
 */
void *memchr(const void *s, int byte, size_t n);

/**
 * strlen() - count the bytes of a string
 * @s: the string, with its terminator
 *
 * Context: any.
 * Return: the number of bytes before the terminator.
 */
size_t strlen(const char *s);

/**
 * strnlen() - count the bytes of a string that may have no terminator
 * @s: the string
 * @most: the largest number of bytes to read
 *
 * Context: any.
 * Return: the number of bytes before the terminator; @most if none of them is a terminator.
 */
size_t strnlen(const char *s, size_t most);

/**
 * strcmp() - compare strings as unsigned bytes
 * @a: first string
 * @b: second string
 *
 * Context: any.
 * Return: less than 0, 0 or greater than 0, as @a is less than, equal to or greater than @b.
 */
int strcmp(const char *a, const char *b);

/**
 * strncmp() - compare the beginnings of strings
 * @a: first string
 * @b: second string
 * @most: the largest number of bytes to compare
 *
 * Context: any.
 * Return: as strcmp().
 */
int strncmp(const char *a, const char *b, size_t most);

/**
 * strchr() - find the first occurrence of a character
 * @s: the string
 * @c: the character; '\0' finds the terminator
 *
 * Context: any.
 * Return: pointer into @s; NULL if there is none.
 */
char *strchr(const char *s, int c);

/**
 * strrchr() - find the last occurrence of a character
 * @s: the string
 * @c: the character; '\0' finds the terminator
 *
 * Context: any.
 * Return: pointer into @s; NULL if there is none.
 */
char *strrchr(const char *s, int c);

/**
 * strstr() - find the first occurrence of a string in another
 * @s: the string to search
 * @part: the string to find; "" is found at the beginning
 *
 * Context: any.
 * Return: pointer into @s; NULL if there is none.
 */
char *strstr(const char *s, const char *part);

/**
 * strspn() - measure the beginning that has only characters of a set
 * @s: the string
 * @set: the characters
 *
 * Context: any.
 * Return: its length in bytes.
 */
size_t strspn(const char *s, const char *set);

/**
 * strcspn() - measure the beginning that has no character of a set
 * @s: the string
 * @set: the characters
 *
 * Context: any.
 * Return: its length in bytes.
 */
size_t strcspn(const char *s, const char *set);

/**
 * tolower() - make a small letter of a capital
 * @c: an ASCII character (C11, 7.4.2.1)
 *
 * Context: any.
 * Return: the small letter; @c itself if it is no capital.
 */
static inline int tolower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

#endif

/**
 * strscpy() - copy a string into a buffer of a known size
 * @to: the buffer; the copy is terminated unless @size is 0
 * @from: the string, which must not overlap the buffer; read only as far as it fits
 * @size: bytes in @to
 *
 * Context: any.
 * Return: the length of the copy; -E2BIG if the string was cut or @size is 0.
 */
long strscpy(char *to, const char *from, size_t size);
