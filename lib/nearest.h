/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * "Did you mean ...?": the known name that is nearest to a mistyped word. Names are offered one by
 * one, since most of them are in linker sets:
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
 * @name: the nearest of the names offered; NULL as long as none was near enough to be meant
 * @distance: of @name
 */
struct nearest {
	const char *word;
	const char *name;
	unsigned int distance;
};

/**
 * nearest_offer() - consider a name
 * @nearest: the search
 * @name: kept if it is nearer than those before, and no more than a third of its letters differ
 *        (one letter always may)
 *
 * Context: any.
 */
void nearest_offer(struct nearest *nearest, const char *name);

/**
 * edit_distance() - how many mistakes make one word of the other?
 * @a: a word, of which the first 32 letters count
 * @b: another
 *
 * A mistake is a letter too many, one missing, a wrong one, or two neighbours swapped.
 * Context: any.
 * Return: their number.
 */
unsigned int edit_distance(const char *a, const char *b);
