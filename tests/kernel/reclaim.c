/* SPDX-License-Identifier: MIT */
#include <mm/page_alloc.h>
#include <mm/watermark.h>
#include <tests/kernel/cache_disk.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/cache_page.h>
#include <vm/clock.h>
#include <vm/history.h>
#include <vm/reclaim.h>

/* Reclaim: what it remembers of pages, what it may do, and how much of a zone is kept back. */

#define PAGES 16u
#define NO_IO (GFP_NOIO | __GFP_HIGHMEM)

static char byte;

static void read_byte(struct cache_disk *disk, u32 index)
{
	EXPECT_EQ(vm_object_read(disk->object, index * PAGE_SIZE, &byte, 1), 1);
}

/* A page that is in the cache, without a reference; or NULL. */
static struct page *cached(struct cache_disk *disk, u32 index)
{
	struct page *page;

	mutex_lock(&disk->object->lock);
	page = radix_tree_lookup(&disk->object->pages, index);
	mutex_unlock(&disk->object->lock);
	return page;
}

static u8 bits_of(struct cache_disk *disk, u32 index)
{
	struct page *page = cached(disk, index);

	return page ? frame_bits(page_to_pfn(page)) : 0xff;
}

/* The hand begins anywhere in a round: a call may pass only twice, and a page may have credit. */
static void reclaim_all(void)
{
	for (u32 i = 0; i < 3; i++)
		reclaim_pages(NO_IO, 10000);
}

KTEST(reclaim, pages_are_once_until_they_are_used_again)
{
	struct cache_disk *disk = cache_disk_make(4096, PAGES * 4096, PAGES);

	KTEST_REQUIRE(disk);
	read_byte(disk, 3);
	EXPECT_EQ(bits_of(disk, 3), CLOCK_ONCE);
	/* The next bytes of the same reader. */
	read_byte(disk, 3);
	EXPECT_EQ(bits_of(disk, 3), CLOCK_ONCE);
	EXPECT(!test_page_flag(cached(disk, 3), PG_REFERENCED));
	read_byte(disk, 9);
	read_byte(disk, 3);
	EXPECT_EQ(bits_of(disk, 3), 0);
	EXPECT(test_page_flag(cached(disk, 3), PG_REFERENCED));
	/* It comes back too soon. */
	read_byte(disk, 9);
	reclaim_all();
	EXPECT(!cached(disk, 3));
	read_byte(disk, 3);
	EXPECT_EQ(bits_of(disk, 3), 0);
	vm_object_drop_clean(disk->object);
	read_byte(disk, 3);
	EXPECT_EQ(bits_of(disk, 3), CLOCK_ONCE);
	cache_disk_free(disk);
}

KTEST(reclaim, writes_only_if_it_may)
{
	struct cache_disk *disk = cache_disk_make(4096, PAGES * 4096, PAGES);

	KTEST_REQUIRE(disk);
	EXPECT_EQ(vm_object_write(disk->object, 0, "x", 1), 1);
	read_byte(disk, 1);
	reclaim_all();
	EXPECT(cached(disk, 0));
	EXPECT(!cached(disk, 1));
	EXPECT_EQ(disk->object->nr_dirty, 1);
	for (u32 i = 0; i < 100 && cached(disk, 0); i++) {
		reclaim_pages(GFP_HIGHUSER, 10000);
		msleep(10);
	}
	EXPECT(!cached(disk, 0));
	EXPECT_EQ(*cache_disk_at(disk, 0), 'x');
	cache_disk_free(disk);
}

KTEST(reclaim, does_not_begin_again)
{
	struct cache_disk *disk = cache_disk_make(4096, PAGES * 4096, PAGES);

	KTEST_REQUIRE(disk);
	read_byte(disk, 1);
	current->reclaims = true;
	EXPECT_EQ(reclaim_pages(NO_IO, 10000), 0);
	current->reclaims = false;
	EXPECT(cached(disk, 1));
	cache_disk_free(disk);
}

/* A page of each zone goes, if the request can use that zone, and only then. */
KTEST(reclaim, takes_only_from_zones_that_serve)
{
	struct cache_disk *disk;

	if (!totalhigh_pages()) {
		ktest_skip("no high memory");
		return;
	}
	disk = cache_disk_make(4096, PAGES * 4096, PAGES);
	KTEST_REQUIRE(disk);
	read_byte(disk, 1);
	if (page_is_highmem(cached(disk, 1))) {
		reclaim_pages(GFP_NOIO, 10000);
		EXPECT(cached(disk, 1));
	}
	reclaim_all();
	EXPECT(!cached(disk, 1));
	cache_disk_free(disk);
}

KTEST(reclaim, pages_that_can_leave_keep_less_back)
{
	const struct zone *normal = &zones[ZONE_NORMAL];
	unsigned long all = normal->lowmem_reserve[ZONE_HIGHMEM];

	EXPECT_EQ(zone_mark(normal, GFP_HIGHUSER), normal->watermark[WMARK_MIN] + all);
	EXPECT_EQ(zone_mark(normal, GFP_HIGHUSER | __GFP_MEMALLOC), 0);
	zone_reserve_movable(true);
	EXPECT_EQ(zone_mark(normal, GFP_HIGHUSER_MOVABLE), normal->watermark[WMARK_MIN] + all / 5);
	EXPECT_EQ(zone_mark(normal, GFP_HIGHUSER), normal->watermark[WMARK_MIN] + all);
	zone_reserve_movable(false);
	EXPECT_EQ(zone_mark(normal, GFP_HIGHUSER_MOVABLE), normal->watermark[WMARK_MIN] + all);
}
