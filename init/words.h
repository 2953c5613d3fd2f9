/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/command.h>

/* Lists of words (word_list_fn): the words in order, and the word that a user probably meant. */

/* Size of the longest word of a list, with its terminator. */
#define WORD_SIZE 128

/**
 * words_is_pattern() - is this a pattern, which can match several words of a list?
 * @text: any
 *
 * Context: any.
 * Return: true if it has * or ?, which no word of a list has.
 */
bool words_is_pattern(const char *text);

/**
 * words_next() - find the next word of a list, in alphabetical order
 * @list: the list
 * @prefix: beginning of the wanted words, or a pattern (lib/glob.h) with * or ?; "" for all
 * @word: WORD_SIZE bytes: the previous word, or "" for the first; set to the next one
 *
 * Context: any.
 * Return: false if there is no further word.
 */
bool words_next(word_list_fn *list, const char *prefix, char *word);

/**
 * words_common() - find the common beginning of words
 * @list: the list
 * @prefix: beginning of the wanted words
 * @common: WORD_SIZE bytes: set to the longest beginning that all of them share, at least @prefix
 *
 * Context: any.
 * Return: the number of these words.
 */
unsigned int words_common(word_list_fn *list, const char *prefix, char *common);

/**
 * words_show() - print words of a list in alphabetical order, in columns on lines of 80 characters
 * @list: the list
 * @prefix: as for words_next()
 *
 * Context: that of console_printf().
 */
void words_show(word_list_fn *list, const char *prefix);

/**
 * words_join() - join words to one string
 * @words: the words, up to a NULL
 * @text: set to the words, separated by blanks
 * @size: bytes in @text; the rest of a longer string is dropped
 *
 * Context: any.
 */
void words_join(char **words, char *text, size_t size);

/**
 * words_nearest() - find the word of a list that the user probably meant
 * @list: the list
 * @word: the word that was typed
 * @nearest: WORD_SIZE bytes: set to the nearest word
 *
 * Context: any.
 * Return: false if no word is near (see nearest_offer()).
 */
bool words_nearest(word_list_fn *list, const char *word, char *nearest);
