/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * crowd NUMBER: makes that many processes, and ends when all of them run. They wait for a signal,
 * so that the prompt can look at them.
 *
 * crowd rooms: makes two processes with all kinds of memory, for an auditor of page tables.
 */

#define PAGE 4096ul

static int ready[2];

/* The parent learns that one more child is there. Its end is no reason for the child to end. */
static void stay(void)
{
	syscall(SYS_setsid);
	write(ready[1], "r", 1);
	close(ready[0]);
	close(ready[1]);
	for (;;)
		syscall(SYS_pause);
}

static int wait_for(int number)
{
	char byte;

	while (number > 0 && read(ready[0], &byte, 1) == 1)
		number--;
	return number;
}

static char *map(size_t pages, int prot, int flags, int fd)
{
	return (char *)syscall(SYS_mmap2, 0, pages * PAGE, prot, flags, fd, 0);
}

/* Private memory, memory of a file in both ways, code, memory without rights, and moved memory. */
static void furnish(void)
{
	int fd = open("/tmp/room", O_RDWR | O_CREAT, 0600);
	int rw = PROT_READ | PROT_WRITE;
	char *p = map(16, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	syscall(SYS_ftruncate, fd, 8 * PAGE);
	memset(p, 1, 12 * PAGE);
	syscall(SYS_mprotect, p, 2 * PAGE, PROT_NONE);
	syscall(SYS_mprotect, p + 2 * PAGE, 2 * PAGE, PROT_READ);
	syscall(SYS_mremap, p + 8 * PAGE, 8 * PAGE, 2048 * PAGE, 1);
	p = map(8, rw, MAP_SHARED, fd);
	memset(p, 2, 6 * PAGE);
	p = map(8, rw, MAP_PRIVATE, fd);
	memset(p, 3, 3 * PAGE);
	*(volatile char *)(p + 5 * PAGE);
	p = map(4, rw, MAP_SHARED | MAP_ANONYMOUS, -1);
	memset(p, 4, 4 * PAGE);
	p = map(2, rw | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(p, 5, PAGE);
	p = map(1, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	*p = (char)0xc3;
	syscall(SYS_mprotect, p, PAGE, PROT_READ | PROT_EXEC);
	p = map(4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	*(volatile char *)p;
}

int main(int argc, char **argv, char **envp)
{
	bool rooms = argc > 1 && strcmp(argv[1], "rooms") == 0;
	int number = rooms ? 2 : argc > 1 ? atoi(argv[1]) : 100;

	pipe(ready);
	if (rooms)
		furnish();
	for (int i = 0; i < number; i++) {
		int pid = fork();

		if (pid < 0) {
			printf("fork %d: %s\n", i, errno_name(errno));
			return 1;
		}
		if (pid == 0) {
			if (rooms && i)
				furnish();
			stay();
		}
	}
	close(ready[1]);
	number = wait_for(number);
	if (number) {
		printf("%d processes are missing\n", number);
		return 1;
	}
	puts("all are there");
	return 0;
}
