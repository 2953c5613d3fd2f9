/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <drivers/ide.h>
#include <drivers/virtio_blk.h>
#include <lib/errno.h>
#include <lib/random.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <sched/wait.h>
#include <tests/kernel/ktest.h>

/*
 * Disks that the runner has made for tests: tests/qemu/disk_rows.py. Their first sector says so,
 * and names the parts of the disk. No other disk is written to.
 *
 * Each word of a sector depends on the number of the sector. So a transfer that goes astray by one
 * sector, or by one piece of memory, is found. The runner has written the part `given`, and reads
 * the part `taken` after the boot.
 */

struct scratch {
	char magic[16];
	u32 given, nr_given, taken, nr_taken; /* sectors */
	u32 bad_read, bad_write;              /* sectors with an error; 0 for none */
	u32 bad_flush;                        /* each flush fails */
};

#define GIVEN_SEED 0x11111111u
#define TAKEN_SEED 0x22222222u
#define OTHER_SEED 0x33333333u

#define NR_PAGES      24u
#define WORDS         (SECTOR_SIZE / 4)
#define VIRTIO_NUMBER 254u
#define FAR           0x180000000ull
#define MOST_BLOCKS   2048u /* of the largest size, until one is above FAR */

static struct page *pages[NR_PAGES];
static struct block_segment segments[NR_PAGES];
static struct random shapes;

static bool take_pages(void)
{
	for (u32 i = 0; i < NR_PAGES; i++)
		pages[i] = NULL;
	random_seed(&shapes, 1);
	return alloc_pages_bulk(GFP_HIGHUSER, NR_PAGES, pages) == NR_PAGES;
}

static void drop_pages(void)
{
	for (u32 i = 0; i < NR_PAGES; i++)
		if (pages[i])
			put_page(pages[i]);
}

static u32 word_of(u64 sector, u32 index, u32 seed)
{
	return ((u32)sector * 0x9e3779b1u + index * 0x85ebca6bu) ^ seed;
}

/* Fill a segment with the words of its sectors, or count the words that differ. */
static u32 words_of(const struct block_segment *segment, u64 sector, u32 seed, bool fill)
{
	u8 *page = kmap_local_page(segment->page);
	u32 *words = (u32 *)(page + segment->offset), wrong = 0;

	for (u32 i = 0; i < segment->length / 4; i++) {
		u32 word = word_of(sector + i / WORDS, i % WORDS, seed);

		if (fill)
			words[i] = word;
		else
			wrong += words[i] != word;
	}
	kunmap_local(page);
	return wrong;
}

/* Cut sectors into segments of all sizes, each in a page of its own. Returns their number. */
static u32 cut(u32 *nr_sectors)
{
	u32 done = 0, nr = 0;

	while (nr < NR_PAGES && done < *nr_sectors) {
		u32 sectors = min(random_below(&shapes, 8) + 1, *nr_sectors - done);

		if (random_below(&shapes, 3) == 0)
			sectors = min(8u, *nr_sectors - done);
		segments[nr++] = (struct block_segment){
			.page = pages[nr],
			.offset = random_below(&shapes, 8 - sectors + 1) * SECTOR_SIZE,
			.length = sectors * SECTOR_SIZE,
		};
		done += sectors;
	}
	*nr_sectors = done;
	return nr;
}

/* Transfer a run of sectors, in requests of all sizes. Returns the number of wrong words. */
static u32 transfer(struct block_device *device, enum block_op op, u64 sector, u32 nr_sectors,
		    u32 seed)
{
	u32 wrong = 0;

	while (nr_sectors && !ktest_interrupted()) {
		u32 sectors = min(random_below(&shapes, 100) + 1, nr_sectors), nr = cut(&sectors);
		u64 at = sector;

		for (u32 i = 0; i < nr; at += segments[i++].length / SECTOR_SIZE)
			words_of(&segments[i], at, op == BLOCK_WRITE ? seed : ~seed, true);
		EXPECT_EQ(block_transfer(device, op, sector, segments, nr), 0);
		at = sector;
		for (u32 i = 0; i < nr; at += segments[i++].length / SECTOR_SIZE)
			wrong += words_of(&segments[i], at, seed, false);
		sector += sectors;
		nr_sectors -= sectors;
	}
	return wrong;
}

/* --- which disks ------------------------------------------------------------------------------ */

#define MOST_DISKS 8u

static struct {
	struct block_device *device;
	struct scratch scratch;
} disks[MOST_DISKS];
static u32 nr_disks;

static int add_if_scratch(struct block_device *device, void *unused)
{
	struct block_segment first = { pages[0], 0, SECTOR_SIZE };
	struct scratch *scratch = &disks[nr_disks].scratch;
	const void *sector;

	if (device->whole || device->nr_sectors < 2 || nr_disks == MOST_DISKS ||
	    block_transfer(device, BLOCK_READ, 0, &first, 1) != 0)
		return 0;
	sector = kmap_local_page(first.page);
	memcpy(scratch, sector, sizeof(*scratch));
	kunmap_local(sector);
	disks[nr_disks].device = device;
	nr_disks += memcmp(scratch->magic, "HIGHLAND SCRATCH", 16) == 0;
	return 0;
}

/* The disks are searched once: a drive without a disk answers slowly. */
static void for_each_scratch(void (*test)(struct block_device *, const struct scratch *))
{
	static bool looked;

	if (take_pages()) {
		if (!looked)
			block_for_each(add_if_scratch, NULL);
		looked = true;
		for (u32 i = 0; i < nr_disks; i++)
			test(disks[i].device, &disks[i].scratch);
	}
	drop_pages();
	if (!nr_disks)
		ktest_skip("no disk for tests: tests/qemu/disk_rows.py");
}

/* --- the tests -------------------------------------------------------------------------------- */

static void read_given(struct block_device *device, const struct scratch *scratch)
{
	struct block_counts counts;

	EXPECT_EQ(transfer(device, BLOCK_READ, scratch->given, scratch->nr_given, GIVEN_SEED), 0);
	block_counts_get(device, &counts);
	EXPECT(counts.requests[BLOCK_READ] > 0);
	if (device->number >> 8 == VIRTIO_NUMBER)
		EXPECT_EQ(counts.bounced[0] + counts.bounced[1], 0);
}

KTEST(disks, contents_from_outside_are_read)
{
	for_each_scratch(read_given);
}

static void write_taken(struct block_device *device, const struct scratch *scratch)
{
	if (device->read_only) {
		EXPECT_EQ(block_transfer(device, BLOCK_WRITE, scratch->taken,
					 &(struct block_segment){ pages[0], 0, SECTOR_SIZE }, 1),
			  -EROFS);
		return;
	}
	transfer(device, BLOCK_WRITE, scratch->taken, scratch->nr_taken, OTHER_SEED);
	transfer(device, BLOCK_WRITE, scratch->taken, scratch->nr_taken, TAKEN_SEED);
	EXPECT_EQ(block_flush(device), scratch->bad_flush ? -EIO : 0);
	EXPECT_EQ(transfer(device, BLOCK_READ, scratch->taken, scratch->nr_taken, TAKEN_SEED), 0);
}

KTEST(disks, contents_are_written)
{
	for_each_scratch(write_taken);
}

static struct wait_queue queue;
static u32 nr_done;

static void count_done(struct block_request *request)
{
	__atomic_fetch_add(&nr_done, 1, __ATOMIC_RELEASE);
	wake_up_all(&queue);
}

/* The requests go to some disks in turn. */
static void read_from(u32 first_disk, u32 nr)
{
	struct block_request requests[NR_PAGES];

	for (u32 round = 0; round < 20; round++) {
		nr_done = 0;
		for (u32 i = 0; i < NR_PAGES; i++) {
			u32 disk = first_disk + i % nr;
			const struct scratch *scratch = &disks[disk].scratch;
			u32 sector = random_below(&shapes, scratch->nr_given - 8);

			segments[i] = (struct block_segment){ pages[i], 0, PAGE_SIZE };
			requests[i] = (struct block_request){
				.device = disks[disk].device,
				.op = BLOCK_READ,
				.sector = scratch->given + sector,
				.nr_segments = 1,
				.segments = &segments[i],
				.done = count_done,
			};
			block_submit(&requests[i]);
		}
		wait_event(&queue, __atomic_load_n(&nr_done, __ATOMIC_ACQUIRE) == NR_PAGES);
		for (u32 i = 0; i < NR_PAGES; i++) {
			EXPECT_EQ(requests[i].error, 0);
			EXPECT_EQ(words_of(&segments[i], requests[i].sector, GIVEN_SEED, false), 0);
		}
	}
}

static void read_at_once(struct block_device *device, const struct scratch *scratch)
{
	for (u32 i = 0; i < nr_disks; i++)
		if (disks[i].device == device)
			read_from(i, 1);
}

KTEST(disks, requests_at_once_find_their_memory)
{
	for_each_scratch(read_at_once);
}

static void read_all_from_the_first(struct block_device *device, const struct scratch *scratch)
{
	if (disks[0].device == device)
		read_from(0, nr_disks);
}

/* The two drives of an IDE channel take turns. */
KTEST(disks, disks_work_at_the_same_time)
{
	for_each_scratch(read_all_from_the_first);
}

/* Take a block above FAR if there is one, else any. */
static struct page *take_far_block(void)
{
	struct page *block = NULL, *held = NULL;

	for (u32 i = 0; i < MOST_BLOCKS; i++) {
		block = alloc_pages(GFP_HIGHUSER | __GFP_NOWARN, MAX_ORDER);
		if (!block || page_to_phys(block) >= FAR)
			break;
		block->a = held ? (u32)page_to_pfn(held) : PFN_NONE;
		held = block;
	}
	while (held) {
		struct page *next = held->a == PFN_NONE ? NULL : pfn_to_page(held->a);

		if (block)
			__free_pages(held, MAX_ORDER);
		else
			block = held;
		held = next;
	}
	return block;
}

/* A page is copied if the device does not reach it, and only then. */
static void use_far_page(struct block_device *device, const struct scratch *scratch)
{
	struct page *far = take_far_block();
	struct block_segment segment = { far ?: pages[0], 0, PAGE_SIZE },
			     near = { pages[1], 0, PAGE_SIZE };
	struct block_counts before, after;
	bool copied = !dma_reaches(&device->reach, page_to_phys(segment.page), PAGE_SIZE);

	block_counts_get(device, &before);
	EXPECT_EQ(block_transfer(device, BLOCK_READ, scratch->given, &segment, 1), 0);
	EXPECT_EQ(words_of(&segment, scratch->given, GIVEN_SEED, false), 0);
	if (!device->read_only) {
		words_of(&segment, scratch->taken, OTHER_SEED, true);
		EXPECT_EQ(block_transfer(device, BLOCK_WRITE, scratch->taken, &segment, 1), 0);
	}
	block_counts_get(device, &after);
	EXPECT_EQ(after.bounced[0] - before.bounced[0], copied);
	EXPECT_EQ(after.bounced[1] - before.bounced[1], copied && !device->read_only);
	if (!device->read_only) {
		EXPECT_EQ(block_transfer(device, BLOCK_READ, scratch->taken, &near, 1), 0);
		EXPECT_EQ(words_of(&near, scratch->taken, OTHER_SEED, false), 0);
		words_of(&segment, scratch->taken, TAKEN_SEED, true);
		EXPECT_EQ(block_transfer(device, BLOCK_WRITE, scratch->taken, &segment, 1), 0);
	}
	ktest_info("%s: page at %#llx, %s", device->name, (u64)page_to_phys(segment.page),
		   copied ? "copied" : "reached");
	if (far)
		__free_pages(far, MAX_ORDER);
}

KTEST(disks, a_page_out_of_reach_is_copied)
{
	for_each_scratch(use_far_page);
}

static void meet_errors(struct block_device *device, const struct scratch *scratch)
{
	const struct block_segment four = { pages[0], 0, 4 * SECTOR_SIZE },
				   one = { pages[1], 0, SECTOR_SIZE };

	EXPECT_EQ(block_transfer(device, BLOCK_READ, device->nr_sectors - 1, &one, 1), 0);
	EXPECT_EQ(block_transfer(device, BLOCK_READ, device->nr_sectors - 1, &four, 1), -EIO);
	if (scratch->bad_read) {
		EXPECT_EQ(block_transfer(device, BLOCK_READ, scratch->bad_read, &one, 1), -EIO);
		EXPECT_EQ(block_transfer(device, BLOCK_READ, scratch->bad_read - 2, &four, 1),
			  -EIO);
		EXPECT_EQ(block_transfer(device, BLOCK_READ, scratch->bad_read + 1, &one, 1), 0);
	}
	if (scratch->bad_write && !device->read_only) {
		EXPECT_EQ(block_transfer(device, BLOCK_WRITE, scratch->bad_write, &one, 1), -EIO);
		EXPECT_EQ(block_transfer(device, BLOCK_READ, scratch->bad_write, &one, 1), 0);
	}
}

KTEST(disks, an_error_is_that_of_its_sector)
{
	for_each_scratch(meet_errors);
}

static u32 all_resets(void)
{
	struct block_counts counts;
	u32 resets = 0;

	for (u32 i = 0; i < nr_disks; i++) {
		block_counts_get(disks[i].device, &counts);
		resets += counts.resets;
	}
	return resets;
}

/* The first disk loses one while the others work, and none of them is reset for it. */
static void lose_commands(struct block_device *device, const struct scratch *scratch)
{
	u32 timeout = device->timeout_ms, before = all_resets(), *lose = NULL;

	if (device->number >> 8 == VIRTIO_NUMBER)
		lose = &virtio_blk_lose;
	else if (device->ops == &ide_ops)
		lose = &ide_lose;
	else
		return;
	device->timeout_ms = 1000;
	*lose = 1;
	read_all_from_the_first(device, scratch);
	if (*lose)
		read_at_once(device, scratch);
	EXPECT_EQ(*lose, 0);
	EXPECT_EQ(all_resets() - before, 1);
	device->timeout_ms = timeout;
}

KTEST(disks, a_disk_that_loses_a_command_is_reset)
{
	for_each_scratch(lose_commands);
}
