/* SPDX-License-Identifier: MIT */
#include "host.h"

#include <vm/clock.h>

#include <math.h>

/*
 * The hand of the clock: its rules one by one, and a simulation of a machine with two zones. The
 * workloads are those where simpler rules fail; LRU is beside them as the measure.
 */

/* --- the rules -------------------------------------------------------------------------------- */

static void each_round_visits_each_chunk_once(void)
{
	static u8 seen[1000];

	for (u32 nr = 1; nr <= 1000; nr += 1 + nr / 7) {
		struct clock clock;

		clock_init(&clock, nr, nr);
		for (u32 round = 0; round < 3; round++) {
			memset(seen, 0, sizeof(seen));
			for (u32 i = 0; i < nr; i++) {
				u32 chunk = clock_next(&clock);

				CHECK(chunk < nr && !seen[chunk]);
				seen[chunk % nr] = 1;
			}
		}
	}
}

static void orders_of_rounds_differ(void)
{
	struct clock clock;
	u32 first[100], same = 0;

	clock_init(&clock, 100, 5);
	for (u32 i = 0; i < 100; i++)
		first[i] = clock_next(&clock);
	for (u32 i = 0; i < 100; i++)
		same += clock_next(&clock) == first[i];
	CHECK(same < 20);
}

static void a_page_goes_when_its_credit_is_used_up(void)
{
	struct clock_scan scan = { 0 };
	u8 bits = 0;

	for (u32 i = 0; i < 5; i++)
		CHECK(!clock_look(&scan, 7, &bits, true));
	CHECK_EQ(bits, 3);
	for (u32 i = 0; i < 3; i++)
		CHECK(!clock_look(&scan, 7, &bits, false));
	CHECK_EQ(bits, 0);
	CHECK(clock_look(&scan, 7, &bits, false));
	CHECK_EQ(scan.looks, 9);
	CHECK_EQ(scan.nr_kept, 8);
}

static void the_second_use_ends_once(void)
{
	struct clock_scan scan = { 0 };
	u8 bits = CLOCK_ONCE;

	CHECK(!clock_look(&scan, 0, &bits, true));
	CHECK_EQ(bits, CLOCK_ONCE | 1);
	CHECK(!clock_look(&scan, 0, &bits, true));
	CHECK_EQ(bits, 2);
}

static void one_look_in_six_frees(void)
{
	struct clock clock;
	u32 forced = 0;

	clock_init(&clock, 10, 1);
	for (u32 i = 0; i < 600; i++) {
		struct clock_scan scan = { 0 };
		u8 bits = 3;

		clock_look(&scan, i % CLOCK_CHUNK, &bits, true);
		forced += clock_end(&clock, &scan);
	}
	/* The rest waits for a chunk with pages that have no credit. */
	CHECK_EQ(forced, 100 - CLOCK_CHUNK);
}

static void the_least_credit_is_forced_first(void)
{
	struct clock_scan scan = { 0 };

	for (u32 i = 0; i < 20; i++) {
		u8 bits = (u8)(i == 11 ? 0 : i == 4 ? 1 : 2);

		clock_look(&scan, i, &bits, true);
	}
	CHECK_EQ(clock_force(&scan), 11);
	CHECK_EQ(clock_force(&scan), 4);
	for (u32 i = 0; i < 18; i++)
		CHECK(clock_force(&scan) < 20);
	CHECK_EQ(clock_force(&scan), CLOCK_CHUNK);
}

static void zones_are_visited_by_their_size(void)
{
	struct clock small, large, none;
	struct clock *clocks[] = { &small, &none, &large };
	u32 count[3] = { 0 };

	clock_init(&small, 100, 1);
	clock_init(&large, 900, 2);
	clock_init(&none, 0, 3);
	for (u32 i = 0; i < 5000; i++) {
		u32 zone = clock_choose(clocks, 3);

		count[zone]++;
		clock_next(clocks[zone]);
	}
	CHECK_EQ(count[0], 500);
	CHECK_EQ(count[2], 4500);
	CHECK_EQ(clock_choose(clocks + 1, 1), 1);
	clock_next(&small);
	clock_catch_up(&large, &small);
	CHECK_EQ(large.visited, 4509);
	for (u32 i = 0; i < 100; i++)
		clock_next(&small);
	CHECK_EQ(clock_choose(clocks, 3), 2);
	CHECK_EQ(large.visited, 4509);
	clock_next(&small);
	CHECK_EQ(clock_choose(clocks, 3), 2);
	CHECK_EQ(large.visited, 5418);
}

/* Where 32 bits of a count end. */
static void zones_are_visited_for_years(void)
{
	struct clock small, large;
	struct clock *clocks[] = { &small, &large };
	u32 count[2] = { 0 };

	clock_init(&small, 100, 1);
	clock_init(&large, 900, 2);
	small.visited = 0xfffffff0u / 9;
	clock_catch_up(&large, &small);
	for (u32 i = 0; i < 5000; i++) {
		u32 zone = clock_choose(clocks, 2);

		count[zone]++;
		clock_next(clocks[zone]);
	}
	CHECK_EQ(count[0], 500);
	CHECK_EQ(count[1], 4500);
	/* As many more as one that is a round behind needs. */
	small.visited -= 150;
	CHECK_EQ(clock_choose(clocks, 2), 0);
	CHECK_EQ(small.visited, large.visited / 9);
}

/* 62 GiB, all just used: the zones of such a machine, and the pages between low and high. */
static void a_large_machine_that_is_all_in_use(void)
{
	const u32 frames[] = { 220159, 557021, 15466496 }, gap = 2 * (frames[2] / 1000);
	struct clock clocks[3], *all[] = { &clocks[0], &clocks[1], &clocks[2] };
	u32 seen = 0, freed = 0;

	for (u32 i = 0; i < 3; i++)
		clock_init(&clocks[i], frames[i] / CLOCK_CHUNK, i);
	while (freed < gap) {
		struct clock *clock = all[clock_choose(all, 3)];
		struct clock_scan scan = { 0 };

		clock_next(clock);
		for (u32 i = 0; i < CLOCK_CHUNK; i++) {
			u8 bits = 0; /* the first round */

			clock_look(&scan, i, &bits, true);
		}
		seen += scan.looks;
		for (u32 more = clock_end(clock, &scan); more; more--)
			freed += clock_force(&scan) < CLOCK_CHUNK;
	}
	CHECK(seen <= 16 * gap);
}

/* --- the machine ------------------------------------------------------------------------------ */

#define FRAMES  8192u
#define LOW     2048u /* of them in Normal */
#define PAGES   (4 * FRAMES)
#define GAP     64u
#define NO_PAGE ~0u

struct sim_page {
	u32 frame; /* NO_PAGE: on the disk */
	bool file, marked, accessed;
	u32 newer, older; /* for LRU */
};

static struct sim_page pages[PAGES];
static u32 owner[FRAMES], nr_once;
static u8 bits[FRAMES];
static struct clock hands[2];
static u32 free_frames[FRAMES], nr_free;
static u64 reads, looks, frees, scans[2];
static bool lru;
static u32 newest, oldest;

static u32 random_below(u32 limit)
{
	static u64 state = 12345;

	state = state * 6364136223846793005u + 1442695040888963407u;
	return (u32)((state >> 33) % limit);
}

static void begin(bool with_lru, u32 kernel)
{
	lru = with_lru;
	newest = oldest = NO_PAGE;
	nr_free = nr_once = 0;
	reads = looks = frees = scans[0] = scans[1] = 0;
	memset(bits, 0, sizeof(bits));
	for (u32 i = 0; i < PAGES; i++)
		pages[i] =
			(struct sim_page){ .frame = NO_PAGE, .newer = NO_PAGE, .older = NO_PAGE };
	for (u32 i = 0; i < FRAMES; i++) {
		owner[i] = NO_PAGE;
		if (i >= kernel)
			free_frames[nr_free++] = i;
	}
	clock_init(&hands[0], LOW / CLOCK_CHUNK, 77);
	clock_init(&hands[1], (FRAMES - LOW) / CLOCK_CHUNK, 99);
}

static void lru_remove(u32 nr)
{
	struct sim_page *page = &pages[nr];

	if (page->newer != NO_PAGE)
		pages[page->newer].older = page->older;
	else
		newest = page->older;
	if (page->older != NO_PAGE)
		pages[page->older].newer = page->newer;
	else
		oldest = page->newer;
}

static void lru_add(u32 nr)
{
	pages[nr].older = newest;
	pages[nr].newer = NO_PAGE;
	if (newest != NO_PAGE)
		pages[newest].newer = nr;
	else
		oldest = nr;
	newest = nr;
}

static void set_bits(u32 frame, u8 value)
{
	nr_once -= !!(bits[frame] & CLOCK_ONCE);
	nr_once += !!(value & CLOCK_ONCE);
	bits[frame] = value;
}

static void evict(u32 frame)
{
	struct sim_page *page = &pages[owner[frame]];

	page->frame = NO_PAGE;
	page->marked = page->file;
	page->accessed = false;
	set_bits(frame, 0);
	owner[frame] = NO_PAGE;
	free_frames[nr_free++] = frame;
	frees++;
}

static bool step(bool only_once)
{
	struct clock *const both[] = { &hands[0], &hands[1] };
	u32 zone = clock_choose(both, 2);
	u32 first = (zone ? LOW : 0) + clock_next(&hands[zone]) * CLOCK_CHUNK;
	struct clock_scan scan = { 0 };

	for (u32 i = 0; i < CLOCK_CHUNK; i++) {
		u32 frame = first + i;
		struct sim_page *page = &pages[owner[frame] == NO_PAGE ? 0 : owner[frame]];
		u8 now = bits[frame];
		bool goes;

		if (owner[frame] == NO_PAGE)
			continue;
		scans[zone]++;
		if (only_once && !(now & CLOCK_ONCE))
			continue;
		goes = clock_look(&scan, i, &now, page->accessed);
		page->accessed = false;
		set_bits(frame, now);
		if (goes) {
			evict(frame);
			clock_freed(&scan);
		}
	}
	looks += scan.looks;
	for (u32 more = clock_end(&hands[zone], &scan); more; more--) {
		u32 index = clock_force(&scan);

		if (index == CLOCK_CHUNK)
			break;
		evict(first + index);
		clock_freed(&scan);
	}
	return scan.freed;
}

static void reclaim(void)
{
	u32 in_vain = 0;

	while (lru && nr_free < GAP) {
		u32 nr = oldest;

		lru_remove(nr);
		evict(pages[nr].frame);
	}
	while (nr_free < GAP) {
		bool many_once = nr_once > FRAMES / CLOCK_ONCE_SHARE;

		in_vain = step(many_once && in_vain < FRAMES / CLOCK_CHUNK) ? 0 : in_vain + 1;
	}
}

enum use { MAPPED, READ };

static void touch(u32 nr, enum use use)
{
	struct sim_page *page = &pages[nr];

	if (page->frame != NO_PAGE) {
		page->accessed = true;
		if (use == READ)
			set_bits(page->frame, bits[page->frame] & CLOCK_CREDIT);
		if (lru) {
			lru_remove(nr);
			lru_add(nr);
		}
		return;
	}
	reads++;
	if (!nr_free)
		reclaim();
	page->frame = free_frames[--nr_free];
	owner[page->frame] = nr;
	set_bits(page->frame, page->file && !page->marked ? CLOCK_ONCE : 0);
	page->accessed = use == MAPPED;
	if (lru)
		lru_add(nr);
}

static void all_are_files(u32 first, u32 nr)
{
	for (u32 i = first; i < first + nr; i++)
		pages[i].file = true;
}

/* --- workloads -------------------------------------------------------------------------------- */

/* Percent of touches that read a page in, in the last of some passes. */
static double sequential(double size, u32 passes)
{
	u32 nr = (u32)(FRAMES * size);
	u64 before = 0;

	begin(false, 0);
	for (u32 pass = 0; pass < passes; pass++) {
		before = reads;
		for (u32 i = 0; i < nr; i++)
			touch(i, MAPPED);
	}
	return 100.0 * (double)(reads - before) / nr;
}

#define CHECK_BELOW(value, most)                                                                 \
	do {                                                                                     \
		double is = (value);                                                             \
		printf("# %s: %.2f\n", #value, is);                                              \
		if (!(is <= (most)))                                                             \
			host_fail(__FILE__, __LINE__, "%s is %.3f, expected at most %s", #value, \
				  is, #most);                                                    \
	} while (0)

#define LOOKS ((double)looks / (double)frees)

static void a_loop_that_is_too_large(void)
{
	CHECK_BELOW(sequential(1.03, 10), 10);
	CHECK_BELOW(sequential(1.03, 20), 10);
	CHECK_BELOW(LOOKS, 8);
	CHECK_BELOW(sequential(1.1, 20), 30);
	CHECK_BELOW(sequential(1.2, 20), 80);
}

static void random_touches(void)
{
	u32 nr = FRAMES + FRAMES * 3 / 100, touches = 40 * FRAMES;

	begin(false, 0);
	for (u32 i = 0; i < nr; i++)
		touch(i, MAPPED);
	reads = 0;
	for (u32 i = 0; i < touches; i++)
		touch(random_below(nr), MAPPED);
	CHECK_BELOW(100.0 * (double)reads / touches, 2.9 + 0.5 + 100.0 * GAP / 2 / nr);
	CHECK_BELOW(LOOKS, 8);
}

/* A set of @share of the frames is used at random, beside a stream of three times the frames. */
static double beside_a_stream(double share, enum use use)
{
	u32 set = (u32)(FRAMES * share), stream = 3 * FRAMES;
	u64 misses = 0;

	begin(false, 0);
	all_are_files(set, stream);
	for (u32 i = 0; i < set; i++)
		touch(i, MAPPED);
	for (u32 i = 0; i < 4 * set; i++)
		touch(random_below(set), MAPPED);
	frees = looks = 0;
	for (u32 i = 0; i < stream; i++) {
		u64 before;

		touch(set + i, use);
		before = reads;
		touch(random_below(set), MAPPED);
		misses += reads - before;
	}
	return 100.0 * (double)misses / stream;
}

static void a_stream_leaves_the_set_alone(void)
{
	CHECK_BELOW(beside_a_stream(0.5, READ), 0.1);
	CHECK_BELOW(LOOKS, 1.5);
	CHECK_BELOW(beside_a_stream(0.5, MAPPED), 0.5);
	CHECK_BELOW(LOOKS, 8);
	CHECK_BELOW(beside_a_stream(0.9, READ), 0.1);
	CHECK_BELOW(LOOKS, 1.5);
	CHECK_BELOW(beside_a_stream(0.9, MAPPED), 0.5);
}

/*
 * How many pages are read in the third pass depends on how far the hand has come before. So some
 * pages are used first that nobody wants again.
 */
static void a_new_working_set(void)
{
	u32 nr = FRAMES * 9 / 10;
	double worst = 0;

	for (u32 more = 0; more < FRAMES / 5; more += FRAMES / 100) {
		begin(false, 0);
		for (u32 i = 0; i < FRAMES - nr + more; i++)
			touch(2 * FRAMES + i, MAPPED);
		for (u32 pass = 0; pass < 5; pass++)
			for (u32 i = 0; i < nr; i++)
				touch(i, MAPPED);
		for (u32 pass = 0; pass < 3; pass++) {
			reads = 0;
			for (u32 i = 0; i < nr; i++)
				touch(FRAMES + i, MAPPED);
		}
		worst = fmax(worst, 100.0 * (double)reads / nr);
	}
	CHECK_BELOW(worst, 1);
}

static double sums[PAGES];

static double zipf(double exponent, double size, bool with_lru)
{
	u32 nr = (u32)(FRAMES * size), touches = 60 * FRAMES;
	static u32 place[PAGES];
	double sum = 0;

	begin(with_lru, 0);
	for (u32 i = 0; i < nr; i++) {
		sum += 1 / pow(i + 1, exponent);
		sums[i] = sum;
		place[i] = i;
	}
	for (u32 i = nr - 1; i; i--) {
		u32 j = random_below(i + 1), swap = place[i];

		place[i] = place[j];
		place[j] = swap;
	}
	for (u32 i = 0; i < touches; i++) {
		double x = sum * random_below(1u << 30) / (1u << 30);
		u32 low = 0, high = nr - 1;

		if (i == touches / 3)
			reads = 0;
		while (low < high) {
			u32 middle = (low + high) / 2;

			if (sums[middle] < x)
				low = middle + 1;
			else
				high = middle;
		}
		touch(place[low], MAPPED);
	}
	return 100.0 * (double)reads / (touches - touches / 3);
}

static void zipf_is_near_lru(void)
{
	CHECK_BELOW(zipf(0.8, 1.2, false) / zipf(0.8, 1.2, true), 1.05);
	CHECK_BELOW(zipf(0.8, 2.0, false) / zipf(0.8, 2.0, true), 1.05);
	CHECK_BELOW(zipf(1.0, 1.2, false) / zipf(1.0, 1.2, true), 1.05);
	CHECK_BELOW(zipf(1.0, 2.0, false) / zipf(1.0, 2.0, true), 1.05);
}

static void pressure_is_in_proportion(void)
{
	u32 kernel = LOW / 2, nr = FRAMES;
	double share;

	begin(false, kernel);
	for (u32 i = 0; i < 20 * FRAMES; i++)
		touch(random_below(nr), MAPPED);
	share = (double)(LOW - kernel) / (FRAMES - kernel);
	CHECK_BELOW(fabs((double)scans[0] / (double)(scans[0] + scans[1]) / share - 1), 0.05);
}

int main(void)
{
	host_run("each round visits each chunk once", each_round_visits_each_chunk_once);
	host_run("orders of rounds differ", orders_of_rounds_differ);
	host_run("a page goes when its credit is used up", a_page_goes_when_its_credit_is_used_up);
	host_run("the second use ends 'once'", the_second_use_ends_once);
	host_run("one look in six frees a page", one_look_in_six_frees);
	host_run("the least credit is forced first", the_least_credit_is_forced_first);
	host_run("zones are visited by their size", zones_are_visited_by_their_size);
	host_run("zones are visited for years", zones_are_visited_for_years);
	host_run("a large machine that is all in use", a_large_machine_that_is_all_in_use);
	host_run("a loop that is too large", a_loop_that_is_too_large);
	host_run("random touches", random_touches);
	host_run("a stream leaves the set alone", a_stream_leaves_the_set_alone);
	host_run("a new working set", a_new_working_set);
	host_run("zipf is near LRU", zipf_is_near_lru);
	host_run("pressure is in proportion", pressure_is_in_proportion);
	return host_done();
}
