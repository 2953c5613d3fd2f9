/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Copies files, or its input, to its output. */

static int copy(int fd, const char *name)
{
	static char data[16384];
	long size;

	while ((size = read(fd, data, sizeof(data))) > 0) {
		for (long done = 0, part; done < size; done += part) {
			part = write(1, data + done, size - done);
			if (part < 0)
				return complain("cat", "output");
		}
	}
	return size < 0 ? complain("cat", name) : 0;
}

int main(int argc, char **argv, char **envp)
{
	int failed = 0;

	if (argc == 1)
		return copy(0, "input");
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0) {
			failed = complain("cat", argv[i]);
			continue;
		}
		failed |= copy(fd, argv[i]);
		close(fd);
	}
	return failed;
}
