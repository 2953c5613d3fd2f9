/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/percpu.h>
#include <asm/smp_call.h>
#include <asm/tlbflush.h>
#include <drivers/input.h>
#include <init/boot_action.h>
#include <init/lineedit.h>
#include <init/words.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/buddy.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/page_debug.h>
#include <mm/watermark.h>
#include <tests/bench/bench.h>
#include <tests/helpers/page_set.h>
#include <tests/kernel/graded.h>
#include <tests/kernel/ktest.h>

/*
 * Runs benchmarks and prints what an operation costs. The result has several parts, because no
 * single number describes the cost:
 *
 *	cycles          of the TSC. Under `qemu -icount shift=0,sleep=off` these are instructions,
 *	                and repeat to the digit. A timer tick within a run is included: some
 *	                hundred instructions in ten million, less than the last digit shown.
 *	invalidations   of TLB entries, by the kernel's own counters, and interrupts to other
 *	                CPUs: exact, over all iterations
 *	locked, ...     by looking at each instruction (tests/bench/opcount.c): exact, over some
 *	                iterations
 *
 * Each benchmark begins with empty caches and per-CPU lists, so its result does not depend on the
 * benchmarks before it. The instructions are counted in a second run, which finds them filled.
 */

/*
 * --- counts over all iterations -----------------------------------------------------------------
 */

struct vector {
	u64 cycles;
	struct tlb_counts tlb;
	u32 ipis;
};

static struct vector before, sum;

static struct vector read_vector(void)
{
	struct smp_counts smp = smp_counts_sum();
	struct vector now = { .ipis = smp.calls + smp.kicks };
	u32 cpu;

	for_each_cpu_with_data(cpu) {
		const struct tlb_counts *tlb = &per_cpu(tlb_counts, cpu);

		now.tlb.one += tlb->one;
		now.tlb.cr3 += tlb->cr3;
		now.tlb.all += tlb->all;
	}
	return now;
}

/* The clock is read last at the start, and first at the end. */
static void begin_counting(void)
{
	before = read_vector();
	before.cycles = read_tsc();
}

static void end_counting(void)
{
	u64 cycles = read_tsc() - before.cycles;
	struct vector now = read_vector();

	sum.cycles += cycles;
	sum.tlb.one += now.tlb.one - before.tlb.one;
	sum.tlb.cr3 += now.tlb.cr3 - before.tlb.cr3;
	sum.tlb.all += now.tlb.all - before.tlb.all;
	sum.ipis += now.ipis - before.ipis;
}

/* --- lines of results ------------------------------------------------------------------------- */

/* The longest has some 200 characters: each number has at most ten digits. */
static char line[256];
static size_t line_length;

static void begin_line(void)
{
	line_length = 0;
}

static __printf(1, 2) void add(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	line_length += vsnprintf(line + line_length, sizeof(line) - line_length, fmt, args);
	va_end(args);
}

static void print_line(void)
{
	console_printf("%s\n", line);
	graded_say("", "%s", line);
}

/* --- running ---------------------------------------------------------------------------------- */

static const char *count(const struct bench *bench)
{
	struct bench_run run = {
		.iters = bench->iters ?: BENCH_ITERS,
		.begin = begin_counting,
		.end = end_counting,
	};

	sum = (struct vector){ 0 };
	bench->run(&run);
	if (!run.skipped) {
		begin_line();
		add("BENCH name=%s iters=%u cycles_total=%llu invlpg=%u cr3=%u cr4=%u ipis=%u",
		    bench->name, run.iters, sum.cycles, sum.tlb.one, sum.tlb.cr3, sum.tlb.all,
		    sum.ipis);
		print_line();
	}
	return run.skipped;
}

static void add_per_operation(const char *what, u32 total, u32 iters)
{
	u32 thousandths = (u32)(((u64)total * 1000 + iters / 2) / iters);

	add(" %s=%u.%03u", what, thousandths / 1000, thousandths % 1000);
}

static void look(const struct bench *bench)
{
	struct bench_run run = {
		.iters = bench->stepped ?: BENCH_STEPPED,
		.begin = opcount_begin,
		.end = opcount_end,
	};
	struct opcounts ops;

	bench->run(&run);
	ops = opcount_take();
	begin_line();
	add("OPS name=%s iters=%u", bench->name, run.iters);
	add_per_operation("steps", ops.steps, run.iters);
	add_per_operation("locked", ops.locked, run.iters);
	add_per_operation("cli", ops.cli, run.iters);
	add_per_operation("popf", ops.popf, run.iters);
	add_per_operation("invlpg", ops.invlpg, run.iters);
	add_per_operation("cr3", ops.cr3, run.iters);
	add_per_operation("cr4", ops.cr4, run.iters);
	print_line();
}

static void run_bench(const struct bench *bench)
{
	const char *skipped;

	ktest_settle();
	skipped = count(bench);
	if (skipped) {
		console_printf("# %s is skipped: %s\n", bench->name, skipped);
		return;
	}
	look(bench);
}

/* --- choosing --------------------------------------------------------------------------------- */

static void list_benches(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct bench *bench;

	for_each_in_set(bench, benches)
		offer(arg, bench->name);
}

static void list_arguments(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "list");
	list_benches(prefix, offer, arg);
}

/* Names the patterns without a match. */
static unsigned int report_unmatched(const char *globs)
{
	char glob[GLOB_SIZE], nearest[WORD_SIZE];
	unsigned int unmatched = 0;
	const struct bench *bench;

	while ((globs = glob_next(globs, glob))) {
		bool matched = false;

		for_each_in_set(bench, benches)
			matched |= glob_match(glob, bench->name);
		if (matched)
			continue;
		unmatched++;
		if (words_nearest(list_benches, glob, nearest))
			console_printf("bench: no benchmark matches '%s'; did you mean '%s'?\n",
				       glob, nearest);
		else
			console_printf("bench: no benchmark matches '%s'; `bench list` shows all\n",
				       glob);
	}
	return unmatched;
}

int bench_run_all(const char *globs)
{
	const struct bench *bench;

	if (strcmp(globs, "list") == 0) {
		words_show(list_benches, "");
		return 0;
	}
	if (report_unmatched(globs))
		return -ENOENT;
	if (!cpu_has(CPU_TSC)) {
		console_printf("bench: this CPU does not count cycles\n");
		return -ENOSYS;
	}
	graded_begin();
	for_each_in_set(bench, benches) {
		if (*globs && !glob_match_any(globs, bench->name))
			continue;
		if (console_interrupted())
			return -EINTR;
		run_bench(bench);
	}
	graded_end();
	return 0;
}

/*
 * --- resources of benchmarks --------------------------------------------------------------------
 */

struct page **bench_take_pages(struct bench_run *run, gfp_t gfp, u32 nr)
{
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	u32 got = pages ? alloc_pages_bulk(gfp, nr, pages) : 0;
	bool right = got == nr;

	for (u32 i = 0; i < got; i++)
		right &= page_zone(pages[i]) == gfp_zone(gfp);
	if (right)
		return pages;
	run->skipped = "too little memory of its zone";
	if (pages)
		bench_give_pages(pages, got);
	return NULL;
}

void bench_give_pages(struct page **pages, u32 nr)
{
	while (nr)
		__free_page(pages[--nr]);
	kfree(pages);
}

void bench_take_odd_blocks(gfp_t gfp, unsigned int order, struct page_set *taken)
{
	struct zone *zone = &zones[gfp_zone(gfp)];

	drain_all_pages();
	/* Straight from the zone: small blocks of alloc_pages() come by the batch. */
	for (unsigned int k = MAX_ORDER; k-- > order;) {
		while (READ_ONCE(zone->free_area[k].nr_free)) {
			struct page *page = buddy_alloc(zone, k, zone_mark(zone, gfp));

			if (!page)
				return;
			page_debug_alloc(page, k, 0);
			page_set_add(taken, page);
		}
	}
}

/* --- how to start them ------------------------------------------------------------------------ */

static int parse_bench(const char *value)
{
	boot_action_set("bench", bench_run_all, value);
	return 0;
}
BOOT_PARAM("bench", "bench[=glob,glob|=list]", "run the benchmarks, then exit", parse_bench);

static int bench_command(int argc, char **argv)
{
	char globs[LINE_SIZE];

	words_join(argv + 1, globs, sizeof(globs));
	return bench_run_all(globs);
}
PROMPT_COMMAND("bench", "[glob]...", "run benchmarks: all, some, or list them", bench_command,
	       .words = list_arguments, .streams = true, .example = "bench kmap_*");
