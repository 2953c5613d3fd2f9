/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A random program of calls of kmalloc() and of caches, with what must be true after each: for test_slab.c,
 * which runs millions of them, and for the fuzzer, which chooses them.
 */

/**
 * slab_ops_boot() - a machine with caches
 * @slub_debug: as the boot parameter; "" for none
 *
 * The address space of the window has to be mapped (slab_ops_map()).
 */
void slab_ops_boot(const char *slub_debug);

/**
 * slab_ops_map() - map the memory of the machine
 *
 * Return: false if the addresses are taken.
 */
bool slab_ops_map(void);

/**
 * slab_ops_run() - some calls
 * @nr: how many; ends earlier when a fuzzer's input does
 */
void slab_ops_run(unsigned long nr);

/**
 * slab_ops_finish() - free what is left, and check that all pages came back
 */
void slab_ops_finish(void);

/**
 * slab_ops_check_all() - the long check of all caches, and the counts
 */
void slab_ops_check_all(void);
