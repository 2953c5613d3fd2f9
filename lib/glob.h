/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * glob_match() - does a string match a pattern?
 * @pattern: * stands for any characters, ? for one, [abx-z] for one of these and [!abx-z] for one
 *           that is none of these; a [ without its ] is itself (POSIX.1-2017, 2.13, without
 *           escapes)
 * @s: compared as a whole
 *
 * Takes time proportional to both lengths multiplied, and no recursion.
 * Context: any.
 * Return: true if it does.
 */
bool glob_match(const char *pattern, const char *s);

/* The longest pattern of a list, with its end. */
#define GLOB_SIZE 128

/**
 * glob_next() - take the next pattern off a list
 * @list: patterns, separated by commas or blanks
 * @glob: GLOB_SIZE bytes: set to the pattern, of which the first GLOB_SIZE - 1 characters count
 *
 * Context: any.
 * Return: the rest of the list, or NULL if there was no further pattern.
 */
const char *glob_next(const char *list, char *glob);

/**
 * glob_match_any() - does a string match one of the patterns of a list?
 * @list: as for glob_next()
 * @s: compared as a whole
 *
 * Context: any.
 * Return: true if it does; false for an empty list.
 */
bool glob_match_any(const char *list, const char *s);
