/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Begins to use swap areas: swapon [-p PRIORITY] DEVICE... Alone it lists all. */

#define SWAP_FLAG_PREFER 0x8000
#define MOST_PRIORITY    0x7fff

static int show(void)
{
	char data[1024];
	int fd = open("/proc/swaps", O_RDONLY);
	long size;

	if (fd < 0)
		return complain("swapon", "/proc/swaps");
	while ((size = read(fd, data, sizeof(data))) > 0)
		write_all(1, data, size);
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	int first = 1, failed = 0;
	long flags = 0;

	if (argc == 1)
		return show();
	if (argc > 2 && strcmp(argv[1], "-p") == 0) {
		flags = strtol(argv[2], NULL, 10);
		flags = flags < 0 ? 0 : SWAP_FLAG_PREFER | (flags & MOST_PRIORITY);
		first = 3;
	}
	if (first == argc || argv[first][0] == '-') {
		dprintf(2, "usage: swapon [-p PRIORITY] DEVICE...\n");
		return 1;
	}
	for (int i = first; i < argc; i++)
		if (posix(syscall(SYS_swapon, argv[i], flags)) < 0)
			failed = complain("swapon", argv[i]);
	return failed;
}
