/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Strings and blocks of bytes, with the meaning of the C standard (ISO C11, 7.24) unless said
 * otherwise. On the host these are the C library's.
 */

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int byte, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t most);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *part);
size_t strspn(const char *s, const char *set);
size_t strcspn(const char *s, const char *set);

/**
 * strscpy() - copy a string into a buffer of a known size
 * @to: buffer
 * @from: string; does not overlap the buffer
 * @size: bytes in the buffer
 *
 * The result always ends in a zero, unless @size is 0.
 * Return: characters copied, or -E2BIG if the string was cut.
 */
long strscpy(char *to, const char *from, size_t size);
