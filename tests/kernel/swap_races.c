/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/swap_disk.h>
#include <thread/thread.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/reclaim.h>
#include <vm/swap_walk.h>
#include <vm/unmap.h>

/* Others use a page at the very moment when it leaves, or comes back. */

#define AT SWAP_DISK_AT

static struct cache_disk *disk;

/* Looks for pages in the swap cache all the time, as faults and swapoff(2) do. */
static int look_at_slots(void *arg)
{
	while (!kthread_should_stop()) {
		for (u32 slot = 0; slot < 2 * SWAP_DISK_SLOTS; slot++) {
			struct page *page = swap_cache_get(slot);

			if (page)
				vm_put_page(page);
		}
	}
	return 0;
}

KTEST(swap_races, a_page_that_is_found_while_it_goes_stays)
{
	struct thread *thread;
	struct mm *mm;
	u32 busy = 0;

	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	mm = swap_disk_space(1);
	disk = swap_disk_make();
	KTEST_REQUIRE(mm && disk);
	thread = kthread_run(look_at_slots, NULL, "slots");
	KTEST_REQUIRE(thread);
	for (u32 i = 0; i < (DEBUG ? 300 : 3000) && busy < 10; i++) {
		struct page *page = vm_get_page(mm, AT, AREA_WRITE);
		struct tlb_batch batch = { 0 };
		enum unmap_result result;

		KTEST_REQUIRE(page);
		vm_put_page(page);
		result = try_to_unmap(page, NULL, &batch);
		if (result != UNMAP_DONE) {
			busy++;
			continue;
		}
		/* So it is ours, with a reference and the lock. */
		KTEST_REQUIRE(test_page_flag(page, PG_LOCKED));
		vm_unmap_flush(&batch);
		page_unlock(page);
		vm_put_page(page);
	}
	kthread_stop(thread);
	mm_put(mm);
	EXPECT_EQ(swap_check(printk, vm_swap_walk), 0);
	EXPECT_EQ(swap_area_remove(disk), 0);
	cache_disk_free(disk);
}

/*
 * The pages stay, and are met in each round of the hand. They have the credit of the pages that
 * were in their frames before, so one call may end before all are taken.
 */
KTEST(swap_races, reclaim_ends_if_the_disk_writes_nothing)
{
	struct mm *mm = swap_disk_space(4);
	u32 word = 1;

	disk = swap_disk_make();
	KTEST_REQUIRE(mm && disk);
	for (u32 i = 0; i < 4; i++)
		EXPECT_EQ(vm_write_mm(mm, AT + i * PAGE_SIZE, &word, 4), 0);
	disk->device.read_only = true;
	for (u32 i = 0; i < 3; i++)
		reclaim_pages(GFP_HIGHUSER, 10000);
	reclaim_pages(GFP_HIGHUSER, 1);
	EXPECT_EQ(disk->writes, 0);
	EXPECT_EQ(mm->swap_pages, 4);
	EXPECT_EQ(vm_fault(mm, AT, AREA_WRITE), 0);
	disk->device.read_only = false;
	mm_put(mm);
	EXPECT_EQ(swap_area_remove(disk), 0);
	cache_disk_free(disk);
}

static int end_building(void *arg)
{
	struct mm *mm = arg;
	u32 left;

	msleep(60);
	left = mm->swap_pages;
	mm_set_building(mm, false);
	return (int)left;
}

/* As in a fork or an exec, a thread makes its areas without the lock. */
KTEST(swap_races, swapoff_waits_for_a_space_that_is_made)
{
	struct tlb_batch batch = { 0 };
	struct mm *mm = swap_disk_space(1);
	struct thread *thread;
	struct page *page;

	disk = swap_disk_make();
	KTEST_REQUIRE(mm && disk);
	page = vm_get_page(mm, AT, AREA_WRITE);
	KTEST_REQUIRE(page);
	vm_put_page(page);
	EXPECT_EQ(try_to_unmap(page, NULL, &batch), UNMAP_DONE);
	page_unlock(page);
	vm_put_page(page);
	mm_set_building(mm, true);
	thread = kthread_run(end_building, mm, "building");
	KTEST_REQUIRE(thread);
	EXPECT_EQ(swap_area_remove(disk), 0);
	EXPECT_EQ(kthread_join(thread), 1);
	EXPECT_EQ(mm->swap_pages, 0);
	mm_put(mm);
	cache_disk_free(disk);
}
