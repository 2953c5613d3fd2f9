/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * code_page_character() - the character of a screen for one of Unicode
 * @code: code point
 *
 * Context: any.
 * Return: its place in code page 437, a stand-in of ASCII for arrows, dashes and quotation marks, or '?'.
 */
u8 code_page_character(u32 code);
