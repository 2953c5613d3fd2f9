/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * "Did you mean ...?": finds the known name that is nearest to a mistyped word. The caller offers
 * names one by one, since most of them are in linker sets:
 *
 *	struct nearest nearest = { .word = word };
 *
 *	for (each name)
 *		nearest_offer(&nearest, name);
 *	if (nearest.name)
 *		printk("%s: unknown, did you mean %s?\n", word, nearest.name);
 */

/**
 * struct nearest - a search
 * @word: the mistyped word
 * @name: the nearest name so far; NULL if no name was near enough
 * @distance: distance of @name to @word
 */
struct nearest {
	const char *word;
	const char *name;
	unsigned int distance;
};

/**
 * nearest_offer() - compare the word with a name
 * @nearest: the search
 * @name: replaces the nearest name so far if it is nearer, and if the distance is at most a third
 *   of its length, or 1 for short names
 *
 * Context: any.
 */
void nearest_offer(struct nearest *nearest, const char *name);

/**
 * edit_distance() - count the mistakes that turn one word into another
 * @a: a word, of which the first 32 letters count
 * @b: another word, likewise
 *
 * A mistake is an extra letter, a missing one, a wrong one, or two neighbours swapped.
 * Capital letters count as small ones.
 *
 * Context: any.
 * Return: the smallest number of mistakes.
 */
unsigned int edit_distance(const char *a, const char *b);
