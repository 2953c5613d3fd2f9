/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/vmstat_line.h>
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <mm/shrinker.h>
#include <mm/watermark.h>
#include <thread/thread.h>
#include <vm/cache_page.h>
#include <vm/clock.h>
#include <vm/history.h>
#include <vm/reclaim.h>
#include <vm/reclaim_page.h>
#include <vm/reclaim_settings.h>
#include <vm/swap.h>
#include <vm/writeback.h>

/*
 * Reclaim: where free memory comes from when there is none. Most of memory is full of pages that
 * can be had again: copies of files, and, if there is a place for them, pages of programs.
 *
 *	free pages of a zone
 *	high ───────────────  kswapd sleeps again
 *	low  ───────────────  kswapd is woken: requests go on, and mostly notice nothing
 *	min  ───────────────  a request reclaims for itself: direct reclaim
 *
 * Both use the same hands, one for each zone (vm/clock.c). A request can use some zones only, so
 * its reclaim moves the hands of these: of several the one that is furthest behind, which looks at
 * each zone in proportion to its size. A page that the hand takes is the business of
 * vm/reclaim_page.c.
 *
 * As long as a thirty-second of these zones are pages that were read once, only those are taken. A
 * whole round of a hand without a page ends this; two more say that nothing can be freed.
 *
 * One thread at a time moves the hands. Others that need memory sleep meanwhile, and mostly find
 * then what it has freed. If all CPUs scanned at once they would wait for each other's locks, page
 * by page, and one is faster than a disk. It does not keep the others while it waits for the disk,
 * and kswapd gives way to any of them.
 *
 * Before all this, the lists of free pages that CPUs keep are drained, at most ten times a second.
 *
 * Reclaim allocates as well: requests for the disk, and what a file system needs to find a block. A
 * thread that reclaims is marked, so that it does not begin again, and may use the pages below the
 * min mark: they are there for that.
 */

#define BATCH      32u    /* pages that direct reclaim frees at once */
#define MOST_DIRTY 1024ul /* pages of files that are met in one call and must be written first */

#define EQUAL_SWAPPINESS 60u
#define MOST_SWAPPINESS  200u

static struct hand {
	spinlock_t lock; /* guards @clock; innermost */
	struct clock clock;
} hands[MAX_NR_ZONES];

/*
 * Held by the thread that scans. It only tries to get other locks, and waits for nothing but swap
 * requests that run, so a thread may wait for it whatever it holds.
 */
static struct mutex scanning;

enum who { KSWAPD, DIRECT };

/* Events since boot; changed by locked operations. */
static struct {
	unsigned long scan[2], steal[2];
	unsigned long stalls[MAX_NR_ZONES];
	unsigned long pageoutrun;
} events;

static void count(unsigned long *counter, unsigned long nr)
{
	__atomic_fetch_add(counter, nr, __ATOMIC_RELAXED);
}

/* --- the hands -------------------------------------------------------------------------------- */

/* Zones that a request can use. */
struct zone_set {
	struct clock *clocks[MAX_NR_ZONES];
	struct zone *zone[MAX_NR_ZONES];
	u32 nr, chunks;
};

static struct zone_set zones_of(gfp_t gfp)
{
	struct zone_set result = { 0 };

	for (struct zone *const *at = gfp_zonelist(gfp)->zone; *at; at++) {
		struct clock *clock = &hands[(*at)->type].clock;

		result.clocks[result.nr] = clock;
		result.zone[result.nr++] = *at;
		result.chunks += clock->nr_chunks;
	}
	return result;
}

static bool many_once(const struct zone_set *set)
{
	unsigned long once = 0, pages = 0;

	for (u32 i = 0; i < set->nr; i++) {
		once += once_pages(set->zone[i]->type);
		pages += set->zone[i]->managed_pages;
	}
	return once > pages / CLOCK_ONCE_SHARE;
}

/* Moves the hand that is furthest behind. Returns the zone, and the first frame of its chunk. */
static struct zone *next_chunk(const struct zone_set *set, unsigned long *pfn)
{
	struct zone *zone = set->zone[clock_choose(set->clocks, set->nr)];
	struct hand *hand = &hands[zone->type];

	spin_lock(&hand->lock);
	*pfn = zone->start_pfn + (unsigned long)clock_next(&hand->clock) * CLOCK_CHUNK;
	spin_unlock(&hand->lock);
	return zone;
}

/* Does swappiness spare a page this time? At 60 all are equal. */
static bool is_spared(bool anonymous)
{
	static u32 turns;
	u32 value = swappiness(), turn;

	if (value == EQUAL_SWAPPINESS || anonymous == (value > EQUAL_SWAPPINESS))
		return false;
	turn = ++turns; /* a race repeats a number */
	return anonymous ? turn % EQUAL_SWAPPINESS >= value
			 : turn % (MOST_SWAPPINESS - EQUAL_SWAPPINESS) < value - EQUAL_SWAPPINESS;
}

static bool take(struct reclaim *reclaim, struct clock_scan *scan, unsigned long pfn)
{
	if (!reclaim_take(reclaim, pfn_to_page(pfn)))
		return false;
	set_frame_bits(pfn, 0);
	clock_freed(scan);
	return true;
}

/* @first_try: the hands have not gone round in vain yet. */
static void look(struct reclaim *reclaim, struct clock_scan *scan, unsigned long first, u32 index,
		 bool first_try, bool only_once)
{
	struct page *page = pfn_to_page(first + index);
	u8 bits = frame_bits(first + index), old;
	enum page_look found;

	/* A page that was not taken by reclaim has left its bits to the frame. */
	if (bits & CLOCK_ONCE && page_state(page) != PAGE_OBJECT)
		set_frame_bits(first + index, bits = 0);
	if (page_state(page) < PAGE_ANON)
		return;
	scan->visited++;
	if (only_once && !(bits & CLOCK_ONCE))
		return;
	if (first_try && is_spared(page_state(page) != PAGE_OBJECT))
		return;
	old = bits;
	found = reclaim_look(reclaim, page);
	if (found == PAGE_BUSY)
		return;
	if (clock_look(scan, index, &bits, found == PAGE_ACTIVE) &&
	    take(reclaim, scan, first + index))
		return;
	if (bits != old)
		set_frame_bits(first + index, bits);
}

/* Lets the hand look at a chunk. */
static void scan_chunk(struct reclaim *reclaim, const struct zone_set *set, enum who who,
		       bool first_try)
{
	unsigned long first, end;
	struct zone *zone = next_chunk(set, &first);
	struct hand *hand = &hands[zone->type];
	struct clock_scan scan = { 0 };
	bool only_once;
	u32 more;

	end = min(first + CLOCK_CHUNK, zone_end_pfn(zone));
	only_once = first_try && many_once(set);
	reclaim_begin(reclaim);
	for (u32 index = 0; first + index < end; index++)
		look(reclaim, &scan, first, index, first_try, only_once);
	spin_lock(&hand->lock);
	more = clock_end(&hand->clock, &scan);
	spin_unlock(&hand->lock);
	while (more) {
		u32 index = clock_force(&scan);

		if (index == CLOCK_CHUNK)
			break;
		if (take(reclaim, &scan, first + index))
			more--;
	}
	reclaim_end(reclaim);
	count(&zone->pgvisit, scan.visited);
	count(&zone->pgscan, scan.looks);
	count(&events.scan[who], scan.looks);
}

/* --- a call ----------------------------------------------------------------------------------- */

/* Does a zone have more than its high mark, for such a request? */
static bool is_enough(const struct zone_set *set, gfp_t gfp)
{
	for (u32 i = 0; i < set->nr; i++) {
		const struct zone *zone = set->zone[i];

		if (READ_ONCE(zone->free_pages) >=
		    zone->watermark[WMARK_HIGH] - zone->watermark[WMARK_MIN] + zone_mark(zone, gfp))
			return true;
	}
	return false;
}

/* Has another thread freed what a request needs? */
static bool has_come(const struct zone_set *set, gfp_t gfp)
{
	for (u32 i = 0; i < set->nr; i++)
		if (READ_ONCE(set->zone[i]->free_pages) >= zone_mark(set->zone[i], gfp) + BATCH)
			return true;
	return false;
}

/* Others may scan while this thread waits for the disk. */
static void wait_for_writes(struct reclaim *reclaim, u32 left)
{
	mutex_unlock(&scanning);
	reclaim_finish(reclaim, left);
	mutex_lock(&scanning);
}

/* Ticks that a call of kswapd waits for threads that have locked the pages which should go. */
#define PATIENCE 10u

/*
 * The hands have gone round in vain. If threads have locked files whose pages could go, kswapd
 * waits for a tick, and true is returned. Such a thread may have been preempted, and a round takes
 * less time than the thread that runs instead. Without the wait, pages in use would go. A request
 * of a program does not wait: it may hold such a lock itself.
 */
static bool give_way(struct reclaim *reclaim, u32 *waited)
{
	if (!reclaim->locked || *waited == PATIENCE)
		return false;
	reclaim->locked = 0;
	++*waited;
	mutex_unlock(&scanning);
	reclaim_finish(reclaim, RECLAIM_WRITES);
	set_current_state(THREAD_SLEEPING);
	schedule_timeout(1);
	mutex_lock(&scanning);
	return true;
}

static unsigned long run(gfp_t gfp, unsigned long nr, enum who who)
{
	struct reclaim reclaim = { .gfp = gfp };
	struct zone_set set = zones_of(gfp);
	unsigned long most = 0, counted = 0, now;
	u32 in_vain = 0, waited = 0;

	if (!READ_ONCE(cache_counts.disk_pages) && !swap_is_on())
		return 0;
	if (!mutex_trylock(&scanning)) {
		mutex_lock(&scanning);
		if (who == DIRECT && nr == BATCH && has_come(&set, gfp)) {
			mutex_unlock(&scanning);
			return BATCH;
		}
	}
	current->reclaims = true;
	while (in_vain < 3 * set.chunks) {
		if (reclaim.freed + reclaim.nr_writes >= nr)
			wait_for_writes(&reclaim, 0);
		else if (reclaim.nr_writes > RECLAIM_WRITES - CLOCK_CHUNK)
			wait_for_writes(&reclaim, RECLAIM_WRITES / 3);
		else if (who == KSWAPD && mutex_is_wanted(&scanning))
			wait_for_writes(&reclaim, RECLAIM_WRITES);
		if (reclaim.freed >= nr)
			break;
		if (who == KSWAPD && is_enough(&set, gfp))
			break;
		in_vain++;
		scan_chunk(&reclaim, &set, who, in_vain <= set.chunks);
		/* A page that cannot be written is taken again in each round. */
		now = reclaim.freed + reclaim.nr_writes;
		count(&events.steal[who], reclaim.freed - counted);
		counted = reclaim.freed;
		if (now > most) {
			most = now;
			in_vain = 0;
			reclaim.locked = 0;
		} else if (who == KSWAPD && in_vain == set.chunks && give_way(&reclaim, &waited)) {
			in_vain = 0;
		}
		/* All that the hands have found must be written first, or cannot be. */
		if (reclaim.dirty + reclaim.failed >= min(nr, MOST_DIRTY) ||
		    (reclaim.dirty && in_vain > set.chunks))
			break;
	}
	mutex_unlock(&scanning);
	reclaim_finish(&reclaim, 0);
	count(&events.steal[who], reclaim.freed - counted);
	current->reclaims = false;
	if (reclaim.dirty && gfp & __GFP_IO)
		writeback_kick();
	return reclaim.freed;
}

unsigned long reclaim_pages(gfp_t gfp, unsigned long nr)
{
	return current->reclaims ? 0 : run(gfp, nr, DIRECT);
}

/* --- direct reclaim --------------------------------------------------------------------------- */

/* A part of what is dirty is written. Returns false if nothing is. */
static bool wait_for_disk(void)
{
	struct waiter waiter = { 0 };

	if (!READ_ONCE(cache_counts.dirty) && !READ_ONCE(cache_counts.writeback))
		return false;
	writeback_kick();
	prepare_to_wait(&cache_written, &waiter);
	schedule_timeout(HZ / 10);
	finish_wait(&cache_written, &waiter);
	return true;
}

static unsigned long shrink(gfp_t gfp, unsigned long nr)
{
	unsigned long freed;

	current->reclaims = true;
	freed = shrink_caches(nr, gfp);
	current->reclaims = false;
	return freed;
}

/*
 * Pages that CPUs keep are free memory, too, so they come before the first page that is written.
 * While pages come and go the lists fill again and again: interrupts of all CPUs would take longer
 * than reclaim. Returns true if it was done.
 */
static bool drain(void)
{
	static u32 last;
	u32 now = READ_ONCE(sched_ticks);

	if (now - READ_ONCE(last) < HZ / 10)
		return false;
	WRITE_ONCE(last, now);
	drain_all_pages();
	return true;
}

static enum reclaim_result direct_reclaim(gfp_t gfp, unsigned int order)
{
	unsigned long nr = max((unsigned long)BATCH, 2ul << order), freed;

	if (current->reclaims)
		return RECLAIM_RESERVE;
	if (drain())
		return RECLAIM_SOME;
	count(&events.stalls[gfp_zone(gfp)], 1);
	freed = run(gfp, nr, DIRECT);
	/* The caches of objects are in lowmem. For highmem they are the last that can help. */
	if (!freed || !(gfp & GFP_ANY_HIGHMEM))
		freed += shrink(gfp, nr);
	if (freed)
		return RECLAIM_SOME;
	if (gfp & __GFP_FS && gfp & __GFP_IO && wait_for_disk())
		return RECLAIM_WAITED;
	return RECLAIM_NOTHING;
}

void __init reclaim_init(void)
{
	const struct zone *zone;

	for_each_zone(zone)
		clock_init(&hands[zone->type].clock,
			   (u32)(zone->spanned_pages + CLOCK_CHUNK - 1) / CLOCK_CHUNK,
			   (u32)zone->spanned_pages);
	history_init();
	page_alloc_use_reclaim(direct_reclaim);
}

/* --- kswapd ----------------------------------------------------------------------------------- */

#define MOST_FAILURES 50

static struct wait_queue kswapd_queue;
static u32 wanted; /* a bit for each zonelist; changed by locked operations */

static void wake_kswapd(gfp_t gfp)
{
	u32 bit = 1u << (gfp & GFP_ZONEMASK);

	if (READ_ONCE(wanted) & bit)
		return;
	__atomic_fetch_or(&wanted, bit, __ATOMIC_RELEASE);
	wake_up(&kswapd_queue);
}

/*
 * Works for all zonelists that were asked for. Returns false if it was in vain. Requests for pages
 * that cannot leave want more of the lower zones. For them alone kswapd does not work: that memory
 * would mostly lie idle.
 */
static bool balance(u32 lists)
{
	bool good = true;

	count(&events.pageoutrun, 1);
	drain();
	for (u32 list = 0; lists >> list; list++) {
		gfp_t gfp = GFP_KERNEL | __GFP_MOVABLE | list;
		struct zone_set set = zones_of(gfp);

		if (!(lists >> list & 1) || is_enough(&set, gfp))
			continue;
		run(gfp, ULONG_MAX, KSWAPD);
		if (!(gfp & GFP_ANY_HIGHMEM) && !is_enough(&set, gfp))
			shrink(gfp, BATCH);
		good = good && is_enough(&set, gfp);
	}
	return good;
}

/* With some room in reserve: a change of mind costs more than a few pages. */
static void update_reserves(void)
{
	zone_reserve_movable(swap_is_on() && swap_free_pages() > swap_total_pages() / 32);
}

static int kswapd(void *unused)
{
	long failures = 0;

	thread_is_service();
	for (;;) {
		wait_event(&kswapd_queue, READ_ONCE(wanted));
		update_reserves();
		failures = balance(READ_ONCE(wanted)) ? 0 : min(failures + 1, (long)MOST_FAILURES);
		/*
		 * Each request that fails reclaims for itself. So this thread need not hurry,
		 * unless pages of files are on their way to the disk.
		 */
		if (failures && wait_for_disk()) {
			failures = 0;
		} else if (failures) {
			set_current_state(THREAD_SLEEPING);
			schedule_timeout(failures * HZ / 20);
		}
		__atomic_store_n(&wanted, 0, __ATOMIC_RELEASE);
	}
	return 0;
}

int reclaim_start(void)
{
	static struct mutex lock;
	static bool runs;
	int error = 0;

	mutex_lock(&lock);
	if (!runs) {
		runs = kthread_run(kswapd, NULL, "kswapd0");
		error = runs ? 0 : -ENOMEM;
		if (runs)
			page_alloc_use_kswapd(wake_kswapd);
	}
	mutex_unlock(&lock);
	return error;
}

int reclaim_swap_changed(void)
{
	update_reserves();
	return reclaim_start();
}

/* --- counts ----------------------------------------------------------------------------------- */

#define EVENT_LINE(rank, fn, value)   \
	static unsigned long fn(void) \
	{                             \
		return value;         \
	}                             \
	VMSTAT_LINE(rank, #fn, fn)

EVENT_LINE(520, allocstall_dma, events.stalls[ZONE_DMA]);
EVENT_LINE(521, allocstall_normal, events.stalls[ZONE_NORMAL]);
EVENT_LINE(522, allocstall_dma32, events.stalls[ZONE_DMA32]);
EVENT_LINE(523, allocstall_high, events.stalls[ZONE_HIGHMEM]);
EVENT_LINE(530, pgsteal_kswapd, events.steal[KSWAPD]);
EVENT_LINE(531, pgsteal_direct, events.steal[DIRECT]);
EVENT_LINE(532, pgscan_kswapd, events.scan[KSWAPD]);
EVENT_LINE(533, pgscan_direct, events.scan[DIRECT]);
EVENT_LINE(540, pageoutrun, events.pageoutrun);
