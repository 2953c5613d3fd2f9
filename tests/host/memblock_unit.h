/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock.h>

/**
 * memblock_reset() - set all state of memblock back to its value at the start of a program
 *
 * Every entry of the initial arrays except the dummy is filled with junk, since entries at or
 * after `cnt` have no meaning.
 */
void memblock_reset(void);

/* The static arrays with which the lists begin. */
extern struct memblock_region *memblock_initial_memory, *memblock_initial_reserved;

/*
 * The arena: real memory, so that a test can write to the blocks that memblock allocates from it.
 * Its address is the same each time, fits in 32 bits, and is below the shadow memory of
 * AddressSanitizer.
 */
#define ARENA       0x10000000ul
#define ARENA_BYTES 0x200000ul

/**
 * memblock_map_arena() - map the arena; its bytes are 0 after the first call
 */
void memblock_map_arena(void);

/* An expected entry of a list. */
struct want {
	phys_addr_t base, size;
	int nid;
	unsigned int flags;
};

#define R(base, size)                                       \
	{                                                   \
		(base), (size), MAX_NUMNODES, MEMBLOCK_NONE \
	}
#define RN(base, size, nid, flags)             \
	{                                      \
		(base), (size), (nid), (flags) \
	}

/**
 * memblock_list_is() - compare every field of a list with the expected ones; see LIST_IS()
 * @file: __FILE__
 * @line: __LINE__
 * @type: the list
 * @want: the expected entries
 * @nr: their number; 0 for an empty list, which has its dummy
 */
void memblock_list_is(const char *file, int line, const struct memblock_type *type,
		      const struct want *want, unsigned long nr);

#define LIST_IS(type, ...)                                                         \
	memblock_list_is(__FILE__, __LINE__, type, (struct want[]){ __VA_ARGS__ }, \
			 sizeof((struct want[]){ __VA_ARGS__ }) / sizeof(struct want))
#define LIST_EMPTY(type) memblock_list_is(__FILE__, __LINE__, type, NULL, 0)
#define MEMORY_IS(...)   LIST_IS(&memblock.memory, __VA_ARGS__)
#define RESERVED_IS(...) LIST_IS(&memblock.reserved, __VA_ARGS__)
