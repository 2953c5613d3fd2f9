/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Formatted text in a buffer, as in ISO C11, 7.21.6.1, without floating point:
 *
 *	%[flags][width][.precision][length]conversion
 *
 *	flags       - left-adjust   0 pad with zeros   + show a plus   (space) show a blank
 *	            # prefix 0x or 0
 *	width       number or *     precision  number or *
 *	length      hh h l ll j z t
 *	conversion  d i u o x X  integers
 *	            c s          character, string; a NULL string prints as (null)
 *	            p            pointer: 0x and all digits of a pointer
 *	            %            a percent sign
 *
 * Any other conversion is copied unchanged, so that the mistake is visible. Context: any.
 */

/**
 * vsnprintf() - format text into a buffer
 * @buf: the buffer; may be NULL if @size is 0
 * @size: bytes in @buf; the text is cut to fit, and terminated unless @size is 0
 * @fmt: the format, see above
 * @args: the arguments of the conversions
 *
 * Context: any.
 * Return: the length of the whole text, even if it was cut.
 */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args) __printf(3, 0);

/**
 * snprintf() - format text into a buffer
 * @buf: the buffer; may be NULL if @size is 0
 * @size: bytes in @buf; the text is cut to fit, and terminated unless @size is 0
 * @fmt: the format, see above
 *
 * Context: any.
 * Return: the length of the whole text, even if it was cut.
 */
int snprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/**
 * scnprintf() - format text into a buffer that is filled piece by piece
 * @buf: the buffer; may be NULL if @size is 0
 * @size: bytes in @buf; the text is cut to fit, and terminated unless @size is 0
 * @fmt: the format, see above
 *
 * Context: any.
 * Return: the length of the text in @buf, which is less than @size; 0 if @size is 0.
 */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
