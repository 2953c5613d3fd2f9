/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <mm/page_alloc.h>
#include <tests/kernel/block_fake.h>
#include <tests/kernel/cache_disk.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/area.h>
#include <vm/cache_page.h>
#include <vm/mman.h>
#include <vm/reclaim.h>

/* The page cache, with a file whose blocks the test chooses. */

#define AT 0x20000000ul

static char buffer[PAGE_SIZE];

/* Bytes of the file that are what the disk has at their place. */
static u32 same_as_disk(struct cache_disk *disk, u32 pos, u32 size)
{
	u32 same = 0;

	size = (u32)vm_object_read(disk->object, pos, buffer, size);
	for (u32 i = 0; i < size; i++)
		same += buffer[i] == *cache_disk_at(disk, pos + i);
	return same;
}

/* Bytes of the file with a value. */
static u32 count(struct cache_disk *disk, u32 pos, u32 size, char value)
{
	u32 found = 0;

	size = (u32)vm_object_read(disk->object, pos, buffer, size);
	for (u32 i = 0; i < size; i++)
		found += buffer[i] == value;
	return found;
}

static u32 count_on_disk(struct cache_disk *disk, u32 pos, u32 size, char value)
{
	u32 found = 0;

	for (u32 i = 0; i < size; i++)
		found += *cache_disk_at(disk, pos + i) == value;
	return found;
}

static long fill(struct cache_disk *disk, u32 pos, u32 size, char value)
{
	memset(buffer, value, size);
	return vm_object_write(disk->object, pos, buffer, size);
}

static int sync(struct cache_disk *disk)
{
	return vm_object_sync(disk->object, 0, ~(u64)0);
}

KTEST(cache, sequential_readers_get_pages_ahead)
{
	struct cache_disk *disk = cache_disk_make(4096, 20 * 4096 + 100, 21);

	KTEST_REQUIRE(disk);
	for (u32 i = 0; i < 20; i++)
		EXPECT_EQ(same_as_disk(disk, i * 4096, 4096), 4096);
	EXPECT_EQ(same_as_disk(disk, 20 * 4096, 4096), 100);
	EXPECT(disk->reads <= 4);
	vm_object_drop_clean(disk->object);
	EXPECT_EQ(disk->object->nr_pages, 0);
	disk->reads = 0;
	EXPECT_EQ(same_as_disk(disk, 9 * 4096, 10), 10);
	EXPECT_EQ(disk->reads, 1);
	EXPECT_EQ(disk->object->nr_pages, 1);
	cache_disk_free(disk);
}

KTEST(cache, changes_reach_the_disk)
{
	struct cache_disk *disk = cache_disk_make(4096, 3 * 4096, 3);
	unsigned long dirty = cache_counts.dirty;

	KTEST_REQUIRE(disk);
	EXPECT_EQ(fill(disk, 4096, 4096, 'x'), 4096);
	EXPECT_EQ(disk->reads, 0);
	EXPECT_EQ(fill(disk, 8000, 300, 'y'), 300);
	EXPECT_EQ(disk->reads, 1);
	EXPECT_EQ(disk->object->nr_dirty, 2);
	vm_object_drop_clean(disk->object);
	EXPECT_EQ(disk->object->nr_pages, 2);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(disk->writes, 1);
	EXPECT_EQ(disk->object->nr_dirty, 0);
	EXPECT(cache_counts.dirty <= dirty);
	EXPECT_EQ(count_on_disk(disk, 4096, 8000 - 4096, 'x'), 8000 - 4096);
	EXPECT_EQ(count_on_disk(disk, 8000, 300, 'y'), 300);
	EXPECT_EQ(*cache_disk_at(disk, 8300),
		  cache_disk_pattern((u32)(cache_disk_at(disk, 8300) - disk->bytes)));
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(disk->writes, 1);
	cache_disk_free(disk);
}

KTEST(cache, a_hole_gets_blocks_where_bytes_are)
{
	struct cache_disk *disk = cache_disk_make(1024, 16384, 2);

	KTEST_REQUIRE(disk);
	EXPECT_EQ(count(disk, 2048, 4096, 0), 4096);
	EXPECT_EQ(disk->reads, 1);
	EXPECT_EQ(same_as_disk(disk, 0, 2048), 2048);
	EXPECT_EQ(fill(disk, 3100, 10, 'x'), 10);
	EXPECT_EQ(fill(disk, 9 * 1024 - 5, 10, 'y'), 10);
	EXPECT(disk->where[3] && disk->where[8] && disk->where[9]);
	EXPECT(!disk->where[2] && !disk->where[7] && !disk->where[10]);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(count_on_disk(disk, 3072, 28, 0) + count_on_disk(disk, 3110, 962, 0), 990);
	EXPECT_EQ(count_on_disk(disk, 9 * 1024 - 5, 10, 'y'), 10);
	EXPECT(!disk->where[2]);
	vm_object_drop_clean(disk->object);
	EXPECT_EQ(count(disk, 2048, 4096, 0), 4086);
	cache_disk_free(disk);
}

KTEST(cache, a_full_disk_ends_a_write)
{
	struct cache_disk *disk = cache_disk_make(1024, 0, 0);

	KTEST_REQUIRE(disk);
	disk->blocks_left = 6;
	memset(buffer, 'x', sizeof(buffer));
	EXPECT_EQ(vm_object_write(disk->object, 0, buffer, 4096), 4096);
	EXPECT_EQ(vm_object_write(disk->object, 4096, buffer, 4096), 2048);
	EXPECT_EQ(vm_object_write(disk->object, 6144, buffer, 10), -ENOSPC);
	EXPECT_EQ(disk->object->size, 6144);
	EXPECT(disk->trims);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(count_on_disk(disk, 0, 6144, 'x'), 6144);
	cache_disk_free(disk);
}

KTEST(cache, without_memory_a_change_waits)
{
	struct cache_disk *disk = cache_disk_make(4096, 2 * 4096, 2);

	KTEST_REQUIRE(disk);
	EXPECT_EQ(fill(disk, 0, 4096, 'x'), 4096);
	EXPECT_EQ(fill(disk, 4096, 4096, 'x'), 4096);
	disk->no_memory = true;
	EXPECT_EQ(sync(disk), -ENOMEM);
	EXPECT_EQ(disk->object->nr_dirty, 2);
	EXPECT_EQ(disk->object->nr_writeback, 0);
	disk->no_memory = false;
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(disk->object->nr_dirty, 0);
	EXPECT_EQ(count_on_disk(disk, 0, 8192, 'x'), 8192);
	cache_disk_free(disk);
}

KTEST(cache, errors_of_the_disk_are_told_once)
{
	struct cache_disk *disk = cache_disk_make(4096, 8 * 4096, 8);

	KTEST_REQUIRE(disk);
	disk->bad_sector = disk->where[5] + 3;
	EXPECT_EQ(vm_object_read(disk->object, 5 * 4096 + 10, buffer, 10), -EIO);
	EXPECT_EQ(fill(disk, 5 * 4096 + 10, 10, 'x'), -EIO);
	EXPECT_EQ(fill(disk, 5 * 4096, 4096, 'x'), 4096);
	EXPECT_EQ(fill(disk, 6 * 4096, 4096, 'x'), 4096);
	EXPECT_EQ(sync(disk), -EIO);
	EXPECT_EQ(sync(disk), 0);
	disk->bad_sector = NO_SECTOR;
	EXPECT_EQ(same_as_disk(disk, 4 * 4096, 4096), 4096);
	vm_object_drop_clean(disk->object);
	EXPECT_EQ(same_as_disk(disk, 5 * 4096, 4096), 4096);
	cache_disk_free(disk);
}

KTEST(cache, a_file_that_was_cut_is_zero_behind_its_end)
{
	struct cache_disk *disk = cache_disk_make(1024, 8192, 8);

	KTEST_REQUIRE(disk);
	EXPECT_EQ(fill(disk, 4096, 4096, 'x'), 4096);
	EXPECT_EQ(vm_object_truncate(disk->object, 1500), 0);
	EXPECT_EQ(disk->object->nr_pages, 1);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(count_on_disk(disk, 1500, 548, 0), 548);
	EXPECT_EQ(*cache_disk_at(disk, 1499),
		  cache_disk_pattern((u32)(cache_disk_at(disk, 1499) - disk->bytes)));
	EXPECT_EQ(vm_object_truncate(disk->object, 8192), 0);
	vm_object_drop_clean(disk->object);
	EXPECT_EQ(count(disk, 1500, 548, 0), 548);
	EXPECT_EQ(disk->object->nr_dirty, 0);
	cache_disk_free(disk);
}

KTEST(cache, a_program_writes_only_to_dirty_pages)
{
	struct cache_disk *disk = cache_disk_make(1024, 4096 + 100, 1);
	struct mm *mm = mm_create(), *child;
	int err;

	KTEST_REQUIRE(disk && mm);
	EXPECT_EQ(vm_mmap(mm, AT, 3 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			  disk->object, 0, true),
		  AT);
	EXPECT_EQ(vm_fault(mm, AT, AREA_READ), 0);
	EXPECT_EQ(disk->object->nr_dirty, 0);
	EXPECT_EQ(vm_write_mm(mm, AT + 10, "abc", 3), 0);
	EXPECT_EQ(disk->object->nr_dirty, 1);
	EXPECT(disk->where[3]);
	EXPECT_EQ(vm_fault(mm, AT + PAGE_SIZE, AREA_WRITE), 0);
	EXPECT(disk->where[4] && !disk->where[5]);
	EXPECT_EQ(vm_fault(mm, AT + 2 * PAGE_SIZE, AREA_READ), -ENXIO);
	child = mm_fork(mm, &err);
	KTEST_REQUIRE(child);
	EXPECT_EQ(vm_write_mm(child, AT + 20, "def", 3), 0);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(disk->object->nr_dirty, 0);
	EXPECT_EQ(memcmp(cache_disk_at(disk, 10), "abc", 3), 0);
	EXPECT_EQ(memcmp(cache_disk_at(disk, 20), "def", 3), 0);
	/* Each write after that counts as one. */
	EXPECT_EQ(vm_write_mm(child, AT + 20, "ghi", 3), 0);
	EXPECT_EQ(disk->object->nr_dirty, 1);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(vm_write_mm(mm, AT + 30, "jkl", 3), 0);
	EXPECT_EQ(disk->object->nr_dirty, 1);
	/* Bytes that a program has left behind the end are not written. */
	EXPECT_EQ(vm_write_mm(mm, AT + PAGE_SIZE + 200, "abc", 3), 0);
	EXPECT_EQ(sync(disk), 0);
	EXPECT_EQ(count_on_disk(disk, 4096 + 100, 924, 0), 924);
	EXPECT_EQ(memcmp(cache_disk_at(disk, 30), "jkl", 3), 0);
	mm_put(child);
	mm_put(mm);
	cache_disk_free(disk);
}

/* Makes a page lose its second chance, and says whether it is still there. */
static bool is_there(struct cache_disk *disk, u32 index)
{
	struct page *page;

	vm_object_page(disk->object, index, false, &page);
	if (page)
		put_page(page);
	return page;
}

KTEST(cache, clean_pages_go_when_memory_is_short)
{
	struct cache_disk *disk = cache_disk_make(4096, 16 * 4096, 16);
	struct page *used;

	KTEST_REQUIRE(disk);
	for (u32 i = 0; i < 16; i++)
		EXPECT_EQ(same_as_disk(disk, i * 4096, 1), 1);
	fill(disk, 2 * 4096, 1, 'x');
	EXPECT_EQ(vm_object_get_page(disk->object, 4, &used), 0);
	mutex_lock(&disk->object->lock);
	reclaim_pages(GFP_NOIO | __GFP_HIGHMEM, 10000);
	mutex_unlock(&disk->object->lock);
	EXPECT_EQ(disk->object->nr_pages, 16);
	reclaim_pages(GFP_NOIO | __GFP_HIGHMEM, 10000);
	EXPECT_EQ(disk->object->nr_pages, 2);
	EXPECT(is_there(disk, 2) && is_there(disk, 4));
	put_page(used);
	EXPECT_EQ(same_as_disk(disk, 7 * 4096, 10), 10);
	cache_disk_free(disk);
}

/* --- while the disk works --------------------------------------------------------------------- */

static int fake_map(struct vm_object *object, u64 pos, u32 bytes, bool make, struct disk_run *run)
{
	*run = (struct disk_run){ pos >> SECTOR_SHIFT, bytes, false };
	return 0;
}

static const struct object_ops fake_ops = { .map = fake_map, .raw = true };
static bool finished;

static int sync_fake(void *object)
{
	return vm_object_sync(object, 0, PAGE_SIZE);
}

static int truncate_fake(void *object)
{
	int error = vm_object_truncate(object, 0);

	WRITE_ONCE(finished, true);
	return error;
}

static void let_others_run(void)
{
	for (u32 i = 0; i < 50; i++)
		sched_yield();
}

KTEST(cache, truncation_waits_for_the_disk)
{
	struct fake *fake = fake_register(4, NULL, 0, 0);
	struct vm_object *object;
	struct thread *sync_thread, *truncate_thread;

	KTEST_REQUIRE(fake);
	object = vm_object_create_disk(2 * PAGE_SIZE, &fake_ops, &fake->device);
	KTEST_REQUIRE(object);
	finished = false;
	EXPECT_EQ(vm_object_write(object, 0, buffer, PAGE_SIZE), (long)PAGE_SIZE);
	sync_thread = kthread_run(sync_fake, object, "sync");
	KTEST_REQUIRE(sync_thread);
	for (u32 i = 0; i < 100000 && !READ_ONCE(fake->nr_held); i++)
		sched_yield();
	EXPECT_EQ(object->nr_writeback, 1);
	truncate_thread = kthread_run(truncate_fake, object, "truncate");
	KTEST_REQUIRE(truncate_thread);
	for (u32 i = 0; i < 100000 && READ_ONCE(object->nr_pages); i++)
		sched_yield();
	let_others_run();
	EXPECT(!READ_ONCE(finished));
	fake_end_all(fake);
	EXPECT_EQ(kthread_join(truncate_thread), 0);
	EXPECT_EQ(kthread_join(sync_thread), 0);
	EXPECT(finished);
	vm_object_detach(object);
	vm_object_put(object);
	fake_unregister(fake);
}
