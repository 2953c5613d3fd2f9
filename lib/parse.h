/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Numbers and yes-or-no answers in the text of boot parameters and prompt commands. A number is
 * written as in C: 4096, 0x1000 or 010000. Blanks and signs are not skipped. A number that does not
 * fit is an error: a memory limit that silently became another number would be hard to find.
 */

/**
 * memparse() - convert the number at the beginning of a string, with an optional suffix
 * @ptr: text such as "0x100", "64K" or "3G"
 * @retptr: set to the first character after the number and its suffix; may be NULL
 *
 * The suffixes K, M, G, T, P and E, in either case, multiply by powers of 1024. The name and the
 * meaning are Linux's, except that a number which does not fit in 64 bits is refused.
 *
 * Context: any.
 * Return: the number. Without a number, or if it does not fit: 0, and *@retptr is @ptr.
 */
u64 memparse(const char *ptr, char **retptr);

/**
 * parse_u64() - convert a string that is a number and nothing else
 * @s: the string; a suffix is not allowed
 * @val: set to the number; unchanged on failure
 *
 * Context: any.
 * Return: 0; -EINVAL if @s is not a number; -ERANGE if it does not fit in 64 bits.
 */
int parse_u64(const char *s, u64 *val);

/**
 * parse_u32() - convert a string that is a number up to a limit
 * @s: as for parse_u64()
 * @most: the largest number that is accepted
 * @val: set to the number; unchanged on failure
 *
 * Context: any.
 * Return: as parse_u64(); -ERANGE also if the number is larger than @most.
 */
int parse_u32(const char *s, u32 most, u32 *val);

/**
 * parse_bool() - convert a yes-or-no answer
 * @s: one of 1, y, yes, on, true; or one of 0, n, no, off, false
 * @val: set to the answer; unchanged on failure
 *
 * Context: any.
 * Return: 0, or -EINVAL if @s is none of these words.
 */
int parse_bool(const char *s, bool *val);
