/* SPDX-License-Identifier: MIT */
#include <lib/glob.h>
#include <lib/string.h>

/*
 * Patterns for names of tests. The two strings are walked side by side. At a * the walk remembers
 * both places; when something further on does not match, the last * takes one character more and
 * the walk continues after it. Only the last * must be remembered: an earlier one that took more
 * could reach nothing that the later one cannot reach too. So the worst case is a product, not a
 * power.
 */

/* Matches c with the bracket expression that begins behind '['; returns what follows, or NULL. */
static const char *match_bracket(const char *p, char c, bool *matches)
{
	bool inverted = *p == '!' || *p == '^';
	const char *first = p += inverted;

	*matches = inverted;
	/* A ] in the first place is a member. */
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

/* Matches one character with what *p points at, and moves *p behind it. */
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
