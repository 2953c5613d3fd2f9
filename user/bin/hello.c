/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* The smallest program that shows how it was started. */

int main(int argc, char **argv, char **envp)
{
	printf("Hello from ring 3, process %d\n", getpid());
	for (int i = 1; i < argc; i++)
		printf("argument %d: %s\n", i, argv[i]);
	return 0;
}
