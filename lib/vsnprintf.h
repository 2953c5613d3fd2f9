/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Formatted text in a buffer, as ISO C11 7.21.6.1 says, without floating point:
 *
 *	%[flags][width][.precision][length]conversion
 *
 *	flags       - left-adjust   0 pad with zeros   + show a plus   (space) show a blank
 *	            # prefix 0x or 0
 *	width       number or *     precision  number or *
 *	length      hh h l ll j z t
 *	conversion  d i u o x X  integers
 *	            c s          character, string; a NULL string is shown as (null)
 *	            p            pointer: 0x and as many digits as a pointer has
 *	            %            itself
 *
 * Anything else is copied unchanged, so that a mistake is seen. Callable from any context.
 */

/**
 * vsnprintf() - format into a buffer
 * @buf: where; may be NULL if @size is 0
 * @size: bytes in @buf; the text is cut to fit and terminated, unless @size is 0
 * @fmt: see above
 * @args: the arguments of @fmt
 *
 * Return: the length that the whole text has, whether it fitted or not.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);

/**
 * snprintf() - format into a buffer
 * @buf: as vsnprintf()
 * @size: as vsnprintf()
 * @fmt: see above
 *
 * Return: the length that the whole text has, whether it fitted or not.
 */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/**
 * scnprintf() - format into a buffer, for texts put together piece by piece
 * @buf: as vsnprintf()
 * @size: as vsnprintf()
 * @fmt: see above
 *
 * Return: the length of what is in @buf now, always less than @size; 0 if @size is 0.
 */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
