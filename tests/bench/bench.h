/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/gfp.h>
#include <mm/page.h>
#include <tests/bench/opcount.h>

/*
 * Benchmarks. One is a function that prepares what it needs, runs a loop between bench_begin() and
 * bench_end(), and gives everything back:
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
 * The linker collects them; tests/bench/bench.c calls each twice: once to count cycles, over many iterations,
 * and once to look at each instruction that is executed, over a few. The function cannot tell which.
 * What lies between begin and end is a caller's code: public functions through public headers, interrupts
 * on. Counting down makes of the loop two instructions.
 */

/**
 * struct bench_run - one call of a benchmark
 * @iters: how often to do it
 * @begin: for bench_begin()
 * @end: for bench_end()
 * @skipped: why it could not run here; NULL if it did
 */
struct bench_run {
	u32 iters;
	void (*begin)(void);
	void (*end)(void);
	const char *skipped;
};

/**
 * struct bench - a benchmark
 * @name: as in linux.csv and baseline.csv
 * @run: the function
 * @iters: iterations to count cycles over; 0 for BENCH_ITERS
 * @stepped: iterations to look into; 0 for BENCH_STEPPED
 */
struct bench {
	const char *name;
	void (*run)(struct bench_run *run);
	u32 iters, stepped;
};

#define BENCH_ITERS   100000u
#define BENCH_STEPPED 128u

/* More of the struct may follow the name: BENCH(slow_one, .iters = 1000). */
#define BENCH(name_, ...)                                                           \
	static void bench_##name_(struct bench_run *run);                           \
	static const struct bench bench_record_##name_ LINKER_SET(                  \
		benches) = { .name = #name_, .run = bench_##name_, ##__VA_ARGS__ }; \
	static void bench_##name_(struct bench_run *run)

/**
 * bench_begin() - count from here on
 * @run: this call
 *
 * May be called again after bench_end(): then the counts go on.
 */
static __always_inline void bench_begin(const struct bench_run *run)
{
	run->begin();
}

/**
 * bench_end() - count no longer
 * @run: this call
 */
static __always_inline void bench_end(const struct bench_run *run)
{
	run->end();
}

/**
 * bench_touch() - write one word
 * @addr: where; aligned
 */
static __always_inline void bench_touch(void *addr)
{
	*(volatile u32 *)addr = 1;
}

/**
 * bench_take_pages() - single pages, all of the zone that the request prefers
 * @run: this call; skipped if there are not so many
 * @gfp: GFP_HIGHUSER or GFP_KERNEL
 * @nr: how many
 *
 * Return: an array of them, for bench_give_pages(); NULL if the benchmark has to return.
 */
struct page **bench_take_pages(struct bench_run *run, gfp_t gfp, u32 nr);

/**
 * bench_give_pages() - give them back
 * @pages: from bench_take_pages()
 * @nr: as it was asked for
 */
void bench_give_pages(struct page **pages, u32 nr);

/**
 * bench_run_all() - run the benchmarks that match, and print what they cost
 * @globs: patterns for their names, with * and ?, separated by commas or blanks; "" runs all, and "list"
 *         prints their names
 *
 * Prints of each, as sums over its iterations
 *
 *	BENCH name=... iters=... cycles_total=... invlpg=... cr3=... cr4=... ipis=...
 *
 * and per operation, of what was executed in some iterations after those,
 *
 *	OPS name=... iters=... steps=... locked=... cli=... popf=... invlpg=... cr3=... cr4=...
 *
 * Context: a thread, interrupts on.
 * Return: 0; -ENOENT where a pattern matches none, -ENOSYS where this CPU does not count cycles (both are printed).
 */
int bench_run_all(const char *globs);
