/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Gives a file another name, or with -s makes a symbolic link. */

int main(int argc, char **argv, char **envp)
{
	bool symbolic = argc > 1 && strcmp(argv[1], "-s") == 0;
	const char *target, *path;

	if (argc != 3 + symbolic) {
		dprintf(2, "usage: ln [-s] FILE NAME\n");
		return 1;
	}
	target = argv[1 + symbolic];
	path = argv[2 + symbolic];
	if (is_folder(path))
		path = path_in(path, last_name(target));
	return (symbolic ? symlink : link)(target, path) < 0 ? complain("ln", path) : 0;
}
