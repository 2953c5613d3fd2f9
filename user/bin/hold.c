/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Holds memory, so that there is something to look at:
 *
 *	hold MIB [CHILDREN [PERCENT]]
 *
 * A process in the background fills this many MiB and forks the children, which share its pages.
 * Each child writes to a part of them, 10 percent if nothing else is asked for, and gets copies of
 * that part. hold returns when all is done. The processes wait until they are killed.
 */

#define MIB  (1ul << 20)
#define PAGE 4096ul

static char *memory;
static int ready[2];

static void fill(unsigned long bytes, int value)
{
	for (unsigned long i = 0; i < bytes; i += PAGE)
		memory[i] = (char)value;
}

/* Reports that the memory is filled, and never returns. */
static void wait_for_the_end(void)
{
	write(ready[1], "", 1);
	close(ready[1]);
	for (;;)
		sleep_ms(1000000);
}

static int hold(unsigned long size, int children, unsigned long percent)
{
	close(ready[0]);
	syscall(SYS_setsid);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return complain("hold", "memory");
	fill(size, 1);
	while (children-- > 0) {
		int pid = fork();

		if (pid < 0)
			return complain("hold", "fork");
		if (pid == 0) {
			fill(size / 100 / PAGE * PAGE * percent, 2);
			wait_for_the_end();
		}
	}
	wait_for_the_end();
	return 1;
}

int main(int argc, char **argv, char **envp)
{
	int children = argc > 2 ? atoi(argv[2]) : 0, percent = argc > 3 ? atoi(argv[3]) : 10;
	int size = argc > 1 ? atoi(argv[1]) : 0;
	char byte;

	if (size < 1 || size > 2048 || children < 0 || percent < 0 || percent > 100) {
		dprintf(2, "usage: hold MIB [CHILDREN [PERCENT]]\n");
		return 2;
	}
	if (pipe(ready) < 0)
		return complain("hold", "pipe");
	switch (fork()) {
	case -1:
		return complain("hold", "fork");
	case 0:
		return hold((unsigned long)size * MIB, children, (unsigned long)percent);
	}
	close(ready[1]);
	for (int i = 0; i <= children; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	return 0;
}
