/* SPDX-License-Identifier: MIT */
#include <init/words.h>
#include <kernel/console.h>
#include <lib/glob.h>
#include <lib/nearest.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Lists of words, for completion and for suggestions.
 *
 * A list is a function that calls another function for each word, in any order. The words are in
 * linker sets or are composed of two names, and no table holds them. To walk a list in alphabetical
 * order, the function is called again for each word, and the smallest word above the last one is
 * kept. The price is n calls per word. A list has a few hundred words at most and a person waits
 * for the result, so that is fast enough.
 */

#define COLUMNS 80

struct search {
	const char *prefix;
	const char *last; /* words_next(): take the smallest word above this one */
	char best[WORD_SIZE];
	bool found;
};

bool words_is_pattern(const char *text)
{
	return text[strcspn(text, "*?")];
}

static bool is_wanted(const char *word, const char *prefix)
{
	if (words_is_pattern(prefix))
		return glob_match(prefix, word);
	return strncmp(word, prefix, strlen(prefix)) == 0;
}

static void keep_smallest(void *arg, const char *word)
{
	struct search *search = arg;

	if (!is_wanted(word, search->prefix) || strcmp(word, search->last) <= 0)
		return;
	if (search->found && strcmp(word, search->best) >= 0)
		return;
	strscpy(search->best, word, WORD_SIZE);
	search->found = true;
}

bool words_next(word_list_fn *list, const char *prefix, char *word)
{
	struct search search = { .prefix = prefix, .last = word };

	/* A list may skip words that do not begin with the prefix, so it does not see a pattern. */
	list(words_is_pattern(prefix) ? "" : prefix, keep_smallest, &search);
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
		/* A word is padded only if another one follows, so no line ends with blanks. */
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

	/* In this order the new word wins only if it is nearer. */
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
