/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <mm/gfp.h>
#include <mm/page.h>
#include <tests/bench/opcount.h>

/*
 * Benchmarks. A benchmark is a function that prepares its data, runs a loop between bench_begin()
 * and bench_end(), and frees everything:
 *
 *	BENCH(kmap_local_low)
 *	{
 *		struct page *page = alloc_page(GFP_KERNEL);
 *
 *		bench_begin(run);
 *		for (u32 n = run->iters; n; n--)
 *			kunmap_local(kmap_local_page(page));
 *		bench_end(run);
 *		__free_page(page);
 *	}
 *
 * The linker collects the benchmarks. tests/bench/bench.c calls each twice: once to count cycles
 * over many iterations, and once to look at each executed instruction over a few. The function
 * cannot tell the difference.
 *
 * The code between begin and end is that of an ordinary caller: public functions, interrupts on. A
 * loop that counts down costs two instructions.
 */

/**
 * struct bench_run - one call of a benchmark
 * @iters: number of iterations
 * @begin: called by bench_begin()
 * @end: called by bench_end()
 * @skipped: why the benchmark cannot run here; NULL if it ran
 */
struct bench_run {
	u32 iters;
	void (*begin)(void);
	void (*end)(void);
	const char *skipped;
};

/**
 * struct bench - a benchmark
 * @name: its name in linux.csv and baseline.csv
 * @run: the function
 * @iters: iterations over which cycles are counted; 0 for BENCH_ITERS
 * @stepped: iterations over which instructions are counted; 0 for BENCH_STEPPED
 */
struct bench {
	const char *name;
	void (*run)(struct bench_run *run);
	u32 iters, stepped;
};

#define BENCH_ITERS   100000u
#define BENCH_STEPPED 128u

/* More members may follow the name: BENCH(slow_one, .iters = 1000). */
#define BENCH(name_, ...)                                                           \
	static void bench_##name_(struct bench_run *run);                           \
	static const struct bench bench_record_##name_ LINKER_SET(                  \
		benches) = { .name = #name_, .run = bench_##name_, ##__VA_ARGS__ }; \
	static void bench_##name_(struct bench_run *run)

/**
 * bench_begin() - start counting
 * @run: this call
 *
 * May be called again after bench_end(): the counts continue.
 *
 * Context: the benchmark's thread.
 */
static __always_inline void bench_begin(const struct bench_run *run)
{
	run->begin();
}

/**
 * bench_end() - stop counting
 * @run: this call
 *
 * Context: the benchmark's thread.
 */
static __always_inline void bench_end(const struct bench_run *run)
{
	run->end();
}

/**
 * bench_touch() - write one word
 * @addr: its address, aligned
 *
 * Context: any.
 */
static __always_inline void bench_touch(void *addr)
{
	*(volatile u32 *)addr = 1;
}

/**
 * bench_take_pages() - allocate single pages, all from the zone that the request prefers
 * @run: this call; marked as skipped if there are too few pages
 * @gfp: GFP_HIGHUSER or GFP_KERNEL
 * @nr: number of pages
 *
 * Context: thread, may sleep.
 * Return: an array of them for bench_give_pages(); NULL if the benchmark has to return.
 */
struct page **bench_take_pages(struct bench_run *run, gfp_t gfp, u32 nr);

/**
 * bench_give_pages() - free the pages of bench_take_pages()
 * @pages: the array
 * @nr: number of pages, as requested
 *
 * Context: thread, may sleep.
 */
void bench_give_pages(struct page **pages, u32 nr);

struct page_set;

/**
 * bench_take_odd_blocks() - take all free blocks of a zone that are not of the largest order
 * @gfp: GFP_HIGHUSER or GFP_KERNEL: a request that prefers the zone
 * @order: smallest order to take
 * @taken: the set to add them to; page_set_free() gives them back
 *
 * A block that is freed later then coalesces with the block that it was split from.
 *
 * Context: thread, may sleep.
 */
void bench_take_odd_blocks(gfp_t gfp, unsigned int order, struct page_set *taken);

/**
 * bench_run_all() - run the benchmarks that match, and print their costs
 * @globs: patterns for their names, with * and ?, separated by commas or blanks; "" runs all, and
 *         "list" prints their names
 *
 * Prints for each benchmark, summed over its iterations,
 *
 *	BENCH name=... iters=... cycles_total=... invlpg=... cr3=... cr4=... ipis=...
 *
 * and, counted in a second run over some iterations,
 *
 *	OPS name=... iters=... steps=... locked=... cli=... popf=... invlpg=... cr3=... cr4=...
 *
 * Context: thread, interrupts on.
 * Return: 0; -ENOENT if a pattern matches none, -ENOSYS if this CPU does not count cycles (both
 * print a message).
 */
int bench_run_all(const char *globs);
