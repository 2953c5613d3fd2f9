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
