/* SPDX-License-Identifier: MIT */
#include <lib/cmdline.h>

/*
 * The tokeniser of command lines. The chooser searches for the word `nopae` before it starts a
 * kernel, and the kernel later cuts the same line again. If they used two tokenisers that differed
 * in one rule, the wrong kernel might start, and no message would say why. So both use this one.
 *
 * A word is never longer than its text in the line, because each character gives at most one. So
 * the kernel lets the words overwrite a copy of the line. The chooser only compares, and uses a
 * few bytes.
 */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* GRUB 2 puts a backslash before each of these characters in a kernel's command line. */
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
	/* Skip the blank before the terminating 0, which may overwrite it. */
	if (*line)
		line++;
	to[n] = '\0';
	word->value = to + (word->has_value ? value_at : n);
	word->open = quoted;
	return line;
}
