/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/fixmap.h>
#include <asm/lapic.h>
#include <init/params.h>
#include <kernel/command.h>
#include <kernel/cpu_call.h>
#include <lib/parse.h>
#include <lib/random.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/kmalloc.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/helpers/kmap_fill.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * Stress tests: many threads and interrupts do the same at once. Each suite starts two workers per
 * CPU, which repeat one kind of operation with random operands. Timers interrupt at intervals
 * without a common factor, and interrupts from other CPUs map and allocate, too.
 *
 * The check: a worker writes values made of the page, the worker and the number of the operation. A
 * worker that sees another one's memory, or an old page, finds a wrong value. stress_ops= makes a
 * test longer, and seed= makes it different.
 */

#define MOST_WORKERS 17u
#define NR_POOL      (2u * LAST_PKMAP)

/* In a DEBUG=1 kernel each kunmap() interrupts all CPUs. */
static u32 ops_per_worker = DEBUG ? 50 : 200;

static int parse_stress_ops(const char *value)
{
	return parse_u32(value, 100000000, &ops_per_worker);
}
BOOT_PARAM("stress_ops", "stress_ops=nn",
	   "operations of each worker in the stress suites; 200, or 50 with DEBUG=1",
	   parse_stress_ops);

/* Pages that all workers map; each worker has one word in each page. */
static struct page *pool[NR_POOL];
static unsigned int nr_pool;

struct worker {
	u32 id;
	struct random random;
	void (*job)(struct worker *worker, u32 number);
	u32 done, errors;
	u32 written[NR_POOL]; /* the expected value of its word in each page of the pool */
	struct thread *thread;
};

static struct worker workers[MOST_WORKERS];

static u32 pattern(const struct worker *worker, u32 page, u32 number)
{
	return page * 2654435761u ^ worker->id << 24 ^ number;
}

/* Checks that the worker's word in a page has the value written last, and writes a new one. @mapped
 * may be any mapping of the page. */
static void check_and_write(struct worker *worker, unsigned int index, u32 *mapped, u32 number)
{
	u32 *word = &mapped[worker->id * 16];

	worker->errors += *word != worker->written[index];
	*word = worker->written[index] = pattern(worker, index, number);
}

/* --- jobs ------------------------------------------------------------------------------------- */

#define MOST_NESTED 6u

static void nest_local_mappings(struct worker *worker, u32 number)
{
	unsigned int depth = 1 + random_below(&worker->random, MOST_NESTED), index[MOST_NESTED];
	u32 *addr[MOST_NESTED];

	for (unsigned int i = 0; i < depth; i++) {
		index[i] = random_below(&worker->random, nr_pool);
		addr[i] = kmap_local_page(pool[index[i]]);
		check_and_write(worker, index[i], addr[i], number + i);
	}
	if (number % 8 == 0)
		sched_yield();
	for (unsigned int i = depth; i-- > 0;) {
		check_and_write(worker, index[i], addr[i], number);
		kunmap_local(addr[i]);
	}
}

static void share_slots(struct worker *worker, u32 number)
{
	unsigned int index = random_below(&worker->random, nr_pool);
	/* Mostly a page that other workers want, too. */
	u32 *addr = kmap(pool[number % 4 ? index % 8 : index]);

	index = number % 4 ? index % 8 : index;
	check_and_write(worker, index, addr, number);
	if (number % 4 == 0)
		sched_yield();
	check_and_write(worker, index, addr, number + 1);
	kunmap(pool[index]);
}

/* Slots of kmap() that had no user when the workers were started. */
static unsigned int free_slots;

/*
 * The first worker takes nearly all slots and returns them. The others hold one and want no second.
 */
static void exhaust_slots(struct worker *worker, u32 number)
{
	unsigned int wanted = min(nr_pool, free_slots - 4);

	if (worker->id) {
		share_slots(worker, number);
		return;
	}
	for (unsigned int i = 0; i < wanted; i++)
		check_and_write(worker, i, kmap(pool[i]), number);
	for (unsigned int i = 0; i < wanted; i++) {
		check_and_write(worker, i, page_address(pool[i]), number);
		kunmap(pool[i]);
	}
	worker->done += wanted;
}

static void map_ranges(struct worker *worker, u32 number)
{
	unsigned int count = 1 + random_below(&worker->random, 8);
	unsigned int first = random_below(&worker->random, nr_pool - 8);
	u32 *mapped = vmap(&pool[first], count, VM_MAP, PAGE_KERNEL);

	for (unsigned int i = 0; mapped && i < count; i++)
		check_and_write(worker, first + i, mapped + i * PAGE_SIZE / sizeof(u32), number);
	vunmap(mapped);
}

static void fill(u32 *at, size_t size, u32 with)
{
	for (size_t i = 0; i < size / sizeof(*at); i++)
		at[i] = with + (u32)i;
}

static void check_filled(struct worker *worker, const u32 *at, size_t size, u32 with)
{
	for (size_t i = 0; i < size / sizeof(*at); i++)
		worker->errors += at[i] != with + (u32)i;
}

static void use_vmalloc(struct worker *worker, u32 number)
{
	size_t size = 4 + random_below(&worker->random, 6 * PAGE_SIZE) / 4 * 4;
	u32 *area = vmalloc(size), with = pattern(worker, 0, number);

	if (!area)
		return;
	fill(area, size, with);
	if (number % 4 == 0)
		sched_yield();
	check_filled(worker, area, size, with);
	vfree(area);
}

#define MOST_OBJECTS 8u

static void use_kmalloc(struct worker *worker, u32 number)
{
	u32 *objects[MOST_OBJECTS], with = pattern(worker, 1, number);
	size_t sizes[MOST_OBJECTS];
	unsigned int nr = 0;

	for (; nr < MOST_OBJECTS; nr++) {
		sizes[nr] = 4 + random_below(&worker->random, nr ? 600 : 20000) / 4 * 4;
		objects[nr] = kmalloc(sizes[nr], GFP_KERNEL);
		if (!objects[nr])
			break;
		fill(objects[nr], sizes[nr], with + nr);
	}
	while (nr--) {
		check_filled(worker, objects[nr], sizes[nr], with + nr);
		kfree(objects[nr]);
	}
}

static void use_pages(struct worker *worker, u32 number)
{
	gfp_t gfp = (random_below(&worker->random, 2) ? GFP_HIGHUSER : GFP_KERNEL) | __GFP_NOWARN;
	unsigned int order = random_below(&worker->random, 6);
	struct page *page = alloc_pages(gfp, order);
	u32 with = pattern(worker, 2, number);

	if (!page)
		return;
	for (unsigned int i = 0; i < 1u << order; i += 3) {
		u32 *addr = kmap_local_page(page + i);

		addr[0] = addr[PAGE_SIZE / sizeof(u32) - 1] = with + i;
		kunmap_local(addr);
	}
	for (unsigned int i = 0; i < 1u << order; i += 3) {
		const u32 *addr = kmap_local_page(page + i);

		worker->errors +=
			addr[0] != with + i || addr[PAGE_SIZE / sizeof(u32) - 1] != with + i;
		kunmap_local(addr);
	}
	__free_pages(page, order);
}

/* All CPUs contend here: for one slot, one object size, one block order. */
static void meet_in_one_place(struct worker *worker, u32 number)
{
	u32 *addr = kmap(pool[0]), *object = kmalloc(64, GFP_KERNEL);
	struct page *page = alloc_pages(GFP_KERNEL, 4);

	check_and_write(worker, 0, addr, number);
	if (page)
		__free_pages(page, 4);
	kfree(object);
	kunmap(pool[0]);
}

static void do_anything(struct worker *worker, u32 number)
{
	static void (*const jobs[])(struct worker * worker, u32 number) = {
		nest_local_mappings, share_slots, map_ranges,        use_vmalloc,
		use_kmalloc,         use_pages,   meet_in_one_place,
	};

	jobs[random_below(&worker->random, ARRAY_SIZE(jobs))](worker, number);
}

/* --- interrupts ------------------------------------------------------------------------------- */

static u32 interrupt_errors;

static void disturb(void *unused)
{
	struct page *page = alloc_page(GFP_ATOMIC | __GFP_HIGHMEM | __GFP_NOWARN);
	u32 *object = kmalloc(96, GFP_ATOMIC | __GFP_NOWARN), *addr;

	if (object)
		fill(object, 96, (u32)(unsigned long)object);
	if (page) {
		addr = kmap_local_page(page);
		*addr = 0x12345678;
		if (*addr != 0x12345678)
			__atomic_fetch_add(&interrupt_errors, 1, __ATOMIC_RELAXED);
		kunmap_local(addr);
		__free_page(page);
	}
	if (object && object[23] != (u32)(unsigned long)object + 23)
		__atomic_fetch_add(&interrupt_errors, 1, __ATOMIC_RELAXED);
	kfree(object);
}

/* --- running ---------------------------------------------------------------------------------- */

static u32 running;

static int work(void *arg)
{
	struct worker *worker = arg;

	for (u32 number = 0;
	     number < ops_per_worker && !kthread_should_stop() && !ktest_interrupted(); number++) {
		worker->job(worker, number);
		worker->done++;
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	return 0;
}

static bool fill_pool(void)
{
	/* Uses at most a quarter of free memory, because the workers need some, too. */
	unsigned long most = min((unsigned long)NR_POOL, nr_free_pages() / 4);

	for (nr_pool = 0; nr_pool < most; nr_pool++) {
		pool[nr_pool] = alloc_page(GFP_HIGHUSER | __GFP_ZERO | __GFP_NOWARN);
		if (!pool[nr_pool])
			break;
	}
	return nr_pool >= 32;
}

static void empty_pool(void)
{
	while (nr_pool)
		__free_page(pool[--nr_pool]);
}

static unsigned int start(void (*job)(struct worker *worker, u32 number))
{
	unsigned int nr = min(2 * num_online_cpus() + 1, MOST_WORKERS);

	running = nr;
	for (unsigned int i = 0; i < nr; i++) {
		memset(&workers[i], 0, sizeof(workers[i]));
		workers[i].id = i;
		workers[i].job = job;
		random_seed(&workers[i].random, boot_seed() * 31 + i + 1);
		workers[i].thread = kthread_run(work, &workers[i], "stress/%u", i);
		if (!workers[i].thread)
			__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	}
	return nr;
}

static void disturb_until_done(void)
{
	static const u32 periods[] = { 10007, 15013, 20011, 30011, 50021 };
	bool timer = lapic_present();

	for (u32 round = 0; __atomic_load_n(&running, __ATOMIC_ACQUIRE); round++) {
		if (timer && round % 16 == 0) {
			migrate_disable();
			lapic_timer_set_period(periods[round / 16 % ARRAY_SIZE(periods)]);
			migrate_enable();
		}
		on_each_cpu(disturb, NULL, true);
		msleep(1);
	}
}

/*
 * Each CPU gets its own timer period back, whichever CPU this thread ran on when it changed them.
 */
static void restore_timer(void *unused)
{
	lapic_timer_start();
}

static void stress(void (*job)(struct worker *worker, u32 number))
{
	unsigned int nr, started = 0;
	u32 done = 0, errors = 0;

	interrupt_errors = 0;
	free_slots = kmap_slots_left();
	if (!fill_pool() || free_slots < MOST_WORKERS) {
		empty_pool();
		ktest_skip("too little memory, or too few slots of kmap()");
		return;
	}
	nr = start(job);
	disturb_until_done();
	for (unsigned int i = 0; i < nr; i++) {
		if (!workers[i].thread)
			continue;
		kthread_join(workers[i].thread);
		started++;
		done += workers[i].done;
		errors += workers[i].errors;
	}
	if (lapic_present())
		on_each_cpu(restore_timer, NULL, true);
	ktest_info("%u workers, %u operations, %u errors, seed=%u", started, done, errors,
		   boot_seed());
	EXPECT(started > 0);
	EXPECT_EQ(errors, 0);
	EXPECT_EQ(interrupt_errors, 0);
	EXPECT(page_alloc_check() == NULL);
	empty_pool();
}

KTEST(stress, local_mappings)
{
	stress(nest_local_mappings);
}

KTEST(stress, shared_slots)
{
	stress(share_slots);
}

/*
 * A round of the first worker has as many operations as there are slots, so it needs fewer rounds.
 */
KTEST(stress, all_slots)
{
	u32 ops = ops_per_worker;

	ops_per_worker = ops / 16 + 1;
	stress(exhaust_slots);
	ops_per_worker = ops;
}

KTEST(stress, ranges)
{
	stress(map_ranges);
}

KTEST(stress, vmalloc)
{
	stress(use_vmalloc);
}

KTEST(stress, objects)
{
	stress(use_kmalloc);
}

KTEST(stress, pages)
{
	stress(use_pages);
}

KTEST(stress, one_place)
{
	stress(meet_in_one_place);
}

KTEST(stress, everything)
{
	stress(do_anything);
}
