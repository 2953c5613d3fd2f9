/* SPDX-License-Identifier: MIT */
#include <init/words.h>
#include <kernel/console.h>
#include <lib/nearest.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * A list of words is a function that calls another one for each word, in any order: the words stand in
 * linker sets, or are made of two names, and nobody keeps a table of them. To walk a list by name, the
 * function is called once for each word, and the smallest word above the last one is kept. The lists have
 * some hundred words at most, and a person waits for them, so that is fast enough.
 */

#define COLUMNS 80

struct search {
	const char *prefix;
	const char *last; /* words_next(): take the smallest word above this one */
	char best[WORD_SIZE];
	bool found;
};

static bool begins_with(const char *word, const char *prefix)
{
	return strncmp(word, prefix, strlen(prefix)) == 0;
}

static void keep_smallest(void *arg, const char *word)
{
	struct search *search = arg;

	if (!begins_with(word, search->prefix) || strcmp(word, search->last) <= 0)
		return;
	if (search->found && strcmp(word, search->best) >= 0)
		return;
	strscpy(search->best, word, WORD_SIZE);
	search->found = true;
}

bool words_next(word_list_fn *list, const char *prefix, char *word)
{
	struct search search = { .prefix = prefix, .last = word };

	list(prefix, keep_smallest, &search);
	if (search.found)
		strscpy(word, search.best, WORD_SIZE);
	return search.found;
}

unsigned int words_common(word_list_fn *list, const char *prefix, char *common)
{
	char word[WORD_SIZE] = "";
	unsigned int nr = 0;
	size_t same;

	strscpy(common, prefix, WORD_SIZE);
	for (; words_next(list, prefix, word); nr++) {
		if (nr == 0)
			strscpy(common, word, WORD_SIZE);
		for (same = 0; common[same] && common[same] == word[same]; same++)
			;
		common[same] = '\0';
	}
	return nr;
}

void words_show(word_list_fn *list, const char *prefix)
{
	char word[WORD_SIZE] = "";
	size_t width = 0, column = 0, padding = 2;

	while (words_next(list, prefix, word))
		width = max(width, strlen(word) + 2);
	for (*word = '\0'; words_next(list, prefix, word); column += width) {
		if (column && column + width > COLUMNS) {
			console_printf("\n");
			column = 0;
			padding = 2;
		}
		/* A word is padded when another one follows it, so no line ends in blanks. */
		console_printf("%*s%s", (int)padding, "", word);
		padding = width - strlen(word);
	}
	if (width)
		console_printf("\n");
}

static void keep_nearest(void *arg, const char *word)
{
	struct search *search = arg;
	struct nearest nearest = { .word = search->prefix };

	/* Offered in this order, the new word only wins if it is nearer. */
	if (search->found)
		nearest_offer(&nearest, search->best);
	nearest_offer(&nearest, word);
	if (nearest.name != word)
		return;
	strscpy(search->best, word, WORD_SIZE);
	search->found = true;
}

bool words_nearest(word_list_fn *list, const char *word, char *nearest)
{
	struct search search = { .prefix = word };

	list("", keep_nearest, &search);
	if (search.found)
		strscpy(nearest, search.best, WORD_SIZE);
	return search.found;
}

void words_join(char **words, char *text, size_t size)
{
	size_t at = 0;

	*text = '\0';
	for (; *words; words++)
		at += (size_t)scnprintf(text + at, size - at, "%s%s", at ? " " : "", *words);
}
