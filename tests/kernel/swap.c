/* SPDX-License-Identifier: MIT */
#include <block/block.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/kvmalloc.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <vm/swap_slots.h>

/* Swap, on small disks in memory. Slots of highest priority are those of the test. */

#define PAGES     72u
#define SECTORS   (PAGE_SIZE / SECTOR_SIZE)
#define NO_SECTOR (~(u64)0)

/* A disk whose sectors can be bad. */
struct disk {
	struct block_device device;
	char *bytes;
	u64 bad;
	u32 reads, writes;
};

static struct disk disks[2];

static int transfer(struct block_device *device, struct block_request *request)
{
	struct disk *disk = device->driver;
	u64 sector = request->sector;

	if (disk->bad - sector < request->nr_segments * SECTORS)
		return -EIO;
	(request->op == BLOCK_READ ? disk->reads++ : disk->writes++);
	for (u32 i = 0; i < request->nr_segments; i++, sector += SECTORS) {
		char *at = disk->bytes + sector * SECTOR_SIZE;

		if (request->op == BLOCK_READ)
			memcpy_to_page(request->segments[i].page, 0, at, PAGE_SIZE);
		else
			memcpy_from_page(at, request->segments[i].page, 0, PAGE_SIZE);
	}
	return 0;
}

static const struct block_ops ops = { .transfer = transfer };

static int add(u32 i, s32 priority)
{
	static const u32 bad[] = { 5 };
	struct disk *disk = &disks[i];
	struct swap_source source = { .name = "test",
				      .device = &disk->device,
				      .nr_pages = PAGES,
				      .priority = priority,
				      .nr_extents = 2,
				      .bad = bad,
				      .nr_bad = 1,
				      .key = disk };
	int error = -ENOMEM;

	*disk = (struct disk){ .device = { .name = "test",
					   .nr_sectors = PAGES * SECTORS,
					   .ops = &ops,
					   .driver = disk },
			       .bad = NO_SECTOR };
	disk->bytes = kvmalloc(PAGES * PAGE_SIZE, GFP_KERNEL);
	source.extents = kvmalloc(2 * sizeof(*source.extents), GFP_KERNEL);
	/* The parts lie the other way round on the disk. */
	if (source.extents) {
		source.extents[0] = (struct swap_extent){ 0, 44, 28 * SECTORS };
		source.extents[1] = (struct swap_extent){ 44, 28, 0 };
	}
	if (disk->bytes && source.extents)
		error = swap_area_add(&source);
	if (!error)
		return 0;
	kvfree(source.extents);
	kvfree(disk->bytes);
	return error;
}

static void drop(u32 i)
{
	EXPECT_EQ(swap_check(printk, NULL), 0);
	EXPECT_EQ(swap_area_remove(&disks[i]), 0);
	/* As another swapoff(2) does, which has emptied the list at the same time. */
	if (list_empty(&swap_areas))
		swap_io_exit();
	kvfree(disks[i].bytes);
}

static u64 sector_of(u32 slot)
{
	struct swap_area *area;

	spin_lock(&swap_lock);
	area = swap_area_of(slot);
	spin_unlock(&swap_lock);
	return swap_sector(area, slot - area->first);
}

/* A page with a value, in the cache and locked, or NULL. */
static struct page *page_for(u32 slot, u32 value)
{
	struct page *page = alloc_page(GFP_HIGHUSER);
	u32 *word;

	if (!page)
		return NULL;
	page->a = 0;
	page->b = 0;
	set_page_state(page, PAGE_SWAP);
	word = kmap_local_page(page);
	word[0] = value;
	word[PAGE_SIZE / sizeof(*word) - 1] = value;
	kunmap_local(word);
	set_page_flag(page, PG_LOCKED);
	set_page_flag(page, PG_DIRTY);
	EXPECT_EQ(swap_cache_add(page, slot), 0);
	EXPECT_EQ(swap_cache_add(page, slot), -EEXIST);
	return page;
}

static bool holds(struct page *page, u32 value)
{
	u32 *word = kmap_local_page(page);
	bool same = word[0] == value && word[PAGE_SIZE / sizeof(*word) - 1] == value;

	kunmap_local(word);
	return same;
}

/* Takes slots of one CPU's run. */
static void take(u32 *slots, u32 nr)
{
	preempt_disable();
	for (u32 i = 0; i < nr; i++)
		slots[i] = swap_alloc();
	preempt_enable();
}

/* Writes pages to slots, and frees those that were written. Returns how many were. */
static u32 swap_out(const u32 *slots, u32 nr)
{
	struct page *pages[16];
	u32 written = 0;

	for (u32 i = 0; i < nr; i++) {
		pages[i] = slots[i] ? page_for(slots[i], slots[i]) : NULL;
		if (!pages[i] || swap_write(pages[i]))
			ktest_fail(__FILE__, __LINE__, "no page for slot %u", slots[i]);
	}
	swap_write_flush();
	for (u32 i = 0; i < nr && pages[i]; i++) {
		swap_wait_page(pages[i], PG_WRITEBACK);
		swap_unlock_page(pages[i]);
		written += swap_cache_delete(pages[i]);
		swap_put_page(pages[i]);
	}
	return written;
}

static struct swap_guess guess;

/* Reads a slot, and drops the entry that names it. */
static int swap_in(u32 slot)
{
	struct page *page;
	int error = swap_read(slot, GFP_HIGHUSER, &guess, &page);

	if (!error) {
		EXPECT(holds(page, slot));
		swap_put_page(page);
	}
	swap_free(slot, 1);
	return error;
}

KTEST(swap, each_slot_is_given_out_once)
{
	const u32 nr = PAGES - 2;
	u32 slots[PAGES], in_order = 0, twice = 0;
	unsigned long total = swap_total_pages();

	KTEST_REQUIRE(!add(0, 0x7fff));
	/* The header and the bad page are no slots. */
	EXPECT_EQ(swap_total_pages() - total, PAGES - 2);
	take(slots, nr);
	EXPECT_EQ(swap_free_pages(), total);
	for (u32 i = 0; i < nr; i++) {
		in_order += i && slots[i] == slots[i - 1] + 1;
		for (u32 k = 0; k < i; k++)
			twice += slots[i] == slots[k];
	}
	EXPECT_EQ(twice, 0);
	/* A free run, what there is behind it, and the run of the header and the bad page. */
	EXPECT_EQ(in_order, 32 + 7 + 3 + 25);
	swap_dup(slots[9], 2);
	EXPECT_EQ(swap_count(slots[9]), 3);
	swap_free(slots[9], 3);
	EXPECT_EQ(swap_alloc(), slots[9]);
	for (u32 i = 0; i < nr; i++)
		swap_free(slots[i], 1);
	EXPECT_EQ(swap_count(slots[9]), 0);
	EXPECT(!swap_cache_get(slots[9]));
	drop(0);
	EXPECT_EQ(swap_count(slots[9]), 0);
}

KTEST(swap, equal_priorities_take_turns)
{
	u32 slots[70], areas = 0;

	KTEST_REQUIRE(!add(0, 0x7ffe));
	if (!add(1, 0x7ffe)) {
		take(slots, ARRAY_SIZE(slots));
		for (u32 i = 0; i < ARRAY_SIZE(slots); i++) {
			areas += i && slots[i] / PAGES != slots[i - 1] / PAGES;
		}
		/* 30 slots of the first run of each, then 32 of the next. */
		EXPECT_EQ(areas, 2);
		for (u32 i = 0; i < ARRAY_SIZE(slots); i++)
			swap_free(slots[i], 1);
		drop(1);
	}
	drop(0);
}

KTEST(swap, pages_go_out_together_and_come_back_together)
{
	u32 slots[16];
	struct page *page;

	KTEST_REQUIRE(!add(0, 0x7fff));
	take(slots, 16);
	EXPECT_EQ(swap_out(slots, 16), 16);
	/* An extent ends between them. */
	EXPECT_EQ(disks[0].writes, 2);
	EXPECT_EQ(swap_cached_pages(), 0);
	guess = (struct swap_guess){ .beside = 0xff };
	EXPECT_EQ(swap_in(slots[3]), 0);
	EXPECT_EQ(swap_in(slots[13]), 0);
	/* No two were neighbours until now. */
	EXPECT_EQ(swap_cached_pages(), 0);
	for (u32 i = 14; i != 13; i = (i + 1) % 16)
		if (i != 3)
			EXPECT_EQ(swap_in(slots[i]), 0);
	/* Then two at once, up to 4, and up to 8. */
	EXPECT_EQ(disks[0].reads, 7);
	EXPECT_EQ(swap_cached_pages(), 0);
	EXPECT_EQ(swap_read(slots[0], GFP_HIGHUSER, &guess, &page), -EAGAIN);
	drop(0);
}

KTEST(swap, a_bad_sector_costs_its_page_only)
{
	u32 slots[8];

	KTEST_REQUIRE(!add(0, 0x7fff));
	take(slots, 8);
	EXPECT_EQ(swap_out(slots, 8), 8);
	disks[0].bad = sector_of(slots[6]) + 3;
	guess = (struct swap_guess){ .pages = SWAP_READ_PAGES, .beside = 0xff };
	for (u32 i = 0; i < 8; i++)
		EXPECT_EQ(swap_in(slots[i]), i == 6 ? -EIO : 0);
	/* Now it is known that there are bad sectors, so each page is written alone. */
	take(slots, 8);
	disks[0].bad = sector_of(slots[2]) + 3;
	EXPECT_EQ(swap_out(slots, 8), 7);
	EXPECT_EQ(swap_cached_pages(), 1);
	for (u32 i = 0; i < 8; i++)
		EXPECT_EQ(swap_in(slots[i]), 0);
	drop(0);
}

KTEST(swap, what_a_page_has_is_not_lost)
{
	u32 slot;
	struct page *page;

	KTEST_REQUIRE(!add(0, 0x7fff));
	slot = swap_alloc();
	page = page_for(slot, 1);
	if (page) {
		/* It is dirty, and named. */
		EXPECT(!swap_cache_delete(page));
		EXPECT(!swap_cache_remove(page, false));
		EXPECT_EQ(swap_write(page), 0);
		/* It is being written until the request has begun and ended. */
		EXPECT(!swap_cache_delete(page));
		swap_free(slot, 1);
		EXPECT(!swap_cache_delete(page));
		EXPECT_EQ(page_swap_slot(page), slot);
		swap_wait_page(page, PG_WRITEBACK);
		get_page(page);
		EXPECT(!swap_cache_delete(page));
		put_page(page);
		EXPECT(swap_cache_delete(page));
		EXPECT_EQ(page_swap_slot(page), 0);
		swap_unlock_page(page);
		swap_put_page(page);
	}
	drop(0);
}

static u32 named;

static void walk(void (*found)(u32 slot))
{
	if (named)
		found(named);
}

static int __printf(1, 2) quiet(const char *fmt, ...)
{
	return 0;
}

KTEST(swap, the_checker_counts_entries)
{
	u32 slot;

	if (swap_is_on())
		return ktest_skip("programs use swap");
	KTEST_REQUIRE(!add(0, 0x7fff));
	slot = swap_alloc();
	named = slot;
	EXPECT_EQ(swap_check(quiet, walk), 0);
	named = slot + 1;
	EXPECT_EQ(swap_check(quiet, walk), 2);
	swap_dup(slot, 1);
	named = slot;
	EXPECT_EQ(swap_check(quiet, walk), 1);
	swap_free(slot, 2);
	EXPECT_EQ(swap_check(quiet, walk), 1);
	named = 0;
	drop(0);
}
