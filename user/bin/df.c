/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Shows size and free space of the file systems that hold some files, in KiB. */

static int show(const char *path)
{
	struct statfs64 info;
	unsigned long long unit, size, free;

	if (statfs(path, &info) < 0)
		return complain("df", path);
	unit = info.block_size;
	size = info.blocks * unit >> 10;
	free = info.available * unit >> 10;
	printf("%12llu %12llu %12llu  %s\n", size, size - (info.free * unit >> 10), free, path);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	int failed = 0;

	printf("%12s %12s %12s  %s\n", "1K-blocks", "Used", "Available", "File");
	if (argc == 1)
		return show("/");
	for (int i = 1; i < argc; i++)
		failed |= show(argv[i]);
	return failed;
}
