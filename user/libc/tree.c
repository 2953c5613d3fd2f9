/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Shared by cp, mv and rm: paths in folders, and copies of bytes. */

const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

bool is_folder(const char *path)
{
	struct stat64 st;

	return stat(path, &st) == 0 && (st.mode & S_IFMT) == S_IFDIR;
}

const char *path_in(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = malloc(size);

	if (!path) {
		dprintf(2, "%s/%s: no memory for the path\n", folder, name);
		exit(1);
	}
	snprintf(path, size, "%s/%s", folder, name);
	return path;
}

long write_all(int fd, const char *data, long size)
{
	for (long done = 0, part; done < size; done += part) {
		part = write(fd, data + done, size - done);
		if (part < 0)
			return part;
	}
	return size;
}

char **names_in(const char *folder, size_t *count)
{
	DIR *dir = opendir(folder);
	struct dirent64 *entry;
	char **names = NULL;
	size_t room = 0;

	*count = 0;
	if (!dir)
		return NULL;
	do {
		entry = readdir(dir);
		if (*count == room) {
			room = room ? room * 2 : 16;
			names = realloc(names, room * sizeof(*names));
		}
		if (!names || (entry && !(names[(*count)++] = strdup(entry->name)))) {
			dprintf(2, "%s: no memory for its names\n", folder);
			exit(1);
		}
	} while (entry);
	closedir(dir);
	return names;
}

int for_each_name(const char *folder, int (*fn)(const char *path, void *arg), void *arg)
{
	size_t count;
	char **names = names_in(folder, &count);
	int failed = 0;

	if (!names)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], ".") != 0 && strcmp(names[i], "..") != 0) {
			const char *path = path_in(folder, names[i]);

			failed |= fn(path, arg);
			free((void *)path);
		}
		free(names[i]);
	}
	free(names);
	return failed;
}
