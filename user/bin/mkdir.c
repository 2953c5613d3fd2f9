/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Makes folders. With -p also those above, and a folder that exists is no error. */

static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (!is_folder(path) && mkdir(path, 0777) < 0)
			return complain("mkdir", path);
		*slash = '/';
	}
	return is_folder(path) || mkdir(path, 0777) == 0 ? 0 : complain("mkdir", path);
}

int main(int argc, char **argv, char **envp)
{
	bool parents = argc > 1 && strcmp(argv[1], "-p") == 0;
	int failed = 0;

	if (argc < 2 + parents) {
		dprintf(2, "usage: mkdir [-p] FOLDER...\n");
		return 1;
	}
	for (int i = 1 + parents; i < argc; i++) {
		if (parents)
			failed |= make_parents(argv[i]);
		else if (mkdir(argv[i], 0777) < 0)
			failed = complain("mkdir", argv[i]);
	}
	return failed;
}
