/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * large PROCESSES MIB: that many processes, each of which writes MIB mebibytes, waits until all the
 * others have done so, and reads them again. They stay, so that the prompt can look at the memory.
 */

#define PAGE_WORDS 1024u

static int wrote[2], start[2], checked[2];

static void await(int fd, int number)
{
	char byte;

	while (number > 0 && read(fd, &byte, 1) == 1)
		number--;
	if (number)
		printf("%d processes have ended\n", number);
}

/* A value for each page of each process. The last word has it, too, the wrong way round. */
static unsigned int value(unsigned int who, size_t page)
{
	return (unsigned int)page * 2654435761u ^ who << 28;
}

struct part {
	unsigned int *memory;
	size_t pages;
};

static struct part parts[32];
static unsigned int nr_parts;

/* Program and stack are in the way of one large mapping, so a few smaller ones follow. */
static bool map_parts(size_t pages)
{
	for (size_t size = pages; pages; size = size < pages ? size : pages) {
		void *memory = mmap(NULL, size << 12, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory != MAP_FAILED) {
			parts[nr_parts++] = (struct part){ memory, size };
			pages -= size;
		} else {
			size /= 2;
		}
		if (!size || nr_parts == sizeof(parts) / sizeof(parts[0]))
			return false;
	}
	return true;
}

static void fill(unsigned int who, const struct part *part)
{
	for (size_t i = 0; i < part->pages; i++) {
		unsigned int *page = part->memory + i * PAGE_WORDS;

		page[0] = value(who, (size_t)page >> 12);
		page[PAGE_WORDS - 1] = ~page[0];
	}
}

/* Returns the number of pages that are not as they were written. */
static size_t check(unsigned int who, const struct part *part)
{
	size_t wrong = 0;

	for (size_t i = 0; i < part->pages; i++) {
		const unsigned int *page = part->memory + i * PAGE_WORDS;
		unsigned int first = value(who, (size_t)page >> 12);

		wrong += page[0] != first || page[1] || page[PAGE_WORDS - 1] != ~first;
	}
	return wrong;
}

static int work(unsigned int who, size_t pages)
{
	size_t wrong = 0;
	char byte;

	if (!map_parts(pages))
		return complain("large", "mmap");
	for (unsigned int i = 0; i < nr_parts; i++)
		fill(who, &parts[i]);
	syscall(SYS_setsid); /* the end of the parent is no reason to end */
	write(wrote[1], "w", 1);
	read(start[0], &byte, 1);
	for (unsigned int i = 0; i < nr_parts; i++)
		wrong += check(who, &parts[i]);
	printf("process %u: %lu pages, %lu wrong\n", who, (unsigned long)pages,
	       (unsigned long)wrong);
	write(checked[1], "c", 1);
	for (;;)
		syscall(SYS_pause);
}

int main(int argc, char **argv, char **envp)
{
	int processes = argc > 1 ? atoi(argv[1]) : 2;
	size_t mib = argc > 2 ? (size_t)atoi(argv[2]) : 64;

	pipe(wrote);
	pipe(start);
	pipe(checked);
	for (int i = 0; i < processes; i++) {
		int pid = fork();

		if (pid < 0)
			return complain("large", "fork");
		if (pid == 0) {
			close(wrote[0]);
			close(start[1]);
			close(checked[0]);
			return work((unsigned int)i, mib << 8);
		}
	}
	close(wrote[1]);
	close(checked[1]);
	await(wrote[0], processes);
	for (int i = 0; i < processes; i++)
		write(start[1], "s", 1);
	await(checked[0], processes);
	return 0;
}
