/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Prints its arguments. -n leaves out the end of the line. */

int main(int argc, char **argv, char **envp)
{
	bool bare = argc > 1 && !strcmp(argv[1], "-n");

	for (int i = 1 + bare; i < argc; i++)
		printf("%s%s", argv[i], i + 1 < argc ? " " : "");
	if (!bare)
		printf("\n");
	return 0;
}
