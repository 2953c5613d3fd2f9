/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Removes files, and with -r folders. With -f a missing file is no error. */

static bool folders, force;

static int remove_any(const char *path, void *arg)
{
	struct stat64 st;
	int failed;

	if (lstat(path, &st) < 0)
		return force && errno == ENOENT ? 0 : complain("rm", path);
	if ((st.mode & S_IFMT) != S_IFDIR)
		return unlink(path) < 0 ? complain("rm", path) : 0;
	if (!folders) {
		dprintf(2, "rm: %s is a folder, expected -r\n", path);
		return 1;
	}
	failed = for_each_name(path, remove_any, NULL);
	if (failed < 0 || (!failed && rmdir(path) < 0))
		return complain("rm", path);
	return failed;
}

int main(int argc, char **argv, char **envp)
{
	int first = 1, failed = 0;

	for (; first < argc && argv[first][0] == '-'; first++) {
		folders |= strchr(argv[first], 'r') || strchr(argv[first], 'R');
		force |= strchr(argv[first], 'f') != NULL;
	}
	if (first == argc && !force) {
		dprintf(2, "usage: rm [-rf] FILE...\n");
		return 1;
	}
	for (; first < argc; first++)
		failed |= remove_any(argv[first], NULL);
	return failed;
}
