/* SPDX-License-Identifier: MIT */
#pragma once

#include "memblock_model.h"
#include "ops_source.h"

#include <asm/page.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * The state of one run of memblock_ops_run(): the model, the window of addresses, and the operands
 * that are made from the source's bytes.
 */

#define WINDOW_PAGES 64
#define WINDOW_BYTES ((phys_addr_t)WINDOW_PAGES * PAGE_SIZE)

extern struct model model;

/**
 * struct memblock_run - one run
 * @src: the bytes that choose calls and operands
 * @verbose: print each call
 * @real: the window is the arena, so blocks can be written to
 * @window: physical address of the window
 * @calls: calls made so far
 * @doing: name of the call being made
 */
extern struct memblock_run {
	const struct ops_source *src;
	bool verbose;
	bool real;
	phys_addr_t window;
	unsigned long calls;
	const char *doing;
} run;

/* Prints if the run is verbose. */
void say(const char *fmt, ...) __printf(1, 2);

/* Compares a value with the model's; a difference ends the process. */
#define SAME(got, want)                                                                      \
	do {                                                                                 \
		u64 _got = (u64)(got), _want = (u64)(want);                                  \
		if (_got != _want) {                                                         \
			printf("memblock: call %lu, %s: %s is %#llx, the model says %#llx "  \
			       "(%s:%d)\n",                                                  \
			       run.calls, run.doing, #got, _got, _want, __FILE__, __LINE__); \
			fflush(stdout);                                                      \
			abort();                                                             \
		}                                                                            \
	} while (0)

/* The next byte of the source. */
unsigned int byte(void);

/* Operands. Addresses and sizes crowd together, so that ranges often touch and overlap. */
phys_addr_t any_page(void);
phys_addr_t any_addr(void);
phys_addr_t any_size(void);
phys_addr_t any_align(void);
int any_node(void);
enum memblock_flags any_flags(void);

/* memblock's list that corresponds to a list of the model. */
struct memblock_type *list_of(enum model_list list);
