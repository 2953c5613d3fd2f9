/* SPDX-License-Identifier: MIT */
#include <lib/cmdline.h>

/*
 * The tokeniser of command lines. The chooser has to find the word `nopae` before there is a kernel, and the
 * kernel has to find the same words again. Two tokenisers that differ in one rule would start the wrong
 * kernel without a message, so there is one.
 *
 * A word is never longer than the text it is made of: each character gives at most one. So the kernel lets
 * the words overwrite a copy of the line, while the chooser, which only compares, uses a few bytes.
 */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* GRUB 2 puts a backslash before each of these, in what it hands to a kernel. */
static bool is_escaped(char c)
{
	return c == '"' || c == '\'' || c == '\\';
}

const char *cmdline_next(const char *line, char *to, size_t size, struct cmdline_word *word)
{
	bool quoted = false;
	size_t n = 0, value_at = 0;

	while (is_blank(*line))
		line++;
	if (!*line)
		return NULL;
	*word = (struct cmdline_word){ .name = to };
	for (; *line && (quoted || !is_blank(*line)); line++) {
		char c = *line;

		if (c == '"') {
			quoted = !quoted;
			continue;
		}
		if (c == '\\' && is_escaped(line[1]))
			c = *++line;
		if (n == size - 1) {
			word->cut = true;
			continue;
		}
		if (c == '=' && !word->has_value) {
			word->has_value = true;
			value_at = n + 1;
			c = '\0';
		}
		to[n++] = c;
	}
	/* The blank is passed over before the terminating 0 may overwrite it. */
	if (*line)
		line++;
	to[n] = '\0';
	word->value = to + (word->has_value ? value_at : n);
	word->open = quoted;
	return line;
}
