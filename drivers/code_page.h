/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * code_page_character() - convert a Unicode character for the screen
 * @code: code point
 *
 * Context: any.
 * Return: its number in code page 437; a similar ASCII character for arrows, dashes and quotation
 *         marks; or '?'.
 */
u8 code_page_character(u32 code);
