/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Ends the use of file systems, by the folders that they are mounted on. */

int main(int argc, char **argv, char **envp)
{
	int failed = 0;

	if (argc < 2) {
		dprintf(2, "usage: umount FOLDER...\n");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		if (umount(argv[i]) < 0)
			failed = complain("umount", argv[i]);
	}
	return failed;
}
