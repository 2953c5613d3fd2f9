/* SPDX-License-Identifier: MIT */
#include <lib/glob.h>
#include <lib/string.h>

/*
 * Patterns for names of tests. The pattern and the string are compared from the left to the right.
 * At a * the function remembers both positions. When a later character does not match, it goes back
 * to the last *, lets it match one more character, and continues from there.
 *
 * Remembering only the last * is enough: whatever an earlier * could reach by matching more, the
 * last one can reach, too. So the time is at most the product of both lengths, and there is no
 * recursion.
 */

/*
 * Compares c with the bracket expression that begins after '['. Returns the text after the
 * expression, or NULL if the expression has no end.
 */
static const char *match_bracket(const char *p, char c, bool *matches)
{
	bool inverted = *p == '!' || *p == '^';
	const char *first = p += inverted;

	*matches = inverted;
	/* A ] at the beginning is an ordinary member. */
	for (; *p && (*p != ']' || p == first); p++) {
		char low = *p, high = low;

		if (p[1] == '-' && p[2] && p[2] != ']') {
			high = p[2];
			p += 2;
		}
		if (low <= c && c <= high)
			*matches = !inverted;
	}
	return *p ? p + 1 : NULL;
}

/*
 * Compares c with the part of the pattern at *p that matches one character, and moves *p past it.
 */
static bool match_one(const char **p, char c)
{
	const char *after;
	bool matches;

	if (**p == '[') {
		after = match_bracket(*p + 1, c, &matches);
		if (after) {
			*p = after;
			return matches;
		}
	}
	matches = **p == '?' || **p == c;
	++*p;
	return matches;
}

bool glob_match(const char *pattern, const char *s)
{
	const char *star = NULL, *star_s = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			star_s = s;
		} else if (*pattern && match_one(&pattern, *s)) {
			s++;
		} else if (star) {
			pattern = star;
			s = ++star_s;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* --- lists of patterns ------------------------------------------------------------------------ */

#define SEPARATORS ", \t"

const char *glob_next(const char *list, char *glob)
{
	size_t length;

	list += strspn(list, SEPARATORS);
	if (!*list)
		return NULL;
	length = strcspn(list, SEPARATORS);
	for (size_t i = 0; i < length && i < GLOB_SIZE - 1; i++)
		*glob++ = list[i];
	*glob = '\0';
	return list + length;
}

bool glob_match_any(const char *list, const char *s)
{
	char glob[GLOB_SIZE];

	while ((list = glob_next(list, glob)))
		if (glob_match(glob, s))
			return true;
	return false;
}
