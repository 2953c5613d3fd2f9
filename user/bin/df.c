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

/* Shows a line of /proc/mounts, "DEVICE PLACE TYPE ...", unless the file system has no blocks. */
static int show_mount(char *line)
{
	char *path = strchr(line, ' '), *end = path ? strchr(path + 1, ' ') : NULL;
	struct statfs64 info;

	if (!end)
		return 0;
	*path++ = *end = 0;
	if (statfs(path, &info) < 0)
		return complain("df", path);
	return info.blocks ? show(path) : 0;
}

static int show_all(void)
{
	static char mounts[4096];
	int fd = open("/proc/mounts", O_RDONLY), failed = 0;
	long size = fd < 0 ? -1 : read(fd, mounts, sizeof(mounts) - 1);

	if (size < 0)
		return show("/");
	close(fd);
	for (char *line = mounts, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		failed |= show_mount(line);
	}
	return failed;
}

int main(int argc, char **argv, char **envp)
{
	int failed = 0;

	printf("%12s %12s %12s  %s\n", "1K-blocks", "Used", "Available", "File");
	if (argc == 1)
		return show_all();
	for (int i = 1; i < argc; i++)
		failed |= show(argv[i]);
	return failed;
}
