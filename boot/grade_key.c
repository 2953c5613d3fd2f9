/* SPDX-License-Identifier: MIT */
#include <boot/grade_key.h>
#include <lib/cmdline.h>

/*
 * The key with which test results are signed (tests/kernel/graded.c) arrives on the command line.
 * Code under test must not find it, so nothing may keep it: not the loader's memory, not the
 * chooser's copy of the line, and not the log, which shows the line.
 *
 * Only the chooser can reach the loader's memory, which may be anywhere. So the chooser takes the
 * key away from both lines at once, as soon as it has copied the line. The key is then only in the
 * boot record. The kernel clears that field in the chooser's record when it copies the record
 * (boot_record_copy()), and in its own when it has read the key, before memory is set up.
 *
 * Stars replace the key, so the position of each other word stays the same in both lines.
 */

#ifndef put_star
static void put_star(u32 at)
{
	*(volatile char *)at = '*';
}
#endif

/* The buffer has room for the name, and for no character of the value. */
static const char *find_key(const char *line, const char **end)
{
	static const char name[] = "grade_key";
	char buffer[sizeof(name) + 1];
	struct cmdline_word word;
	const char *next;

	for (; (next = cmdline_next(line, buffer, sizeof(buffer), &word)); line = next) {
		u32 i = 0;

		while (name[i] && buffer[i] == name[i])
			i++;
		if (name[i] || buffer[i] || !word.has_value)
			continue;
		while (*line != '=')
			line++;
		*end = next;
		return line + 1;
	}
	return NULL;
}

void grade_key_take(struct boot_record *record, char *text, u32 loaders)
{
	const char *line = text, *value, *end;
	bool first = record->grade_key[0] == '\0';

	while ((value = find_key(line, &end))) {
		u32 n = 0;

		for (char *c = text + (value - text); c < end; c++) {
			if (*c == '"' || *c <= ' ')
				continue;
			if (first && n < sizeof(record->grade_key) - 1)
				record->grade_key[n++] = *c;
			put_star(loaders + (u32)(c - text));
			*c = '*';
		}
		first = false;
		line = end;
	}
}
