/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Cutting a command line into words. The chooser and both kernels are compiled with this file, so
 * all of them see the same words.
 */

/**
 * struct cmdline_word - one word of a command line
 * @name: the word up to its first '=', without quotes
 * @value: the text after that '=', without quotes; "" if there is none
 * @has_value: the word has an '=', even if nothing follows it
 * @cut: the word did not fit; its end is missing
 * @open: the word begins a quoted part that the line does not end
 */
struct cmdline_word {
	const char *name;
	const char *value;
	bool has_value, cut, open;
};

/**
 * cmdline_next() - take the next word off a command line
 * @line: start of the search
 * @to: room for the word; it may be the same memory as @line, which the word then overwrites
 * @size: bytes of @to, not 0; a word needs one byte more than it has characters
 * @word: set to the word; its strings are in @to
 *
 * Blanks (space, tab, end of line) separate words. Blanks between double quotes belong to the
 * word, and the quotes do not. Quotes may surround the value (run="a b") or the whole word ("run=a
 * b"), as GRUB writes it. A backslash before a quote (double or single) or another backslash makes
 * that an ordinary character, because GRUB 2 adds such backslashes. Any other backslash stays.
 *
 * Context: any; calls no function, and needs no library.
 * Return: start of the next search, or NULL if there was no further word.
 */
const char *cmdline_next(const char *line, char *to, size_t size, struct cmdline_word *word);
