/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>

/*
 * memblock, the frame table, the hand-over and the page allocator, as the kernel links them, on random machines
 * (page_alloc_model.c) and under random operations, with what must be true after each. For test_page_alloc.c,
 * which runs millions of them, and for the fuzzer, which chooses them.
 *
 * Of all the RAM that these machines have only a window is real memory, for mem_map; pages are not touched by
 * the allocator but through kmap_local_page(), and that is one page here, for all of them.
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
 * page_alloc_ops_new_machine() - a random machine that has not booted
 */
void page_alloc_ops_new_machine(void);

/**
 * page_alloc_ops_boot() - a random machine, up to memblock_free_all(), with random limits
 */
void page_alloc_ops_boot(void);

/**
 * page_alloc_ops_run() - some operations
 * @nr: how many; ends earlier when a fuzzer's input does
 */
void page_alloc_ops_run(unsigned long nr);

/**
 * page_alloc_ops_finish() - free what is left
 */
void page_alloc_ops_finish(void);

/**
 * page_alloc_ops_check() - compare all frames with the model
 * @when: for the message
 */
void page_alloc_ops_check(const char *when);

/**
 * has_to_stay() - free pages that a request has to leave, by the words of the documentation
 * @type: in which zone
 * @gfp: of the request
 */
unsigned long has_to_stay(enum zone_type type, gfp_t gfp);
