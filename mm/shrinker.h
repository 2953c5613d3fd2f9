/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <mm/gfp.h>

/*
 * Caches of kernel objects that give way when low memory is short, in a linker set with ranks:
 * names of files, tables and stacks that are kept for the next programs, retired ranges of vmalloc.
 * Most of them free objects of the slab allocator; its empty slabs come last, and are freed.
 */

/**
 * struct shrinker - a cache that can give memory back
 * @name: for reports
 * @count: number of objects that it could free; NULL: unknown
 * @scan: frees up to @nr objects, or all if it cannot choose. The caller may hold any mutex, so
 *	all locks that may be held while memory is requested are only tried. It allocates nothing
 *	and waits for no disk
 */
struct shrinker {
	const char *name;
	unsigned long (*count)(void);
	void (*scan)(unsigned long nr);
};

#define SHRINKER(rank_, name_, count_, scan_)                            \
	ASSERT_RANK(rank_);                                              \
	static const struct shrinker shrinker_##scan_ LINKER_SET_RANKED( \
		shrinkers, rank_) = { .name = (name_), .count = (count_), .scan = (scan_) }

/**
 * shrink_caches() - let caches of objects give pages of low memory back
 * @nr: pages that are wanted
 * @gfp: a request that they serve; without __GFP_RECLAIM nothing happens
 *
 * Context: thread, may sleep; any locks but spinlocks may be held.
 * Return: pages by which free low memory has grown meanwhile; 0 if it has not.
 */
unsigned long shrink_caches(unsigned long nr, gfp_t gfp);

/**
 * shrinkers_show() - print what the caches hold
 * @out: prints the text
 *
 * Context: any.
 */
void shrinkers_show(printf_fn *out);
