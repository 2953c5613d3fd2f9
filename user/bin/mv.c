/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Gives files new names. Between two file systems it fails: use cp and rm. */

static int move(const char *from, const char *to)
{
	return rename(from, to) < 0 ? complain("mv", from) : 0;
}

int main(int argc, char **argv, char **envp)
{
	int failed = 0;
	const char *to = argv[argc - 1];

	if (argc < 3) {
		dprintf(2, "usage: mv FROM... TO\n");
		return 1;
	}
	if (!is_folder(to)) {
		if (argc == 3)
			return move(argv[1], to);
		dprintf(2, "mv: %s is no folder, expected one for several files\n", to);
		return 1;
	}
	for (int i = 1; i < argc - 1; i++) {
		const char *path = path_in(to, last_name(argv[i]));

		failed |= move(argv[i], path);
		free((void *)path);
	}
	return failed;
}
