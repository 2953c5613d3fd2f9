/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Compares two files, byte by byte. The status is 0 if they are equal. */

/* Reads until the buffer is full, or the file ends. */
static long read_full(int fd, char *data, long size)
{
	long done = 0, part;

	while (done < size && (part = read(fd, data + done, size - done)) > 0)
		done += part;
	return done < size && part < 0 ? part : done;
}

int main(int argc, char **argv, char **envp)
{
	static char a[65536], b[65536];
	unsigned long long at = 0;
	int fds[2];

	if (argc != 3) {
		dprintf(2, "usage: cmp FILE FILE\n");
		return 2;
	}
	for (int i = 0; i < 2; i++) {
		fds[i] = open(argv[i + 1], O_RDONLY);
		if (fds[i] < 0)
			return 1 + complain("cmp", argv[i + 1]);
	}
	for (;;) {
		long n = read_full(fds[0], a, sizeof(a)), m = read_full(fds[1], b, sizeof(b));
		long same = 0, both = n < m ? n : m;

		if (n < 0 || m < 0)
			return 1 + complain("cmp", argv[n < 0 ? 1 : 2]);
		while (same < both && a[same] == b[same])
			same++;
		if (same < both) {
			printf("%s %s differ: byte %llu\n", argv[1], argv[2], at + same + 1);
			return 1;
		}
		if (n != m) {
			printf("cmp: EOF on %s after byte %llu\n", argv[n < m ? 1 : 2], at + both);
			return 1;
		}
		if (n == 0)
			return 0;
		at += both;
	}
}
