/* SPDX-License-Identifier: MIT */
#include "reclaim_unit.h"

/* Which pages reclaim takes, when, and by which means. reclaim_unit.h is the machine. */

/* --- bits and marks --------------------------------------------------------------------------- */

static void bits_of_neighbours_are_apart(void)
{
	u8 right[NR_FRAMES] = { 0 };

	begin(false);
	for (u32 i = 0; i < 20000; i++) {
		u32 pfn = (u32)host_random_below(NR_FRAMES);

		right[pfn] = (u8)host_random_below(16);
		set_frame_bits(pfn, right[pfn]);
	}
	for (u32 i = 0; i < NR_FRAMES; i++)
		CHECK_EQ(frame_bits(i), right[i]);
	check_rest();
}

static void a_mark_is_taken_once(void)
{
	struct page page = { .b = 77 };

	begin(false);
	file.last_used = 5;
	history_evicted(&file, &page);
	CHECK(!take_mark(&file, 76) && !take_mark(&file, 78) && !take_mark(&memory, 77));
	frames[300].b = 77;
	history_entered(&file, &frames[300]);
	CHECK_EQ(frame_bits(300), FRAME_NEW);
	history_entered(&file, &frames[300]);
	CHECK_EQ(frame_bits(300), FRAME_NEW | CLOCK_ONCE);
	history_used(&file, &frames[300]);
	CHECK_EQ(frame_bits(300), CLOCK_ONCE);
	/* Another page of the file is used between. */
	file.last_used = 5;
	history_used(&file, &frames[300]);
	CHECK_EQ(frame_bits(300), 0);
	CHECK(test_page_flag(&frames[300], PG_REFERENCED));
	check_rest();
}

/* --- what goes -------------------------------------------------------------------------------- */

/* Any state of pages, any request: the rules of the layers below hold, and counts agree. */
static void any_pages_and_requests(void)
{
	static const gfp_t gfps[] = { GFP_NOIO, GFP_KERNEL, GFP_HIGHUSER_MOVABLE,
				      GFP_NOIO | __GFP_HIGHMEM, GFP_KERNEL | __GFP_DMA };

	for (u32 life = 0; life < 60; life++) {
		begin(host_random_below(4));
		for (u32 i = 0; i < NR_FRAMES; i++) {
			u32 dice = (u32)host_random_below(12);

			if (dice < 5)
				put_file(i, (u8)host_random_below(8), host_random_below(2));
			else if (dice < 10)
				put_anon(i);
			if (dice == 4 || dice == 9)
				frames[i].refcount++;
			if (dice == 3)
				frames[i].flags |= 1u << PG_DIRTY;
		}
		for (u32 call = 0; call < 20; call++) {
			gfp_t gfp = gfps[host_random_below(ARRAY_SIZE(gfps))];
			u32 before[MAX_NR_ZONES], all = all_freed(), nr;
			unsigned long wants = 1 + host_random_below(100);

			memcpy(before, nr_freed, sizeof(before));
			for (u32 i = 0; i < NR_FRAMES; i++)
				if (host_random_below(2))
					use(i);
			writes_fail = !host_random_below(5);
			nr = (u32)reclaim_pages(gfp, wants);
			CHECK_EQ(all_freed() - all, nr);
			for (u32 zone = gfp_zone(gfp) + 1; zone < MAX_NR_ZONES; zone++)
				CHECK_EQ(nr_freed[zone], before[zone]);
			check_rest();
		}
		for (u32 i = 0; i < NR_FRAMES; i++)
			if (frames[i].flags & 1u << PG_DIRTY)
				CHECK(is_there(i));
		CHECK_EQ(pgsteal_direct(), all_freed());
	}
}

static void without_io_no_page_of_a_program_goes(void)
{
	begin(true);
	for (u32 i = HIGH; i < HIGH + 100; i++)
		put_anon(i);
	CHECK_EQ(reclaim_pages(GFP_NOIO | __GFP_HIGHMEM, 10), 0);
	CHECK_EQ(nr_written, 0);
	CHECK_EQ(reclaim_pages(GFP_NOIO | __GFP_HIGHMEM | __GFP_IO, 100), 100);
	CHECK_EQ(nr_written, 100);
	check_rest();
}

static void one_batch_has_one_flush(void)
{
	begin(false);
	for (u32 i = HIGH; i < HIGH + 640; i++)
		put_file(i, 0, true);
	CHECK_EQ(reclaim_pages(GFP_HIGHUSER, 640), 640);
	CHECK_EQ(nr_flushes, 640 / CLOCK_CHUNK);
	check_rest();
}

static void dirty_files_are_left_to_their_thread(void)
{
	begin(false);
	for (u32 i = HIGH; i < HIGH + 100; i++) {
		put_file(i, 0, false);
		if (i % 2)
			frames[i].flags |= 1u << PG_DIRTY;
	}
	CHECK_EQ(reclaim_pages(GFP_HIGHUSER, 100), 50);
	CHECK_EQ(nr_kicks, 1);
	for (u32 i = HIGH; i < HIGH + 100; i++)
		CHECK_EQ(is_there(i), i % 2);
	check_rest();
}

/* Unless somebody is about to read it again. */
static void the_rest_of_a_read_that_has_failed_goes(void)
{
	begin(false);
	for (u32 i = HIGH; i < HIGH + 100; i++) {
		put_file(i, CLOCK_ONCE, false);
		frames[i].flags &= ~(1u << PG_UPTODATE);
		frames[i].refcount += i % 4 == 0;
	}
	CHECK_EQ(reclaim_pages(GFP_HIGHUSER, 100), 75);
	for (u32 i = HIGH; i < HIGH + 100; i++)
		CHECK_EQ(is_there(i), i % 4 == 0);
	check_rest();
}

/* A page that is used in each round stays, however often the hand goes round. */
static void a_hot_page_survives_100_rounds(void)
{
	const u32 hot = HIGH + 5, round = (NR_FRAMES - HIGH) / CLOCK_CHUNK;

	begin(true);
	put_anon(hot);
	while (hands[ZONE_HIGHMEM].clock.visited < 100 * round) {
		for (u32 i = HIGH; i < NR_FRAMES; i++)
			if (i != hot && !is_there(i))
				put_file(i, 0, false);
		use(hot);
		CHECK(reclaim_pages(GFP_HIGHUSER, 900) >= 900);
		REQUIRE(is_there(hot));
	}
	/* Then nothing uses it any more. */
	reclaim_pages(GFP_HIGHUSER, 10000);
	reclaim_pages(GFP_HIGHUSER, 10000);
	CHECK(!is_there(hot));
}

static void all_are_used_and_one_look_in_eight_frees(void)
{
	begin(true);
	for (u32 i = HIGH; i < NR_FRAMES; i++) {
		put_anon(i);
		use(i);
	}
	CHECK(reclaim_pages(GFP_HIGHUSER, 100) < 100 + CLOCK_CHUNK);
	CHECK(all_freed() >= 100);
	CHECK(pgscan_direct() <= 800);
	check_rest();
}

/* --- pages that were read once ---------------------------------------------------------------- */

static void a_stream_pushes_out_itself(void)
{
	u32 others = 0;

	begin(true);
	for (u32 i = HIGH; i < NR_FRAMES; i++)
		if (i % 4)
			put_anon(i);
		else
			put_file(i, CLOCK_ONCE, false);
	CHECK_EQ(reclaim_pages(GFP_HIGHUSER, 128), 128);
	for (u32 i = HIGH; i < NR_FRAMES; i++)
		others += i % 4 && !is_there(i);
	CHECK_EQ(others, 0);
	/* No bit of others is cleared, and no flush is necessary. */
	CHECK_EQ(nr_looked_at, 0);
	CHECK_EQ(nr_flushes, 0);
	check_rest();
}

static void pages_once_that_cannot_go_do_not_keep_others(void)
{
	begin(false);
	for (u32 i = HIGH; i < NR_FRAMES; i++) {
		put_file(i, i % 2 ? CLOCK_ONCE : 0, false);
		frames[i].refcount += i % 2;
	}
	CHECK_EQ(reclaim_pages(GFP_HIGHUSER, 512), 512);
	check_rest();
}

static void few_pages_once_have_no_privilege(void)
{
	begin(false);
	for (u32 i = HIGH; i < NR_FRAMES; i++)
		put_file(i, i % 32 ? 0 : CLOCK_ONCE, false);
	CHECK_EQ(reclaim_pages(GFP_HIGHUSER, 64), 64);
	CHECK(once_pages(ZONE_HIGHMEM) > 20);
	check_rest();
}

/* --- settings --------------------------------------------------------------------------------- */

static u32 programs_that_went(u32 value)
{
	u32 nr = 0;

	begin(true);
	swappiness_is = value;
	for (u32 i = HIGH; i < NR_FRAMES; i++)
		if (i % 2)
			put_anon(i);
		else
			put_file(i, 0, false);
	CHECK(reclaim_pages(GFP_HIGHUSER, 200) >= 200);
	for (u32 i = HIGH; i < NR_FRAMES; i++)
		nr += i % 2 && !is_there(i);
	check_rest();
	return nr;
}

static void swappiness_chooses(void)
{
	u32 even = programs_that_went(60), few = programs_that_went(20);

	CHECK_EQ(programs_that_went(0), 0);
	CHECK(even > 80 && even < 130);
	CHECK(few > 20 && few < 80);
	CHECK(programs_that_went(200) >= 200);
}

/* --- requests --------------------------------------------------------------------------------- */

static void a_request_reclaims_and_shrinks_by_its_flags(void)
{
	begin(false);
	put_file(NORMAL, 0, false);
	put_file(HIGH, 0, false);
	CHECK_EQ(direct(GFP_KERNEL, 0), RECLAIM_SOME);
	CHECK(!is_there(NORMAL) && is_there(HIGH));
	CHECK_EQ(nr_shrinks, 1);
	CHECK_EQ(direct(GFP_HIGHUSER, 0), RECLAIM_SOME);
	CHECK(!is_there(HIGH));
	/* Caches of objects are the last that can help it. */
	CHECK_EQ(nr_shrinks, 1);
	CHECK_EQ(direct(GFP_HIGHUSER, 0), RECLAIM_NOTHING);
	CHECK_EQ(nr_shrinks, 2);
	shrink_gives = 1;
	CHECK_EQ(direct(GFP_KERNEL, 0), RECLAIM_SOME);
	CHECK_EQ(allocstall_normal(), 2);
	CHECK_EQ(allocstall_high(), 2);
	/* A thread that reclaims does not begin again. */
	current->reclaims = true;
	CHECK_EQ(direct(GFP_KERNEL, 0), RECLAIM_RESERVE);
	current->reclaims = false;
	check_rest();
}

/* At most ten times a second, and then the request looks at no page. */
static void lists_of_cpus_are_drained_now_and_then(void)
{
	begin(false);
	put_file(NORMAL, 0, false);
	sched_ticks += HZ / 10;
	CHECK_EQ(direct(GFP_KERNEL, 0), RECLAIM_SOME);
	CHECK(nr_drains == 1 && is_there(NORMAL));
	CHECK_EQ(allocstall_normal(), 0);
	CHECK_EQ(direct(GFP_KERNEL, 0), RECLAIM_SOME);
	CHECK(nr_drains == 1 && !is_there(NORMAL));
	CHECK_EQ(allocstall_normal(), 1);
	check_rest();
}

static void a_request_waits_only_if_it_may(void)
{
	begin(false);
	cache_counts.dirty = 1;
	CHECK_EQ(direct(GFP_NOFS | __GFP_HIGHMEM, 0), RECLAIM_NOTHING);
	CHECK_EQ(direct(GFP_NOIO | __GFP_HIGHMEM, 0), RECLAIM_NOTHING);
	CHECK_EQ(nr_pauses, 0);
	CHECK_EQ(direct(GFP_HIGHUSER, 0), RECLAIM_WAITED);
	CHECK_EQ(nr_pauses, 1);
	CHECK_EQ(direct(GFP_HIGHUSER, 0), RECLAIM_NOTHING);
}

/* --- kswapd ----------------------------------------------------------------------------------- */

/* Lets it run until it sleeps. */
static void run_kswapd(void)
{
	int how = setjmp(sleeps);

	CHECK_EQ(reclaim_start(), 0);
	if (how == 0)
		kswapd_fn(NULL);
	CHECK_EQ(how, 1);
	current->state = THREAD_RUNNABLE;
}

static void kswapd_works_to_the_high_mark_and_sleeps(void)
{
	begin(true);
	for (u32 i = NORMAL; i < NR_FRAMES; i++)
		put_file(i, 0, false);
	run_kswapd();
	CHECK_EQ(all_freed() + nr_drains, 0);
	zones[ZONE_HIGHMEM].free_pages = 5;
	sched_ticks += HZ;
	wake(GFP_HIGHUSER);
	wake(GFP_HIGHUSER);
	CHECK_EQ(nr_wakes, 1);
	run_kswapd();
	CHECK(zones[ZONE_HIGHMEM].free_pages >= 30 || zones[ZONE_NORMAL].free_pages >= 30);
	CHECK(all_freed() < 3 * CLOCK_CHUNK);
	/* The lists of CPUs were drained first. */
	CHECK_EQ(nr_drains, 1);
	CHECK_EQ(pgsteal_kswapd(), all_freed());
	CHECK(movable_reserve);
	/* It sleeps until the next request, which wakes it. */
	run_kswapd();
	CHECK_EQ(nr_drains, 1);
	wake(GFP_HIGHUSER);
	CHECK_EQ(nr_wakes, 2);
	run_kswapd();
	CHECK_EQ(nr_drains, 1);
	sched_ticks += HZ;
	wake(GFP_HIGHUSER);
	run_kswapd();
	CHECK_EQ(nr_drains, 2);
	CHECK_EQ(nr_pauses, 0);
	check_rest();
}

static void kswapd_rests_if_nothing_can_go(void)
{
	begin(false);
	for (u32 i = NORMAL; i < NORMAL + 10; i++)
		put_file(i, 0, false);
	run_kswapd();
	wake(GFP_KERNEL);
	run_kswapd();
	CHECK_EQ(all_freed(), 10);
	CHECK_EQ(nr_drains, 0);
	CHECK_EQ(nr_pauses, 1);
	/* The caches of objects are asked only for low memory. */
	CHECK_EQ(nr_shrinks, 1);
	wake(GFP_HIGHUSER);
	run_kswapd();
	CHECK_EQ(nr_shrinks, 1);
	CHECK(!movable_reserve);
	check_rest();
}

/* Another thread has locked the file, and unlocks it after some ticks, or never. */
static void begin_locked(u32 ticks)
{
	begin(true);
	for (u32 i = NORMAL; i < NR_FRAMES; i++) {
		if (i % 2)
			put_anon(i);
		else
			put_file(i, CLOCK_ONCE, false);
	}
	zones[ZONE_HIGHMEM].free_pages = 5;
	unlock_after = ticks;
	file.lock.owner = 1;
	run_kswapd();
	wake(GFP_HIGHUSER);
	run_kswapd();
	file.lock.owner = 0;
	unlock_after = 0;
}

static void kswapd_waits_for_a_thread_that_has_locked_a_file(void)
{
	begin_locked(3);
	CHECK_EQ(nr_pauses, 3);
	CHECK_EQ(nr_written, 0);
	CHECK(all_freed() > 0);
	check_rest();
	/* Pages of programs go in the end. */
	begin_locked(0);
	CHECK_EQ(nr_pauses, PATIENCE);
	CHECK(nr_written > 0);
	check_rest();
}

int main(void)
{
	host_run("bits of neighbours are apart", bits_of_neighbours_are_apart);
	host_run("a mark is taken once", a_mark_is_taken_once);
	host_run("any pages and requests", any_pages_and_requests);
	host_run("without I/O no page of a program goes", without_io_no_page_of_a_program_goes);
	host_run("one batch has one flush", one_batch_has_one_flush);
	host_run("dirty files are left to their thread", dirty_files_are_left_to_their_thread);
	host_run("the rest of a read that has failed goes",
		 the_rest_of_a_read_that_has_failed_goes);
	host_run("a hot page survives 100 rounds", a_hot_page_survives_100_rounds);
	host_run("all are used, and one look in eight frees",
		 all_are_used_and_one_look_in_eight_frees);
	host_run("a stream pushes out itself", a_stream_pushes_out_itself);
	host_run("pages 'once' that cannot go do not keep others",
		 pages_once_that_cannot_go_do_not_keep_others);
	host_run("few pages 'once' have no privilege", few_pages_once_have_no_privilege);
	host_run("swappiness chooses", swappiness_chooses);
	host_run("a request reclaims and shrinks by its flags",
		 a_request_reclaims_and_shrinks_by_its_flags);
	host_run("lists of CPUs are drained now and then", lists_of_cpus_are_drained_now_and_then);
	host_run("a request waits only if it may", a_request_waits_only_if_it_may);
	host_run("kswapd works to the high mark, and sleeps",
		 kswapd_works_to_the_high_mark_and_sleeps);
	host_run("kswapd rests if nothing can go", kswapd_rests_if_nothing_can_go);
	host_run("kswapd waits for a thread that has locked a file",
		 kswapd_waits_for_a_thread_that_has_locked_a_file);
	return host_done();
}
