/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/fixmap.h>
#include <asm/irqflags.h>
#include <asm/pgtable.h>
#include <asm/smp_call.h>
#include <drivers/input.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/errno.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/bench/scaling.h>
#include <thread/thread.h>

/*
 * How CPUs delay each other when all do the same work.
 *
 * On several CPUs the cost is not what each one executes, but how long they make each other wait.
 * Cycles of emulated CPUs that share the host's cores say little about that. Two numbers can be
 * counted exactly: how often one CPU interrupted another, and how often all had to flush.
 *
 *	thread of CPU 0   takes pages ──▶│ operations ──────▶│            gives back
 *	thread of CPU 1   takes pages ─▶ │ operations ─▶     │            gives back
 *	                                 └─ all have arrived └─ all have finished
 *
 * The last thread that arrives at a line reads the counts, so creating and ending the threads is
 * not included. Locks count the attempts of CPUs that wait, so counting adds nothing to a free
 * lock.
 */

struct load {
	const char *name;
	u32 pages; /* of high memory, shared by all CPUs; at least one each */
	u32 ops;   /* shared by all CPUs, too */
	void (*run)(struct page **pages, u32 nr_pages, u32 ops);
};

/* --- loads ------------------------------------------------------------------------------------ */

static void touch(void *addr)
{
	*(volatile u32 *)addr = 1;
}

static void local_pairs(struct page **pages, u32 nr_pages, u32 ops)
{
	while (ops--) {
		void *addr = kmap_local_page(pages[0]);

		touch(addr);
		kunmap_local(addr);
	}
}

static void hot_pairs(struct page **pages, u32 nr_pages, u32 ops)
{
	while (ops--) {
		touch(kmap(pages[0]));
		kunmap(pages[0]);
	}
}

static void rotating_pairs(struct page **pages, u32 nr_pages, u32 ops)
{
	while (ops-- && !console_interrupted()) {
		struct page *page = pages[ops % nr_pages];

		touch(kmap(page));
		kunmap(page);
	}
}

static void alloc_and_free(struct page **pages, u32 nr_pages, u32 ops)
{
	while (ops--) {
		struct page *page = alloc_page(GFP_HIGHUSER);

		if (page)
			__free_page(page);
	}
}

static void map_and_unmap(struct page **pages, u32 nr_pages, u32 ops)
{
	while (ops-- && !console_interrupted()) {
		void *addr = vmap(pages, 1, VM_MAP, PAGE_KERNEL);

		if (addr)
			touch(addr);
		vunmap(addr);
	}
}

/*
 * If the host has fewer CPUs than the guest, a contended ticket lock waits for a CPU that the host
 * does not run. Operations under one common lock then take long, so there are fewer of them. The
 * same is true where DEBUG=1 checks the whole page.
 */
static const struct load loads[NR_SCALING_LOADS] = {
	[SCALING_KMAP_LOCAL] = { "kmap_local", 1, 80000, local_pairs },
	[SCALING_KMAP_HOT] = { "kmap_hot", 1, 4096, hot_pairs },
	[SCALING_KMAP_ROTATE2X] = { "kmap_rotate2x", 2 * LAST_PKMAP, 4 * LAST_PKMAP,
				    rotating_pairs },
	[SCALING_ALLOC_FREE_ORDER0] = { "alloc_free_order0", 1, DEBUG ? 8000 : 80000,
					alloc_and_free },
	[SCALING_VMAP_VUNMAP_1] = { "vmap_vunmap_1", 1, 4096, map_and_unmap },
};

const char *scaling_name(enum scaling_load load)
{
	return loads[load].name;
}

/* --- counting --------------------------------------------------------------------------------- */

static struct scaling_result read_counts(void)
{
	struct smp_counts smp = smp_counts_sum();
	struct scaling_result now = { .calls = smp.calls, .kicks = smp.kicks };
	u32 cpu;

	for (unsigned int cause = 0; cause < NR_TLB_CAUSES; cause++)
		now.flushes += tlb_flushes(cause);
	for_each_cpu_with_data(cpu) {
		now.tlb.one += per_cpu(tlb_counts, cpu).one;
		now.tlb.cr3 += per_cpu(tlb_counts, cpu).cr3;
		now.tlb.all += per_cpu(tlb_counts, cpu).all;
		now.spins.waits += per_cpu(spin_counts, cpu).waits;
		now.spins.looks += per_cpu(spin_counts, cpu).looks;
	}
	return now;
}

static struct scaling_result between(const struct scaling_result *from,
				     const struct scaling_result *to)
{
	return (struct scaling_result){
		.flushes = to->flushes - from->flushes,
		.calls = to->calls - from->calls,
		.kicks = to->kicks - from->kicks,
		.tlb = { .one = to->tlb.one - from->tlb.one,
			 .cr3 = to->tlb.cr3 - from->tlb.cr3,
			 .all = to->tlb.all - from->tlb.all },
		.spins = { .waits = to->spins.waits - from->spins.waits,
			   .looks = to->spins.looks - from->spins.looks },
	};
}

/* A barrier: threads cross this line when all have arrived. */
struct line {
	u32 there, crossed;
	struct scaling_result counts;
};

static void cross(struct line *line, u32 threads)
{
	if (__atomic_add_fetch(&line->there, 1, __ATOMIC_ACQ_REL) == threads) {
		line->counts = read_counts();
		__atomic_store_n(&line->crossed, 1, __ATOMIC_RELEASE);
	}
	spin_until(__atomic_load_n(&line->crossed, __ATOMIC_ACQUIRE));
}

/* --- running ---------------------------------------------------------------------------------- */

struct race {
	const struct load *load;
	u32 threads;
	struct line start, finish;
};

static u32 share(u32 whole, const struct race *race)
{
	return (whole + race->threads - 1) / race->threads;
}

static bool take_pages(struct page **pages, u32 nr)
{
	u32 got = alloc_pages_bulk(GFP_HIGHUSER | __GFP_NOWARN, nr, pages);

	for (u32 i = 0; i < got; i++)
		if (!page_is_highmem(pages[i]))
			return false;
	return got == nr;
}

static void give_pages(struct page **pages, u32 nr)
{
	for (u32 i = 0; i < nr && pages[i]; i++)
		__free_page(pages[i]);
}

/* Crosses both lines in any case, because the other threads wait. */
static int run_here(void *arg)
{
	struct race *race = arg;
	u32 nr = share(race->load->pages, race);
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);
	bool enough = pages && take_pages(pages, nr);

	cross(&race->start, race->threads);
	if (enough)
		race->load->run(pages, nr, share(race->load->ops, race));
	cross(&race->finish, race->threads);
	if (pages)
		give_pages(pages, nr);
	kfree(pages);
	return enough ? 0 : -ENOMEM;
}

/* Creates all threads before the first one starts, because it waits for the others. */
static u32 make_threads(struct race *race, struct thread **threads)
{
	u32 cpu, nr = 0;

	for_each_online_cpu(cpu) {
		threads[nr] = kthread_create(run_here, race, "scaling/%u", cpu);
		if (!threads[nr])
			break;
		kthread_bind(threads[nr++], cpu);
	}
	return nr;
}

bool scaling_measure(enum scaling_load load, struct scaling_result *result)
{
	struct thread *threads[NR_CPUS];
	struct race race = { .load = &loads[load] };
	bool good;

	race.threads = make_threads(&race, threads);
	good = race.threads == num_online_cpus();
	for (u32 i = 0; i < race.threads; i++)
		wake_up_process(threads[i]);
	for (u32 i = 0; i < race.threads; i++)
		good &= kthread_join(threads[i]) == 0;
	*result = between(&race.start.counts, &race.finish.counts);
	result->cpus = race.threads;
	result->ops = race.threads * share(race.load->ops, &race);
	return good;
}

static int scaling(int argc, char **argv)
{
	struct scaling_result got;

	for (enum scaling_load load = 0; load < NR_SCALING_LOADS; load++) {
		if (!scaling_measure(load, &got)) {
			console_printf("scaling: too little high memory for %s\n",
				       scaling_name(load));
			return -ENOMEM;
		}
		console_printf("SCALING name=%s cpus=%u ops=%u flushes=%u calls=%u kicks=%u "
			       "invlpg=%u cr3=%u cr4=%u waits=%u looks=%u\n",
			       scaling_name(load), got.cpus, got.ops, got.flushes, got.calls,
			       got.kicks, got.tlb.one, got.tlb.cr3, got.tlb.all, got.spins.waits,
			       got.spins.looks);
	}
	return 0;
}
PROMPT_COMMAND("scaling", "", "have all CPUs do the same, count interrupts", scaling,
	       .streams = true);
