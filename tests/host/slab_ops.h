/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Random calls of kmalloc() and of caches, with the checks that must hold after each. test_slab.c
 * runs millions of them; the fuzzer fuzz_slab.c chooses them by its input.
 */

/**
 * slab_ops_boot() - set up a new machine with caches
 * @slub_debug: value of the boot parameter; "" for none
 *
 * Context: after slab_ops_map().
 */
void slab_ops_boot(const char *slub_debug);

/**
 * slab_ops_map() - map the memory of the machine, once
 *
 * Context: before all others.
 * Return: false if the addresses are taken.
 */
bool slab_ops_map(void);

/**
 * slab_ops_run() - do random calls
 * @nr: number of calls; fewer if the input of a fuzzer ends
 *
 * Context: after slab_ops_boot().
 */
void slab_ops_run(unsigned long nr);

/**
 * slab_ops_finish() - free all objects, and check that all pages are free again
 *
 * Context: after slab_ops_boot().
 */
void slab_ops_finish(void);

/**
 * slab_ops_check_all() - check all caches with slab_check(), and the counts with the model
 *
 * Context: after slab_ops_boot().
 */
void slab_ops_check_all(void);
