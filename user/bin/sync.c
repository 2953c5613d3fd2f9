/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Writes all that is cached to the disks, or the files that are named. */

int main(int argc, char **argv, char **envp)
{
	int failed = 0;

	if (argc == 1)
		sync();
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY);

		if (fd < 0 || fsync(fd) < 0)
			failed = complain("sync", argv[i]);
		if (fd >= 0)
			close(fd);
	}
	return failed;
}
