/* SPDX-License-Identifier: MIT */
#include <mm/buddy.h>
#include <mm/page_alloc.h>
#include <mm/pcp.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/step.h>

/*
 * The per-CPU lists, rule by rule.
 *
 * A test uses the lists of its CPU for one zone. It has interrupts off from begin() to end(), so no
 * other code uses the lists, and it empties them before and after. The zone is the best one that
 * has memory enough. Other CPUs may not allocate meanwhile: the tests count the free pages of the
 * zone.
 */

#define MOST (3 * PCP_BATCH_MAX)

static struct zone *zone;
static struct pcp_list *list; /* order 0 */
static struct page *held[MOST];
static unsigned long irq_flags;

/* --- around a test ---------------------------------------------------------------------------- */

static void empty_list(u32 pfn, unsigned int nr, unsigned int order)
{
	for (; nr; nr--) {
		struct page *page = pfn_to_page(pfn);

		pfn = page->a;
		buddy_free(zone, page, order);
	}
}

/* Empties the lists of the zone without pcp_drain(), which has a test of its own. */
static void empty_lists(void)
{
	for (unsigned int order = 0; order < PCP_ORDERS; order++) {
		struct pcp_list *each = pcp_list(zone->type, order);

		empty_list(each->hot, each->nr_hot, order);
		empty_list(each->cold, each->nr_cold, order);
		each->nr_hot = each->nr_cold = 0;
	}
}

static bool begin(void)
{
	zone = gfp_zonelist(GFP_HIGHUSER)->zone[0];
	if (zone->pcp_batch < 8) {
		ktest_skip("zone %s has a batch of %u pages", zone->name, zone->pcp_batch);
		return false;
	}
	drain_all_pages();
	irq_flags = local_irq_save();
	list = pcp_list(zone->type, 0);
	empty_lists();
	return true;
}

/* Frees the pages that are still held, whatever went wrong before. */
static void end(void)
{
	for (unsigned int i = 0; i < MOST; i++) {
		if (held[i] && page_state(held[i]) == PAGE_USED) {
			held[i]->refcount = 0;
			buddy_free(zone, held[i], 0);
		}
		held[i] = NULL;
	}
	empty_lists();
	local_irq_restore(irq_flags);
}

static void take(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		held[i] = pcp_alloc(zone, 0, 0);
}

/* Frees held pages, as the page allocator does after its checks. */
static void give(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++) {
		if (!held[i])
			continue;
		held[i]->refcount = 0;
		pcp_put(held[i], 0);
	}
}

/* Takes pages, and empties the lists again: the pages are held, and the CPU caches nothing. */
static void take_and_empty(unsigned int nr)
{
	take(nr);
	empty_lists();
}

static void expect_lists_at(int line, unsigned int hot, unsigned int cold)
{
	if (list->nr_hot != hot || list->nr_cold != cold)
		ktest_fail(__FILE__, line, "hot has %u blocks and cold %u, expected %u and %u",
			   list->nr_hot, list->nr_cold, hot, cold);
}

#define EXPECT_LISTS(hot, cold) expect_lists_at(__LINE__, hot, cold)

/* Each CPU that takes the lock of the zone draws a ticket. */
static u16 ticket;

static void count_locks(void)
{
	ticket = READ_ONCE(zone->lock.next);
}

/* Was the lock of the zone taken since count_locks()? */
static void expect_locked_at(int line, bool locked)
{
	u16 times = (u16)(READ_ONCE(zone->lock.next) - ticket);

	if (!times == locked)
		ktest_fail(__FILE__, line, "the lock of the zone was taken %u times, expected %s",
			   times, locked ? "once" : "never");
}

#define EXPECT_LOCKED(locked) expect_locked_at(__LINE__, locked)

/* --- batches ---------------------------------------------------------------------------------- */

KTEST(pcp, an_empty_list_fetches_a_batch)
{
	if (!begin())
		return;
	for (unsigned int order = 0; order <= 2; order++) {
		unsigned int batch = zone->pcp_batch >> order;
		unsigned long free = zone->free_pages;
		struct page *page;

		count_locks();
		page = pcp_alloc(zone, order, 0);
		EXPECT_LOCKED(true);
		EXPECT(page && page_state(page) == PAGE_USED && page_order(page) == order);
		EXPECT_EQ(pcp_list(zone->type, order)->nr_hot, batch - 1);
		EXPECT_EQ(free - zone->free_pages, (unsigned long)batch << order);
		if (page) {
			page->refcount = 0;
			buddy_free(zone, page, order);
		}
	}
	end();
}

/*
 * Makes a request for a block that leaves `mark` pages, while `reserve` is the min watermark, and
 * expects a number of blocks to be fetched.
 */
static void expect_fetched(int line, unsigned int order, unsigned long mark, unsigned long reserve,
			   unsigned int blocks)
{
	unsigned long free = zone->free_pages, least = zone->watermark[WMARK_MIN], fetched;
	struct page *page;

	zone->watermark[WMARK_MIN] = reserve;
	page = pcp_alloc(zone, order, mark);
	zone->watermark[WMARK_MIN] = least;
	fetched = (free - zone->free_pages) >> order;
	if (fetched != blocks)
		ktest_fail(__FILE__, line,
			   "%lu blocks of order %u were fetched, expected %u: %lu pages are free, "
			   "the mark is %lu, the min watermark %lu",
			   fetched, order, blocks, free, mark, reserve);
	if (page) {
		page->refcount = 0;
		buddy_free(zone, page, order);
	}
	empty_lists();
}

KTEST(pcp, a_batch_ends_at_the_mark)
{
	unsigned long all;

	if (!begin())
		return;
	all = zone->free_pages;
	expect_fetched(__LINE__, 0, all, 0, 0);
	expect_fetched(__LINE__, 0, all + 1, 0, 0);
	expect_fetched(__LINE__, 0, all - 1, 0, 1);
	expect_fetched(__LINE__, 0, all - 3, 0, 3);
	expect_fetched(__LINE__, 0, all - zone->pcp_batch - 1, 0, zone->pcp_batch);
	end();
}

/* The mark is in pages, and a block of order 2 has four. */
KTEST(pcp, a_batch_of_larger_blocks_ends_at_the_mark)
{
	unsigned long all;

	if (!begin())
		return;
	all = zone->free_pages;
	expect_fetched(__LINE__, 2, all - 3, 0, 0);
	expect_fetched(__LINE__, 2, all - 4, 0, 1);
	expect_fetched(__LINE__, 2, all - 7, 0, 1);
	expect_fetched(__LINE__, 2, all - 8, 0, 2);
	end();
}

/* An urgent request may go below the min watermark, but takes one block there, not a batch. */
KTEST(pcp, the_reserve_is_taken_block_by_block)
{
	unsigned long all;

	if (!begin())
		return;
	all = zone->free_pages;
	expect_fetched(__LINE__, 0, 0, all, 1);
	expect_fetched(__LINE__, 0, 0, all + 100, 1);
	expect_fetched(__LINE__, 0, 0, all - 5, 5);
	/* The larger of the two counts, not their sum. */
	expect_fetched(__LINE__, 0, all / 2, all - 5, 5);
	expect_fetched(__LINE__, 0, all - 5, all / 2, 5);
	end();
}

/* --- freeing ---------------------------------------------------------------------------------- */

KTEST(pcp, the_newest_block_is_taken_first)
{
	if (!begin())
		return;
	take_and_empty(3);
	give(0, 3);
	EXPECT_LISTS(3, 0);
	for (unsigned int i = 3; i-- > 0;) {
		struct page *page = pcp_alloc(zone, 0, 0);

		EXPECT(page == held[i]);
		held[i] = page;
	}
	EXPECT_LISTS(0, 0);
	end();
}

KTEST(pcp, a_full_hot_list_becomes_cold)
{
	unsigned int batch;
	unsigned long free;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	take_and_empty(3 * batch);
	free = zone->free_pages;
	give(0, batch);
	EXPECT_LISTS(batch, 0);
	give(batch, batch + 1);
	EXPECT_LISTS(1, batch);
	give(batch + 1, 2 * batch);
	EXPECT_LISTS(batch, batch);
	EXPECT_EQ(zone->free_pages, free);
	end();
}

/* The blocks that were unused for the longest time return to the zone. */
KTEST(pcp, the_cold_list_returns_to_the_zone)
{
	unsigned int batch, returned = 0, newer = 0;
	unsigned long free;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	take_and_empty(3 * batch);
	free = zone->free_pages;
	give(0, 2 * batch);
	count_locks();
	give(2 * batch, 2 * batch + 1);
	EXPECT_LOCKED(true);
	EXPECT_LISTS(1, batch);
	EXPECT_EQ(zone->free_pages - free, batch);
	for (unsigned int i = 0; i < 2 * batch + 1; i++)
		if (held[i] && page_state(held[i]) != PAGE_CACHED) {
			returned++;
			newer += i >= batch;
		}
	EXPECT_EQ(returned, batch);
	EXPECT_EQ(newer, 0);
	EXPECT(page_alloc_check() == NULL);
	end();
}

/* An order is cached only if one block for each CPU is a small part of the zone. */
KTEST(pcp, a_block_that_is_too_large_is_not_cached)
{
	const unsigned int order = PCP_ORDERS - 1;
	unsigned long free, managed;
	struct page *page;

	if (!begin())
		return;
	managed = zone->managed_pages;
	free = zone->free_pages;
	zone->managed_pages = 1;
	page = pcp_alloc(zone, order, 0);
	if (!page) {
		ktest_fail(__FILE__, __LINE__,
			   "a request for a block that is not cached got none, expected one");
	} else {
		EXPECT_EQ(free - zone->free_pages, 1ul << order);
		page->refcount = 0;
		pcp_list(zone->type, order)->batch = 0;
		pcp_put(page, order);
		EXPECT_EQ(zone->free_pages, free);
		EXPECT_EQ(pcp_list(zone->type, order)->nr_hot, 0);
	}
	zone->managed_pages = managed;
	end();
}

/* The batch of a zone becomes smaller when CPUs are added. The lists of the others must follow. */
KTEST(pcp, a_full_list_asks_for_its_limit_again)
{
	unsigned int batch;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	take_and_empty(batch + 1);
	give(0, batch);
	EXPECT_EQ(list->batch, batch);
	zone->pcp_batch = batch / 2;
	give(batch, batch + 1);
	EXPECT_EQ(list->batch, batch / 2);
	zone->pcp_batch = batch;
	list->batch = 0;
	end();
}

/* --- both lists ------------------------------------------------------------------------------- */

KTEST(pcp, an_empty_hot_list_takes_the_cold_one)
{
	unsigned int batch;
	unsigned long free;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	take_and_empty(batch + 1);
	give(0, batch + 1);
	EXPECT_LISTS(1, batch);
	free = zone->free_pages;
	held[0] = pcp_alloc(zone, 0, 0);
	EXPECT_LISTS(0, batch);
	count_locks();
	held[1] = pcp_alloc(zone, 0, 0);
	EXPECT_LOCKED(false);
	EXPECT_LISTS(batch - 1, 0);
	EXPECT_EQ(zone->free_pages, free);
	end();
}

/* The caller that frees two pages and takes two, just where hot becomes full. */
KTEST(pcp, the_border_costs_no_visit_to_the_zone)
{
	unsigned int batch, visits = 0;
	unsigned long free;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	take_and_empty(batch + 1);
	give(0, batch - 1);
	free = zone->free_pages;
	for (unsigned int round = 0; round < 20; round++) {
		give(batch - 1, batch + 1);
		held[batch] = pcp_alloc(zone, 0, 0);
		held[batch - 1] = pcp_alloc(zone, 0, 0);
		visits += zone->free_pages != free;
		free = zone->free_pages;
	}
	EXPECT_EQ(visits, 0);
	EXPECT_LISTS(batch - 1, 0);
	end();
}

/* --- draining --------------------------------------------------------------------------------- */

KTEST(pcp, a_drain_returns_both_lists)
{
	unsigned int batch;
	unsigned long free;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	free = zone->free_pages;
	take_and_empty(batch + 5);
	EXPECT_EQ(free - zone->free_pages, batch + 5);
	give(0, batch + 5);
	EXPECT_LISTS(5, batch);
	count_locks();
	pcp_drain();
	EXPECT_LOCKED(true);
	EXPECT_LISTS(0, 0);
	EXPECT_EQ(zone->free_pages, free);
	EXPECT(page_alloc_check() == NULL);
	end();
}

KTEST(pcp, a_drain_returns_a_cold_list_alone)
{
	unsigned int batch;
	unsigned long free;

	if (!begin())
		return;
	batch = zone->pcp_batch;
	free = zone->free_pages;
	take_and_empty(batch + 1);
	give(0, batch + 1);
	held[batch] = pcp_alloc(zone, 0, 0);
	EXPECT_LISTS(0, batch);
	pcp_drain();
	EXPECT_LISTS(0, 0);
	EXPECT_EQ(zone->free_pages, free - 1);
	end();
}

/* --- readers on other CPUs -------------------------------------------------------------------- */

/* More than the lists hold, so they are found empty on the way. */
static void take_and_free_pages(void)
{
	for (unsigned int i = 0; i < MOST; i++)
		held[i] = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
	for (unsigned int i = 0; i < MOST; i++) {
		if (held[i])
			__free_page(held[i]);
		held[i] = NULL;
	}
}

static unsigned int implausible;

static void read_the_counts(void)
{
	const struct zone *each;

	for_each_zone(each)
		implausible += pcp_pages(smp_processor_id(), each) > each->managed_pages;
}

KTEST(pcp, the_counts_may_be_read_at_any_time)
{
	drain_all_pages();
	implausible = 0;
	step_through(take_and_free_pages, read_the_counts, CPU);
	EXPECT_EQ(implausible, 0);
}
