/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/command.h>

/* Lists of words (word_list_fn): what is in them, by name, and what somebody may have meant. */

/* The longest word of a list, with its end. */
#define WORD_SIZE 128

/**
 * words_next() - next word of a list, by name
 * @list: the list
 * @prefix: only words that begin like this; "" for all
 * @word: WORD_SIZE bytes: the last word, "" at first; set to the next one
 *
 * Context: any.
 * Return: false if there is no further word.
 */
bool words_next(word_list_fn *list, const char *prefix, char *word);

/**
 * words_common() - how do all words go on that begin alike?
 * @list: the list
 * @prefix: their beginning
 * @common: WORD_SIZE bytes: set to the beginning that all of them share, which is @prefix or longer
 *
 * Context: any.
 * Return: the number of these words.
 */
unsigned int words_common(word_list_fn *list, const char *prefix, char *common);

/**
 * words_show() - print the words of a list by name, in columns on lines of 80 characters
 * @list: the list
 * @prefix: only words that begin like this; "" for all
 *
 * Context: that of console_printf().
 */
void words_show(word_list_fn *list, const char *prefix);

/**
 * words_join() - make one string of words
 * @words: words, up to a NULL
 * @text: set to them, with blanks between
 * @size: of @text; what does not fit is left out
 *
 * Context: any.
 */
void words_join(char **words, char *text, size_t size);

/**
 * words_nearest() - the word of a list that was probably meant
 * @list: the list
 * @word: what was typed
 * @nearest: WORD_SIZE bytes: set to the nearest word
 *
 * Context: any.
 * Return: false if none is near (see nearest_offer()).
 */
bool words_nearest(word_list_fn *list, const char *word, char *nearest);
