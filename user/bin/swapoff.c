/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Ends the use of swap areas: swapoff DEVICE... Their pages are read back. */

int main(int argc, char **argv, char **envp)
{
	int failed = 0;

	if (argc < 2) {
		dprintf(2, "usage: swapoff DEVICE...\n");
		return 1;
	}
	for (int i = 1; i < argc; i++)
		if (posix(syscall(SYS_swapoff, argv[i])) < 0)
			failed = complain("swapoff", argv[i]);
	return failed;
}
