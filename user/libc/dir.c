/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Directories: getdents64(2) with a buffer. */

struct dir {
	int fd;
	size_t at, length;
	char data[2048] __attribute__((aligned(8)));
};

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = calloc(1, sizeof(*dir));
	if (!dir) {
		close(fd);
		return NULL;
	}
	dir->fd = fd;
	return dir;
}

struct dirent64 *readdir(DIR *dir)
{
	struct dirent64 *entry;

	if (dir->at >= dir->length) {
		long length = posix(syscall(SYS_getdents64, dir->fd, dir->data, sizeof(dir->data)));

		if (length <= 0)
			return NULL;
		dir->length = length;
		dir->at = 0;
	}
	entry = (struct dirent64 *)(dir->data + dir->at);
	dir->at += entry->length;
	return entry;
}

void closedir(DIR *dir)
{
	close(dir->fd);
	free(dir);
}
