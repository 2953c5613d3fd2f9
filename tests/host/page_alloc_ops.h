/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * memblock, the frame table, the hand-over and the page allocator, linked as in the kernel, on
 * random machines (page_alloc_model.c) and with random operations. After each operation a model
 * says what must be true. test_page_alloc.c runs millions of operations; the fuzzer chooses them.
 *
 * These machines have much RAM, but only a window of it is real memory, for mem_map. The allocator
 * touches pages through kmap_local_page() only, and that is one page here, for all of them.
 */

#define WINDOW_START 0x10000000ul
#define WINDOW_END   0x12000000ul

/**
 * page_alloc_ops_map() - map the window
 *
 * Return: false if the addresses are taken.
 */
bool page_alloc_ops_map(void);

/**
 * page_alloc_ops_new_machine() - make a random machine that has not booted yet
 */
void page_alloc_ops_new_machine(void);

/**
 * page_alloc_ops_boot() - boot a random machine up to memblock_free_all(), with random limits
 */
void page_alloc_ops_boot(void);

/**
 * page_alloc_ops_run() - run random operations
 * @nr: number of operations; fewer if the input of a fuzzer ends
 */
void page_alloc_ops_run(unsigned long nr);

/**
 * page_alloc_ops_finish() - free all blocks that are still allocated
 */
void page_alloc_ops_finish(void);

/**
 * page_alloc_ops_check() - compare all frames with the model
 * @when: text for the message
 */
void page_alloc_ops_check(const char *when);

/**
 * has_to_stay() - number of pages that a request must leave free, computed from the documentation
 * @type: zone
 * @gfp: flags of the request
 *
 * Return: pages of order 0.
 */
unsigned long has_to_stay(enum zone_type type, gfp_t gfp);
