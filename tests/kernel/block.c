/* SPDX-License-Identifier: MIT */
#include <asm/layout.h>
#include <asm/time.h>
#include <block/queue.h>
#include <kernel/fault_inject.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/mmzone.h>
#include <mm/page_alloc.h>
#include <tests/kernel/block_fake.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/* The queue of a disk, and bounce pages, on a disk that does what the test wants. */

/* A request of whole sectors of one page, or of several pages. */
struct job {
	struct block_request request;
	struct block_segment segments[8];
	bool done;
	u32 order; /* among those that have ended */
};

static u32 nr_done;

static void job_done(struct block_request *request)
{
	struct job *job = request->private;

	job->order = ++nr_done;
	job->done = true;
}

static void submit(struct job *job, struct fake *fake, enum block_op op, u64 sector,
		   struct page *page, u32 nr_sectors)
{
	*job = (struct job){ .segments = { { page, 0, nr_sectors * SECTOR_SIZE } } };
	job->request = (struct block_request){ .device = &fake->device,
					       .op = op,
					       .sector = sector,
					       .nr_segments = page ? 1 : 0,
					       .segments = job->segments,
					       .done = job_done,
					       .private = job };
	block_submit(&job->request);
}

/* Writes a number at the beginning of each sector of a page. */
static void fill_page(struct page *page, u32 first)
{
	u32 *words = kmap_local_page(page);

	for (u32 i = 0; i < PAGE_SIZE / SECTOR_SIZE; i++)
		words[i * SECTOR_SIZE / sizeof(*words)] = first + i;
	kunmap_local(words);
}

static u32 page_word(struct page *page, u32 sector)
{
	u32 word;

	memcpy_from_page(&word, page, sector * SECTOR_SIZE, sizeof(word));
	return word;
}

static void expect_log(struct fake *fake, u32 i, enum block_op op, u32 sector, u32 nr_sectors)
{
	struct fake_log *entry = &fake->log[i];

	if (i >= fake->nr_logged || entry->op != op || entry->sector != sector ||
	    entry->nr_sectors != nr_sectors)
		ktest_fail(__FILE__, __LINE__,
			   "command %u of %u: op %d, sector %u+%u, expected op %d, %u+%u", i,
			   fake->nr_logged, entry->op, entry->sector, entry->nr_sectors, op, sector,
			   nr_sectors);
}

KTEST(block, requests_are_sorted_and_merged)
{
	static const u32 sectors[] = { 400, 80, 96, 300, 88, 400 };
	struct fake *fake = fake_register(1, NULL, 0, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	struct block_counts counts;
	struct job jobs[7];

	KTEST_REQUIRE(fake && page);
	submit(&jobs[6], fake, BLOCK_READ, 200, page, 1);
	for (u32 i = 0; i < 6; i++)
		submit(&jobs[i], fake, i == 5 ? BLOCK_WRITE : BLOCK_READ, sectors[i], page, 8);
	EXPECT_EQ(fake->nr_logged, 1);
	block_counts_get(&fake->device, &counts);
	EXPECT_EQ(counts.in_flight, 7);
	fake_end_all(fake);
	EXPECT_EQ(fake->nr_logged, 5);
	EXPECT_EQ(fake->most_held, 1);
	expect_log(fake, 1, BLOCK_READ, 80, 24);
	expect_log(fake, 2, BLOCK_READ, 300, 8);
	expect_log(fake, 3, BLOCK_READ, 400, 8);
	expect_log(fake, 4, BLOCK_WRITE, 400, 8);
	for (u32 i = 0; i < 7; i++)
		EXPECT(jobs[i].done && !jobs[i].request.error);
	block_counts_get(&fake->device, &counts);
	EXPECT_EQ(counts.in_flight, 0);
	EXPECT_EQ(counts.requests[BLOCK_READ], 6);
	EXPECT_EQ(counts.merged[BLOCK_READ], 2);
	EXPECT_EQ(counts.sectors[BLOCK_READ], 41);
	EXPECT_EQ(counts.commands, 5);
	fake_unregister(fake);
	__free_page(page);
}

/* Others read upwards for ever, and one request is for a sector below them. */
KTEST(block, no_request_starves)
{
	struct fake *fake = fake_register(1, NULL, 0, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	static struct job low, high[12];
	const u32 sector = 100;

	KTEST_REQUIRE(fake && page);
	submit(&high[0], fake, BLOCK_WRITE, sector, page, 1);
	submit(&high[1], fake, BLOCK_WRITE, sector + 2, page, 1);
	submit(&low, fake, BLOCK_READ, 0, page, 1);
	for (u32 i = 2; i < ARRAY_SIZE(high) && !low.done; i++) {
		fake_end(fake, 0);
		submit(&high[i], fake, BLOCK_WRITE, sector + 2 * i, page, 1);
	}
	EXPECT(low.done);
	fake_end_all(fake);
	fake_unregister(fake);
	__free_page(page);
}

KTEST(block, flush_is_a_barrier)
{
	struct fake *fake = fake_register(8, NULL, 0, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	struct job before, flush[2], after, reader, last;

	KTEST_REQUIRE(fake && page);
	fill_page(page, 1000);
	submit(&before, fake, BLOCK_WRITE, 8, page, 8);
	submit(&flush[0], fake, BLOCK_FLUSH, 0, NULL, 0);
	submit(&flush[1], fake, BLOCK_FLUSH, 0, NULL, 0);
	submit(&after, fake, BLOCK_WRITE, 64, page, 8);
	submit(&last, fake, BLOCK_FLUSH, 0, NULL, 0);
	EXPECT_EQ(fake->nr_logged, 1);
	submit(&reader, fake, BLOCK_READ, 100, page, 1);
	EXPECT_EQ(fake->nr_logged, 2);
	fake_end(fake, 1);
	EXPECT(reader.done);
	EXPECT_EQ(fake->nr_held, 1);

	fake_end(fake, 0);
	EXPECT(before.done && !flush[0].done);
	EXPECT_EQ(fake->nr_held, 1);
	expect_log(fake, 2, BLOCK_FLUSH, 0, 0);
	EXPECT_EQ(fake->medium[9], 0);
	fake_end(fake, 0);
	EXPECT(flush[0].done && flush[1].done && !after.done && !last.done);
	EXPECT_EQ(fake->medium[9], 1001);
	expect_log(fake, 3, BLOCK_WRITE, 64, 8);
	EXPECT_EQ(fake->nr_held, 1);
	fake_end_all(fake);
	EXPECT(after.done && last.done);
	EXPECT_EQ(fake->medium[65], 1001);
	EXPECT_EQ(fake->nr_logged, 5);

	/* A disk without a cache gets no flush, and the order is the same. */
	fake->device.write_through = true;
	submit(&before, fake, BLOCK_WRITE, 8, page, 8);
	submit(&flush[0], fake, BLOCK_FLUSH, 0, NULL, 0);
	submit(&after, fake, BLOCK_WRITE, 64, page, 8);
	EXPECT_EQ(fake->nr_held, 1);
	fake_end(fake, 0);
	EXPECT(flush[0].done && !after.done);
	fake_end_all(fake);
	EXPECT_EQ(fake->nr_logged, 7);
	fake_unregister(fake);
	__free_page(page);
}

/* Commands end in the reverse order, and each reader gets its own sectors. */
KTEST(block, commands_end_in_any_order)
{
	struct fake *fake = fake_register(4, NULL, 0, 0);
	struct page *pages[4] = { NULL };
	struct job jobs[4];

	KTEST_REQUIRE(fake && alloc_pages_bulk(GFP_HIGHUSER, 4, pages) == 4);
	for (u32 i = 0; i < FAKE_SECTORS; i++)
		fake->cache[i] = 7000 + i;
	fake->refuse = 1;
	for (u32 i = 0; i < 4; i++)
		submit(&jobs[i], fake, BLOCK_READ, 10 + 20 * i, pages[i], 8);
	EXPECT_EQ(fake->nr_held, 4);
	for (u32 i = 4; i-- > 0;)
		fake_end(fake, i);
	for (u32 i = 0; i < 4; i++) {
		EXPECT_EQ(jobs[i].order - jobs[3].order, 3 - i);
		EXPECT_EQ(page_word(pages[i], 0), 7000 + 10 + 20 * i);
		EXPECT_EQ(page_word(pages[i], 7), 7000 + 17 + 20 * i);
		__free_page(pages[i]);
	}
	fake_unregister(fake);
}

/* A request that is larger than a command, with segments that begin anywhere. */
KTEST(block, a_large_request_becomes_several_commands)
{
	struct fake *fake = fake_register(2, NULL, 1, 3 * SECTOR_SIZE);
	struct page *pages[3] = { NULL };
	struct block_segment segments[3];

	KTEST_REQUIRE(fake && alloc_pages_bulk(GFP_HIGHUSER, 3, pages) == 3);
	for (u32 i = 0; i < 3; i++) {
		fill_page(pages[i], 100 * i);
		segments[i] = (struct block_segment){ pages[i], i * SECTOR_SIZE, 4 * SECTOR_SIZE };
	}
	struct job job = { .request = { .device = &fake->device,
					.op = BLOCK_WRITE,
					.sector = 5,
					.nr_segments = 3,
					.segments = segments,
					.done = job_done,
					.private = &job } };
	block_submit(&job.request);
	fake_end(fake, 1);
	fake_end_all(fake);
	EXPECT(job.done && !job.request.error);
	EXPECT_EQ(fake->most_held, 2);
	for (u32 i = 0; i < 12; i++)
		EXPECT_EQ(fake->cache[5 + i], 101 * (i / 4) + i % 4);
	for (u32 i = 0; i < fake->nr_logged; i++)
		EXPECT(fake->log[i].nr_sectors <= 3 && fake->log[i].nr_pieces == 1);
	fake_unregister(fake);
	for (u32 i = 0; i < 3; i++)
		__free_page(pages[i]);
}

KTEST(block, an_error_hits_only_its_request)
{
	struct fake *fake = fake_register(1, NULL, 0, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	struct block_counts counts;
	struct job first, jobs[3];

	KTEST_REQUIRE(fake && page);
	submit(&first, fake, BLOCK_WRITE, 100, page, 1);
	for (u32 i = 0; i < 3; i++)
		submit(&jobs[i], fake, BLOCK_WRITE, 8 * i, page, 8);
	fake->bad_sector = 12;
	fake_end_all(fake);
	expect_log(fake, 1, BLOCK_WRITE, 0, 24);
	EXPECT_EQ(fake->nr_logged, 5);
	EXPECT_EQ(jobs[0].request.error, 0);
	EXPECT_EQ((u32)jobs[1].request.error, (u32)-EIO);
	EXPECT_EQ(jobs[2].request.error, 0);
	block_counts_get(&fake->device, &counts);
	EXPECT_EQ(counts.errors, 1);
	EXPECT_EQ(counts.retries, 3);

	/* Sectors that the disk does not have. */
	submit(&first, fake, BLOCK_READ, FAKE_SECTORS - 7, page, 8);
	EXPECT(first.done && first.request.error == -EIO);
	submit(&first, fake, BLOCK_READ, ~0ull, page, 8);
	EXPECT(first.done && first.request.error == -EIO);
	fake->device.read_only = true;
	submit(&first, fake, BLOCK_WRITE, 0, page, 8);
	EXPECT(first.done && first.request.error == -EROFS);
	EXPECT_EQ(fake->nr_logged, 5);
	fake_unregister(fake);
	__free_page(page);
}

/* Rows of tests/qemu/ide_rows.py look at the log: ten lines, "3 more errors", and one line. */
KTEST(block, many_errors_have_few_messages)
{
	struct fake *fake = fake_register(1, NULL, 0, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	struct job job;

	KTEST_REQUIRE(fake && page);
	fake->device.queue->error_ticks = sched_ticks;
	for (u32 i = 0; i < 14; i++) {
		if (i == 13)
			fake->device.queue->error_ticks -= 10 * HZ + 1;
		fake->bad_sector = 200 + i;
		submit(&job, fake, BLOCK_READ, 200 + i, page, 1);
		fake_end_all(fake);
		EXPECT(job.done && job.request.error == -EIO);
	}
	EXPECT_EQ(fake->device.queue->nr_errors, 1);
	fake_unregister(fake);
	__free_page(page);
}

static bool wait_for_job(const struct job *job)
{
	for (u32 ms = 0; ms < 10000 && !READ_ONCE(job->done); ms += 10)
		msleep(10);
	return READ_ONCE(job->done);
}

KTEST(block, a_disk_that_dies_gives_errors)
{
	struct fake *fake = fake_register(2, NULL, 0, 0);
	struct page *page = alloc_page(GFP_KERNEL);
	static struct job jobs[4];

	KTEST_REQUIRE(fake && page);
	if (!time_has_ticks()) {
		ktest_skip("there are no ticks");
		goto out;
	}
	/* It works again after a reset: nothing is lost. */
	fake->device.timeout_ms = 50;
	fake->dead = fake->answer_in_reset = true;
	submit(&jobs[0], fake, BLOCK_WRITE, 0, page, 8);
	for (u32 ms = 0; ms < 10000 && READ_ONCE(fake->nr_logged) < 2; ms += 10)
		msleep(10);
	EXPECT_EQ(fake->nr_resets, 1);
	fake_end_all(fake);
	EXPECT(jobs[0].done && !jobs[0].request.error);

	fake->dead = true;
	fake->answer_in_reset = false;
	submit(&jobs[0], fake, BLOCK_WRITE, 0, page, 8);
	submit(&jobs[1], fake, BLOCK_FLUSH, 0, NULL, 0);
	submit(&jobs[2], fake, BLOCK_WRITE, 8, page, 8);
	submit(&jobs[3], fake, BLOCK_READ, 64, page, 8);
	for (u32 i = 0; i < 4; i++)
		EXPECT(wait_for_job(&jobs[i]) && jobs[i].request.error == -EIO);
	EXPECT_EQ(fake->nr_resets, 3);
	submit(&jobs[0], fake, BLOCK_READ, 0, page, 8);
	EXPECT(jobs[0].done && jobs[0].request.error == -EIO);
out:
	fake_unregister(fake);
	__free_page(page);
}

/* A page that an ISA device does not reach; NULL if the machine has none. */
static struct page *far_page(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	if (page && page_to_phys(page) < DMA_LIMIT_ISA) {
		__free_page(page);
		page = NULL;
	}
	return page;
}

KTEST(block, pages_out_of_reach_are_copied)
{
	static const struct dma_reach isa = { .limit = DMA_LIMIT_ISA, .border = 0x10000 };
	struct page *far = far_page(), *near = alloc_page(GFP_DMA);
	struct fake *fake = fake_register(4, &isa, 2, 0);
	u64 before[2] = { dma_bounced(false), dma_bounced(true) };
	struct block_counts counts;
	static struct job jobs[4];

	KTEST_REQUIRE(fake && near);
	if (!far) {
		ktest_skip("no page is above 16 MiB");
		goto out;
	}
	fill_page(far, 300);
	fill_page(near, 500);
	submit(&jobs[0], fake, BLOCK_WRITE, 0, far, 8);
	fill_page(far, 0); /* the copy was made already */
	submit(&jobs[1], fake, BLOCK_WRITE, 16, near, 8);
	fake_end_all(fake);
	EXPECT_EQ(fake->cache[3], 303);
	EXPECT_EQ(fake->cache[19], 503);
	submit(&jobs[2], fake, BLOCK_READ, 16, far, 8);
	EXPECT_EQ(page_word(far, 3), 3);
	fake_end_all(fake);
	EXPECT_EQ(page_word(far, 3), 503);

	/* Without any memory the reserve has two pages. The others wait for them. */
	fault_inject_from(1);
	for (u32 i = 0; i < 4; i++)
		submit(&jobs[i], fake, BLOCK_WRITE, 100 + 20 * i, far, 8);
	EXPECT_EQ(fake->nr_held, 2);
	fake_end_all(fake);
	fault_inject_from(0);
	for (u32 i = 0; i < 4; i++) {
		EXPECT(jobs[i].done && !jobs[i].request.error);
		EXPECT_EQ(fake->cache[100 + 20 * i], 500);
	}
	EXPECT_EQ(fake->out_of_reach, 0);
	EXPECT_EQ(dma_bounced(false) - before[0], 1);
	EXPECT_EQ(dma_bounced(true) - before[1], 5);
	block_counts_get(&fake->device, &counts);
	EXPECT_EQ(counts.bounced[0], 1);
	EXPECT_EQ(counts.bounced[1], 5);
	__free_page(far);
out:
	fake_unregister(fake);
	__free_page(near);
}

/* The end of the suite finds what a failure leaves behind. */
KTEST(block, each_failed_allocation_of_a_registration)
{
	static const struct dma_reach isa = { .limit = DMA_LIMIT_ISA };
	u32 n = 0;

	do {
		struct fake *fake;

		fault_inject_nth(++n);
		fake = fake_register(2, &isa, 2, 0);
		if (fake)
			fake_unregister(fake);
	} while (!fault_inject_pending() && n < 100);
	fault_inject_nth(0);
	EXPECT(n > 5 && n < 100);
}

#define WRITERS        3u
#define WRITER_STEPS   60u
#define WRITER_SECTORS 40u

struct writer {
	struct fake *fake;
	u32 number, nr_wrong;
	bool ended;
};

/* Writes its own sectors. After a flush they must be on the medium. */
static int write_and_flush(void *arg)
{
	struct writer *w = arg;
	struct page *page = alloc_page(GFP_HIGHUSER);
	u32 first = 1 + w->number * WRITER_SECTORS, latest[WRITER_SECTORS] = { 0 };

	for (u32 step = 0; page && step < WRITER_STEPS; step++) {
		u32 nr = 1 + step % 8, at = step * 7 % (WRITER_SECTORS - nr);
		struct block_segment s = { page, 0, nr * SECTOR_SIZE };

		fill_page(page, w->number * 10000 + step * 10);
		for (u32 i = 0; i < nr; i++)
			latest[at + i] = w->number * 10000 + step * 10 + i;
		w->nr_wrong +=
			block_transfer(&w->fake->device, BLOCK_WRITE, first + at, &s, 1) != 0;
		fill_page(page, 0);
		w->nr_wrong += block_transfer(&w->fake->device, BLOCK_READ, first + at, &s, 1) != 0;
		w->nr_wrong += page_word(page, nr - 1) != latest[at + nr - 1];
		if (step % 4 != w->number)
			continue;
		w->nr_wrong += block_flush(&w->fake->device) != 0;
		for (u32 i = 0; i < WRITER_SECTORS; i++)
			w->nr_wrong += READ_ONCE(w->fake->medium[first + i]) != latest[i];
	}
	if (page)
		__free_page(page);
	WRITE_ONCE(w->ended, true);
	return page ? 0 : -ENOMEM;
}

KTEST(block, what_was_flushed_is_on_the_medium)
{
	struct fake *fake = fake_register(3, NULL, 0, 0);
	struct writer writers[WRITERS];
	struct thread *threads[WRITERS];
	u32 nr_ended = 0, turn = 0;

	KTEST_REQUIRE(fake);
	for (u32 i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ fake, i, 0, false };
		threads[i] = kthread_run(write_and_flush, &writers[i], "writer/%u", i);
		KTEST_REQUIRE(threads[i]);
	}
	while (nr_ended < WRITERS) {
		u32 nr = READ_ONCE(fake->nr_held);

		if (nr)
			fake_end(fake, turn++ % nr);
		else
			sched_yield();
		nr_ended = 0;
		for (u32 i = 0; i < WRITERS; i++)
			nr_ended += READ_ONCE(writers[i].ended);
	}
	for (u32 i = 0; i < WRITERS; i++) {
		EXPECT_EQ((u32)kthread_join(threads[i]), 0);
		EXPECT_EQ(writers[i].nr_wrong, 0);
	}
	fake_unregister(fake);
}

/* A disk of 64 sectors with a partition table. */
#define TINY_SECTORS 64u
static u8 *tiny;

static int tiny_transfer(struct block_device *device, struct block_request *request)
{
	u8 *at = tiny + request->position * SECTOR_SIZE;

	for (u32 i = 0; i < request->nr_segments; i++) {
		const struct block_segment *s = &request->segments[i];

		if (request->op == BLOCK_WRITE)
			memcpy_from_page(at, s->page, s->offset, s->length);
		else
			memcpy_to_page(s->page, s->offset, at, s->length);
		at += s->length;
	}
	return 0;
}

static void tiny_entry(u32 sector, u32 i, u8 type, u8 start, u8 size)
{
	u8 *entry = tiny + sector * SECTOR_SIZE + 446 + 16 * i;

	entry[4] = type;
	entry[8] = start;
	entry[12] = size;
	tiny[sector * SECTOR_SIZE + 510] = 0x55;
	tiny[sector * SECTOR_SIZE + 511] = 0xaa;
}

KTEST(block, partitions_stay_within_their_borders)
{
	static const struct block_ops ops = { .transfer = tiny_transfer };
	struct block_device disk = { .name = "tiny",
				     .number = 241 << 8,
				     .nr_numbers = 16,
				     .nr_sectors = TINY_SECTORS,
				     .ops = &ops };
	struct page *page = alloc_page(GFP_KERNEL);
	struct block_segment s = { page, 512, 512 };
	struct block_device *first, *logical;

	tiny = kzalloc(TINY_SECTORS * SECTOR_SIZE, GFP_KERNEL);
	KTEST_REQUIRE(page && tiny);
	tiny_entry(0, 0, 0x83, 8, 4);
	tiny_entry(0, 1, 0x05, 20, 40);
	tiny_entry(0, 2, 0x83, 60, 5);
	tiny_entry(20, 0, 0x83, 2, 3);
	EXPECT_EQ(block_register(&disk), 0);
	first = block_find("tiny1");
	logical = block_find_number(241 << 8 | 5);
	EXPECT(first && logical && !block_find("tiny2") && !block_find("tiny3"));
	if (first && logical) {
		EXPECT_STREQ(logical->name, "tiny5");
		EXPECT_EQ(logical->nr_sectors, 3);
		fill_page(page, 0x11);
		EXPECT_EQ(block_transfer(first, BLOCK_WRITE, 3, &s, 1), 0);
		EXPECT_EQ(block_transfer(logical, BLOCK_WRITE, 2, &s, 1), 0);
		EXPECT_EQ(tiny[11 * SECTOR_SIZE], 0x12);
		EXPECT_EQ(tiny[24 * SECTOR_SIZE], 0x12);
		EXPECT(block_transfer(first, BLOCK_WRITE, 4, &s, 1) == -EIO);
		EXPECT(block_transfer(logical, BLOCK_WRITE, ~0ull - 21, &s, 1) == -EIO);
		EXPECT_EQ(block_flush(logical), 0);
	}
	block_unregister(&disk);
	EXPECT(!block_find("tiny") && !block_find("tiny1"));
	kfree(tiny);
	__free_page(page);
}
