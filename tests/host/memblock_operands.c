/* SPDX-License-Identifier: MIT */
#include "memblock_operands.h"

/*
 * Operands from bytes. An address is a whole page, a page and some bytes, or one of a few hundred
 * bytes in the middle of the window; a size is some pages, some cache lines or some bytes, and
 * rarely 0 or as large as can be. Two random ranges of these often touch, overlap or contain each
 * other.
 */

struct model model;
struct memblock_run run;

void say(const char *fmt, ...)
{
	va_list args;

	if (!run.verbose)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

unsigned int byte(void)
{
	return run.src->next(run.src->arg);
}

phys_addr_t any_page(void)
{
	return run.window + byte() % WINDOW_PAGES * PAGE_SIZE;
}

phys_addr_t any_addr(void)
{
	switch (byte() % 4) {
	case 0:
		return any_page();
	case 1:
		return any_page() + byte() * 16;
	default:
		return run.window + 16 * PAGE_SIZE + byte();
	}
}

phys_addr_t any_size(void)
{
	unsigned int how = byte(), n = byte();

	switch (how % 8) {
	case 0:
	case 1:
		return n % 16 * PAGE_SIZE;
	case 2:
		return n * 64;
	case 3:
		return n * n;
	default:
		break;
	}
	if (how == 0xff)
		return PHYS_ADDR_MAX;
	if (how == 0xfe)
		return 0;
	return n % 32;
}

int any_node(void)
{
	static const int nodes[] = { NUMA_NO_NODE, 0, 1, MAX_NUMNODES };

	return nodes[byte() % ARRAY_SIZE(nodes)];
}

enum memblock_flags any_flags(void)
{
	unsigned int b = byte();

	return b < 128 ? MEMBLOCK_NONE : (enum memblock_flags)(b % 16);
}

phys_addr_t any_align(void)
{
	unsigned int b = byte() % 16;

	return b == 15 ? 0 : (phys_addr_t)1 << b;
}

struct memblock_type *list_of(enum model_list list)
{
	return list == MODEL_MEMORY     ? &memblock.memory
	       : list == MODEL_RESERVED ? &memblock.reserved
					: &physmem;
}
