/* SPDX-License-Identifier: MIT */
#include "test.h"

/*
 * Generations of processes: each forks the next one, writes to one page of a region, and ends. So
 * each generation leaves one page, until a later one writes to the same place. The arguments are
 * the number of generations and the pages of the region. The last generation checks the content
 * and stays in the background, for the checker of owners, until `generations end` is run.
 *
 * Fork copies page tables, and pages that have lost their other owners change hands. A family that
 * outlives its pages, or a frame that is not freed, shows after many generations.
 */

#define END "/tmp/generations"

static char *region;
static unsigned int pages;
static int ready[2];

static unsigned int *word_of(unsigned int generation)
{
	return (unsigned int *)(region + generation % pages * PAGE);
}

/* The next generation returns; the others end. */
static void next_generation(unsigned int number)
{
	int pid = syscall(SYS_fork);

	if (pid < 0) {
		show("fork", pid);
		exit(1);
	}
	if (pid == 0)
		return;
	/* The child writes to its own copy. */
	if (*word_of(number + 1) == number + 1 || *word_of(number) != number)
		printf("generation %u sees a page of its child\n", number);
	exit(0);
}

static void last_generation(unsigned int number)
{
	unsigned int wrong = 0;

	for (unsigned int i = number; i + pages > number && i; i--)
		wrong += *word_of(i) != i;
	printf("generations: %u, %u pages, %u wrong\n", number, pages, wrong);
	syscall(SYS_close, syscall(SYS_open, END, O_RDWR | O_CREAT, 0644));
	syscall(SYS_close, ready[1]);
	while (syscall(SYS_access, END, 0) == 0)
		sleep_ms(10);
	exit(0);
}

int main(int argc, char **argv, char **envp)
{
	unsigned int number = argc > 1 ? atoi(argv[1]) : 100;
	char c;

	if (argc > 1 && strcmp(argv[1], "end") == 0) {
		show("unlink", syscall(SYS_unlink, END));
		sleep_ms(200);
		return 0;
	}
	pages = argc > 2 ? atoi(argv[2]) : 64;
	region = anonymous(pages * PAGE);
	syscall(SYS_pipe, ready);
	if (fork() > 0) {
		syscall(SYS_close, ready[1]);
		syscall(SYS_read, ready[0], &c, 1);
		return 0;
	}
	for (unsigned int i = 1; i <= number; i++) {
		if (i % 20000 == 0)
			printf("generation %u\n", i);
		*word_of(i) = i;
		next_generation(i);
	}
	last_generation(number);
	return 0;
}
