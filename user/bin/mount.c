/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Mounts a file system: mount [-t TYPE] [-o OPTIONS] DEVICE FOLDER. Alone it lists all. */

static int show(void)
{
	char data[1024];
	int fd = open("/proc/mounts", O_RDONLY);
	long size;

	if (fd < 0)
		return complain("mount", "/proc/mounts");
	while ((size = read(fd, data, sizeof(data))) > 0)
		write_all(1, data, size);
	return 0;
}

/* Takes a word out of the options, such as "ro". The rest is for the file system. */
static bool take(char *options, const char *word)
{
	size_t length = strlen(word);
	char *at = options;

	while (*at) {
		char *end = strchr(at, ',');
		size_t size = end ? (size_t)(end - at) : strlen(at);

		if (size == length && strncmp(at, word, length) == 0) {
			memmove(at, end ? end + 1 : at + size,
				strlen(end ? end + 1 : at + size) + 1);
			return true;
		}
		at += size + (end != NULL);
	}
	return false;
}

int main(int argc, char **argv, char **envp)
{
	const char *type = "ext2";
	char *options = strdup("");
	unsigned long flags = 0;
	int first = 1;

	if (argc == 1)
		return show();
	for (; first + 1 < argc && argv[first][0] == '-'; first++) {
		if (strcmp(argv[first], "-r") == 0)
			flags |= MS_RDONLY;
		else if (strcmp(argv[first], "-t") == 0)
			type = argv[++first];
		else if (strcmp(argv[first], "-o") == 0)
			options = argv[++first];
		else
			break;
	}
	if (argc - first != 2) {
		dprintf(2, "usage: mount [-r] [-t TYPE] [-o OPTIONS] DEVICE FOLDER\n");
		return 1;
	}
	if (take(options, "ro"))
		flags |= MS_RDONLY;
	take(options, "rw");
	if (take(options, "remount"))
		flags |= MS_REMOUNT;
	if (mount(argv[first], argv[first + 1], type, flags, options) < 0)
		return complain("mount", argv[first]);
	return 0;
}
