/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Lists files and folders, sorted by name. -l tells more of each, -a shows names with a dot. */

static bool show_all, show_long;

static void show_mode(unsigned int mode)
{
	static const struct {
		unsigned int type;
		char letter;
	} types[] = { { S_IFDIR, 'd' },
		      { S_IFLNK, 'l' },
		      { S_IFCHR, 'c' },
		      { S_IFBLK, 'b' },
		      { S_IFIFO, 'p' } };
	char text[11] = "-rwxrwxrwx";

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if ((mode & S_IFMT) == types[i].type)
			text[0] = types[i].letter;
	}
	for (int bit = 0; bit < 9; bit++) {
		if (!(mode & 0400 >> bit))
			text[1 + bit] = '-';
	}
	printf("%s", text);
}

static int show(const char *path, const char *name)
{
	char target[256];
	struct stat64 st;
	long length;

	if (!show_long) {
		puts(name);
		return 0;
	}
	if (lstat(path, &st) < 0)
		return complain("ls", path);
	show_mode(st.mode);
	if ((st.mode & S_IFMT) == S_IFCHR || (st.mode & S_IFMT) == S_IFBLK)
		printf(" %3u %4u,%4u %s", st.nlink, (unsigned int)(st.rdev >> 8 & 0xfff),
		       (unsigned int)(st.rdev & 0xff), name);
	else
		printf(" %3u %9lld %s", st.nlink, st.size, name);
	length = (st.mode & S_IFMT) == S_IFLNK ? readlink(path, target, sizeof(target) - 1) : -1;
	if (length >= 0) {
		target[length] = 0;
		printf(" -> %s", target);
	}
	puts("");
	return 0;
}

static void sort(char **names, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		char *name = names[i];
		size_t at = i;

		for (; at && strcmp(names[at - 1], name) > 0; at--)
			names[at] = names[at - 1];
		names[at] = name;
	}
}

static int list(const char *folder)
{
	size_t count;
	char **names = names_in(folder, &count);
	int failed = 0;

	if (!names)
		return complain("ls", folder);
	sort(names, count);
	for (size_t i = 0; i < count; i++) {
		if (names[i][0] != '.' || show_all) {
			const char *path = path_in(folder, names[i]);

			failed |= show(path, names[i]);
			free((void *)path);
		}
		free(names[i]);
	}
	free(names);
	return failed;
}

static int list_any(const char *path)
{
	struct stat64 st;

	if (stat(path, &st) < 0 && lstat(path, &st) < 0)
		return complain("ls", path);
	return (st.mode & S_IFMT) == S_IFDIR ? list(path) : show(path, path);
}

int main(int argc, char **argv, char **envp)
{
	int failed = 0, first = 1;

	for (; first < argc && argv[first][0] == '-' && argv[first][1]; first++) {
		show_all |= strchr(argv[first], 'a') != NULL;
		show_long |= strchr(argv[first], 'l') != NULL;
	}
	if (first == argc)
		return list_any(".");
	for (; first < argc; first++)
		failed |= list_any(argv[first]);
	return failed;
}
