/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock.h>

/**
 * memblock_reset() - put memblock, its private state too, back to how it is when a program starts
 *
 * The initial arrays are filled with junk where an entry is not the dummy: what lies at or after
 * `cnt` may not be relied on.
 */
void memblock_reset(void);

/* The arrays that the lists begin with. */
extern struct memblock_region *const memblock_initial_memory;
extern struct memblock_region *const memblock_initial_reserved;

/*
 * Real memory at an address that is the same each time, fits into 32 bits, and lies below the shadow
 * of AddressSanitizer: what memblock hands out of it can be written to.
 */
#define ARENA       0x10000000ul
#define ARENA_BYTES 0x200000ul

/**
 * memblock_map_arena() - provide the arena, its bytes all zero at first
 */
void memblock_map_arena(void);

/* An entry that a list is expected to have. */
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
 * memblock_list_is() - check every field of a list, see LIST_IS()
 * @file: __FILE__
 * @line: __LINE__
 * @type: the list
 * @want: its entries
 * @nr: how many; 0: it is empty, with its dummy
 */
void memblock_list_is(const char *file, int line, const struct memblock_type *type,
		      const struct want *want, unsigned long nr);

#define LIST_IS(type, ...)                                                         \
	memblock_list_is(__FILE__, __LINE__, type, (struct want[]){ __VA_ARGS__ }, \
			 sizeof((struct want[]){ __VA_ARGS__ }) / sizeof(struct want))
#define LIST_EMPTY(type) memblock_list_is(__FILE__, __LINE__, type, NULL, 0)
#define MEMORY_IS(...)   LIST_IS(&memblock.memory, __VA_ARGS__)
#define RESERVED_IS(...) LIST_IS(&memblock.reserved, __VA_ARGS__)
