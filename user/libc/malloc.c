/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Memory: a list of free blocks, sorted by address, first fit (Kernighan and Ritchie, 8.7). Each
 * block has a header with its size. Neighbours that are free become one block. A block of 128 KiB
 * or more is a mapping of its own, and is given back to the kernel at once. There is no lock: only
 * the first thread of a program may call these functions.
 */

struct block {
	size_t size; /* with the header */
	struct block *next;
};

#define HEADER  8ul
#define LARGE   (128ul * 1024)
#define PORTION (64ul * 1024)

static struct block *free_blocks;

static void insert(struct block *block)
{
	struct block **link = &free_blocks, *before = NULL;

	while (*link && *link < block) {
		before = *link;
		link = &before->next;
	}
	block->next = *link;
	*link = block;
	if (block->next && (char *)block + block->size == (char *)block->next) {
		block->size += block->next->size;
		block->next = block->next->next;
	}
	if (before && (char *)before + before->size == (char *)block) {
		before->size += block->size;
		before->next = block->next;
	}
}

static bool grow(size_t size)
{
	struct block *block;

	size = (size + PORTION - 1) & -PORTION;
	block = sbrk(size);
	if (block == MAP_FAILED)
		return false;
	block->size = size;
	insert(block);
	return true;
}

static struct block *take(size_t size)
{
	for (struct block **link = &free_blocks; *link; link = &(*link)->next) {
		struct block *block = *link, *rest;

		if (block->size < size)
			continue;
		if (block->size < size + 16) {
			*link = block->next;
			return block;
		}
		rest = (struct block *)((char *)block + size);
		rest->size = block->size - size;
		rest->next = block->next;
		*link = rest;
		block->size = size;
		return block;
	}
	return NULL;
}

void *malloc(size_t wanted)
{
	size_t size = (wanted + HEADER + 7) & -8ul;
	struct block *block;

	if (size < wanted) {
		errno = ENOMEM;
		return NULL;
	}
	if (size < 16)
		size = 16;
	if (size >= LARGE) {
		block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
		if (block == MAP_FAILED)
			return NULL;
		block->size = size;
		return (char *)block + HEADER;
	}
	block = take(size);
	if (!block && grow(size))
		block = take(size);
	return block ? (char *)block + HEADER : NULL;
}

void free(void *memory)
{
	struct block *block = (struct block *)((char *)memory - HEADER);

	if (!memory)
		return;
	if (block->size >= LARGE)
		munmap(block, block->size);
	else
		insert(block);
}

void *calloc(size_t count, size_t size)
{
	void *memory;

	if (__builtin_mul_overflow(count, size, &size)) {
		errno = ENOMEM;
		return NULL;
	}
	memory = malloc(size);
	return memory ? memset(memory, 0, size) : NULL;
}

void *realloc(void *old, size_t size)
{
	void *memory = malloc(size);
	size_t old_size;

	if (!old || !memory)
		return memory;
	old_size = ((struct block *)((char *)old - HEADER))->size - HEADER;
	memcpy(memory, old, old_size < size ? old_size : size);
	free(old);
	return memory;
}
