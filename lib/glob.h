/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * glob_match() - test whether a string matches a pattern
 * @pattern: * matches any characters, ? matches one, [abx-z] one of these, [!abx-z] one that is
 *   none of these; a [ without its ] matches itself (POSIX.1-2017, 2.13, without escapes)
 * @s: the string, all of which has to match
 *
 * Context: any. Takes time in proportion to the product of both lengths, and no recursion.
 * Return: true if it matches.
 */
bool glob_match(const char *pattern, const char *s);

/* Size of a buffer for one pattern of a list, with its terminator. */
#define GLOB_SIZE 128

/**
 * glob_next() - take the next pattern from a list
 * @list: patterns, separated by commas or blanks
 * @glob: buffer of GLOB_SIZE bytes, set to the pattern; a longer pattern is cut
 *
 * Context: any.
 * Return: the rest of the list; NULL if there is no further pattern.
 */
const char *glob_next(const char *list, char *glob);

/**
 * glob_match_any() - test whether a string matches a pattern of a list
 * @list: patterns, separated by commas or blanks
 * @s: the string, all of which has to match
 *
 * Context: any.
 * Return: true if it matches at least one; false for an empty list.
 */
bool glob_match_any(const char *list, const char *s);
