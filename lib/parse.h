/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Numbers out of boot parameters and prompt commands. A number is written as in C: 0x1000, 4096,
 * 010000. Nothing is skipped and nothing is guessed: no blanks, no sign, and a number that does not
 * fit is an error, since a memory size that came out as something else is worse than none.
 */

/**
 * parse_size() - read a number with an optional suffix
 * @s: text: "0x100", "64K", "3G"
 * @end: set to what follows the number; to @s on failure
 * @val: set to the number; unchanged on failure
 *
 * The suffixes K, M, G, T, P, E, in either case, stand for powers of 1024.
 *
 * Context: any.
 * Return: 0, -EINVAL if there is no number, -ERANGE if it does not fit in 64 bits.
 */
int parse_size(const char *s, const char **end, u64 *val);

/**
 * parse_u64() - read a string that is a number
 * @s: text, all of which must belong to it; no suffix
 * @val: set to the number; unchanged on failure
 *
 * Context: any.
 * Return: 0, -EINVAL if it is not a number, -ERANGE if it does not fit in 64 bits.
 */
int parse_u64(const char *s, u64 *val);

/**
 * parse_u32() - read a string that is a number, and not too large
 * @s: as parse_u64()
 * @most: the largest that will do
 * @val: set to the number; unchanged on failure
 *
 * Context: any.
 * Return: as parse_u64(); -ERANGE if it is more than @most, too.
 */
int parse_u32(const char *s, u32 most, u32 *val);

/**
 * parse_bool() - read yes or no
 * @s: one of 1 y yes on true, 0 n no off false
 * @val: set to the answer; unchanged on failure
 *
 * Context: any.
 * Return: 0, or -EINVAL if it is none of these.
 */
int parse_bool(const char *s, bool *val);
