/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/uaccess.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/random.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <tests/kernel/swap_disk.h>
#include <thread/thread.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/check.h>
#include <vm/mmap.h>
#include <vm/reclaim_page.h>
#include <vm/swap_walk.h>
#include <vm/unmap.h>

/*
 * Pages that leave their programs for swap space and come back. The area is a disk in memory with
 * 23 slots.
 */

#define AT     SWAP_DISK_AT
#define SLOTS  SWAP_DISK_SLOTS
#define RIGHTS (PROT_READ | PROT_WRITE)

static struct cache_disk *disk;
static unsigned long slots_before;

static bool swap_on(void)
{
	slots_before = swap_free_pages() + swap_cached_pages();
	disk = swap_disk_make();
	return disk;
}

/*
 * No slot is in use; swapoff(2) has nothing to do. If two threads drop a page of the swap cache at
 * the same moment, it stays there until reclaim finds it, with its slot.
 */
static void swap_off(void)
{
	EXPECT_EQ(vm_check(), 0);
	EXPECT_EQ(swap_check(printk, vm_swap_walk), 0);
	EXPECT_EQ(swap_free_pages() + swap_cached_pages(), slots_before + SLOTS);
	EXPECT_EQ(swap_area_remove(disk), 0);
	cache_disk_free(disk);
}

static void put_word(struct mm *mm, unsigned long addr, u32 word)
{
	EXPECT_EQ(vm_write_mm(mm, addr, &word, 4), 0);
}

static u32 word_at(struct mm *mm, unsigned long addr)
{
	struct page *page = vm_get_page(mm, addr, AREA_READ);
	u32 word = ~0u;

	if (page) {
		memcpy_from_page(&word, page, 0, 4);
		vm_put_page(page);
	}
	return word;
}

/* As reclaim does it. With @drop, the page leaves memory, if no other thread uses it. */
static enum unmap_result try_page_out(struct page *page, struct vm_object *object, bool *drop)
{
	struct tlb_batch batch = { 0 };
	enum unmap_result result = try_to_unmap(page, object, &batch);

	EXPECT_EQ(result == UNMAP_DONE || batch.cpus == 0, true);
	if (result != UNMAP_DONE)
		return result;
	vm_unmap_flush(&batch);
	if (test_page_flag(page, PG_DIRTY))
		EXPECT_EQ(swap_write(page), 0);
	swap_wait_page(page, PG_WRITEBACK);
	*drop = *drop && swap_cache_delete(page);
	page_unlock(page);
	vm_put_page(page);
	return result;
}

static enum unmap_result page_out(struct page *page, struct vm_object *object, bool drop)
{
	bool dropped = drop;
	enum unmap_result result = try_page_out(page, object, &dropped);

	EXPECT(result != UNMAP_DONE || drop == dropped);
	return result;
}

static enum unmap_result out(struct mm *mm, unsigned long addr, bool drop)
{
	struct page *page = vm_get_page(mm, addr, AREA_READ);

	if (!page)
		return UNMAP_BUSY;
	vm_put_page(page);
	return page_out(page, NULL, drop);
}

KTEST(swap_pages, an_exclusive_page_goes_and_comes_back)
{
	struct mm *mm = swap_disk_space(2);
	struct page *page;

	KTEST_REQUIRE(mm && swap_on());
	put_word(mm, AT, 1);
	put_word(mm, AT + PAGE_SIZE, 2);
	page = vm_get_page(mm, AT, AREA_READ);
	/* Something else uses it. */
	EXPECT_EQ(page_out(page, NULL, true), UNMAP_BUSY);
	EXPECT_EQ(mm->swap_pages, 0);
	vm_put_page(page);
	EXPECT_EQ(out(mm, AT, true), UNMAP_DONE);
	EXPECT_EQ(mm->swap_pages, 1);
	EXPECT_EQ(mm->anon_pages, 1);
	EXPECT_EQ(vm_check(), 0);
	EXPECT_EQ(word_at(mm, AT), 1);
	EXPECT_EQ(disk->reads, 1);
	EXPECT_EQ(mm->swap_pages, 0);
	EXPECT_EQ(vm_check(), 0);
	/* It was only read: it goes again without a write. */
	EXPECT_EQ(out(mm, AT, true), UNMAP_DONE);
	EXPECT_EQ(disk->writes, 1);
	put_word(mm, AT, 3);
	EXPECT_EQ(out(mm, AT, false), UNMAP_DONE);
	EXPECT_EQ(disk->writes, 2);
	/* The cache still has it. */
	EXPECT_EQ(word_at(mm, AT), 3);
	put_word(mm, AT, 4);
	EXPECT_EQ(out(mm, AT, true), UNMAP_DONE);
	EXPECT_EQ(word_at(mm, AT), 4);
	EXPECT_EQ(out(mm, AT, true), UNMAP_DONE);
	EXPECT_EQ(out(mm, AT + PAGE_SIZE, false), UNMAP_DONE);
	mm_put(mm);
	swap_off();
}

KTEST(swap_pages, pages_shared_by_fork_keep_their_bytes)
{
	struct mm *parent = swap_disk_space(3), *child;
	unsigned long pages;
	int err;

	KTEST_REQUIRE(parent && swap_on());
	for (u32 i = 0; i < 3; i++)
		put_word(parent, AT + i * PAGE_SIZE, 10 + i);
	/* One goes before the fork, one after it. */
	EXPECT_EQ(out(parent, AT, true), UNMAP_DONE);
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	EXPECT_EQ(child->swap_pages, 1);
	EXPECT_EQ(out(parent, AT + PAGE_SIZE, true), UNMAP_DONE);
	EXPECT_EQ(parent->swap_pages + child->swap_pages, 4);
	EXPECT_EQ(vm_check(), 0);
	EXPECT_EQ(swap_check(printk, vm_swap_walk), 0);
	/* Those who read it share it again. */
	pages = nr_anon_pages;
	EXPECT_EQ(word_at(child, AT), 10);
	EXPECT_EQ(word_at(parent, AT), 10);
	EXPECT_EQ(nr_anon_pages, pages + 1);
	EXPECT_EQ(vm_check(), 0);
	put_word(child, AT, 20);
	put_word(child, AT + PAGE_SIZE, 21);
	EXPECT_EQ(word_at(parent, AT), 10);
	EXPECT_EQ(word_at(parent, AT + PAGE_SIZE), 11);
	EXPECT_EQ(word_at(child, AT), 20);
	EXPECT_EQ(word_at(child, AT + PAGE_SIZE), 21);
	EXPECT_EQ(vm_check(), 0);
	/* The parent has it with a slot, read-only: a fork shares this, too. */
	mm_put(child);
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	EXPECT_EQ(vm_check(), 0);
	EXPECT_EQ(out(child, AT, false), UNMAP_DONE);
	EXPECT_EQ(word_at(parent, AT), 10);
	EXPECT_EQ(word_at(child, AT), 10);
	EXPECT_EQ(vm_check(), 0);
	put_word(parent, AT, 30);
	EXPECT_EQ(word_at(child, AT), 10);
	EXPECT_EQ(out(child, AT + 2 * PAGE_SIZE, false), UNMAP_DONE);
	EXPECT_EQ(vm_check(), 0);
	mm_put(parent);
	EXPECT_EQ(word_at(child, AT + 2 * PAGE_SIZE), 12);
	mm_put(child);
	swap_off();
}

KTEST(swap_pages, calls_that_change_mappings_know_slots)
{
	struct mm *mm = swap_disk_space(4);
	long moved;

	KTEST_REQUIRE(mm && swap_on());
	for (u32 i = 0; i < 4; i++) {
		put_word(mm, AT + i * PAGE_SIZE, 40 + i);
		EXPECT_EQ(out(mm, AT + i * PAGE_SIZE, i & 1), UNMAP_DONE);
	}
	moved = vm_mremap(mm, AT, 2 * PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	KTEST_REQUIRE(moved > 0 || moved < -4096);
	EXPECT_EQ(vm_mprotect(mm, (unsigned long)moved, PAGE_SIZE, PROT_READ), 0);
	EXPECT_EQ(word_at(mm, (unsigned long)moved), 40);
	EXPECT_EQ(vm_fault(mm, (unsigned long)moved, AREA_WRITE), -EACCES);
	put_word(mm, (unsigned long)moved + PAGE_SIZE, 50);
	EXPECT_EQ(vm_madvise(mm, AT + 2 * PAGE_SIZE, AT + 3 * PAGE_SIZE, MADV_DONTNEED), 0);
	EXPECT_EQ(word_at(mm, AT + 2 * PAGE_SIZE), 0);
	EXPECT_EQ(mm->swap_pages, 1);
	/* A right that comes back does not make a page with a slot writable. */
	EXPECT_EQ(vm_mprotect(mm, AT + 3 * PAGE_SIZE, PAGE_SIZE, PROT_NONE), 0);
	EXPECT_EQ(vm_mprotect(mm, AT + 3 * PAGE_SIZE, PAGE_SIZE, RIGHTS), 0);
	EXPECT_EQ(word_at(mm, AT + 3 * PAGE_SIZE), 43);
	EXPECT_EQ(vm_check(), 0);
	area_set_flags(area_first(mm, AT + 3 * PAGE_SIZE),
		       area_first(mm, AT + 3 * PAGE_SIZE)->flags | AREA_LOCKED);
	EXPECT_EQ(out(mm, AT + 3 * PAGE_SIZE, true), UNMAP_LOCKED);
	EXPECT_EQ(out(mm, (unsigned long)moved + PAGE_SIZE, true), UNMAP_DONE);
	mm_put(mm);
	swap_off();
}

KTEST(swap_pages, pages_of_an_object_go_for_all_programs)
{
	struct vm_object *object = vm_object_create(2 * PAGE_SIZE);
	struct mm *one = mm_create(), *two = mm_create();
	struct page *page;
	u32 word = 60;

	KTEST_REQUIRE(object && one && two && swap_on());
	EXPECT_EQ(vm_mmap(one, AT, 2 * PAGE_SIZE, RIGHTS, MAP_SHARED | MAP_FIXED, object, 0, true),
		  AT);
	EXPECT_EQ(vm_mmap(two, AT, 2 * PAGE_SIZE, RIGHTS, MAP_SHARED | MAP_FIXED, object, 0, true),
		  AT);
	put_word(one, AT, 60);
	EXPECT_EQ(word_at(two, AT), 60);
	for (u32 way = 0; way < 4; way++, word++) {
		u32 seen = 0;

		EXPECT_EQ(vm_object_page(object, 0, false, &page), 0);
		KTEST_REQUIRE(page);
		put_page(page);
		vm_object_lock(object);
		EXPECT_EQ(page_out(page, object, way & 1), UNMAP_DONE);
		vm_object_unlock(object);
		EXPECT_EQ(one->file_pages + two->file_pages, 0);
		EXPECT_EQ(vm_object_page(object, 0, false, &page), 0);
		EXPECT(!page);
		if (way < 2)
			EXPECT_EQ(word_at(two, AT), word);
		else
			EXPECT_EQ(vm_object_read(object, 0, &seen, 4), 4);
		EXPECT_EQ(way < 2 ? word : seen, word);
		EXPECT_EQ(vm_check(), 0);
		EXPECT_EQ(swap_check(printk, vm_swap_walk), 0);
		put_word(one, AT, word + 1);
	}
	EXPECT_EQ(vm_object_page(object, 0, false, &page), 0);
	put_page(page);
	vm_object_lock(object);
	EXPECT_EQ(page_out(page, object, true), UNMAP_DONE);
	vm_object_unlock(object);
	mm_put(one);
	mm_put(two);
	vm_object_put(object);
	swap_off();
}

/* Lets this CPU have the page tables, as if it ran a program, or not any more. */
static void load(struct pagetable *pt)
{
	unsigned long flags = local_irq_save();

	pagetable_load(pt);
	local_irq_restore(flags);
}

/* An entry that became zero shows nobody that a flush is owed. */
KTEST(swap_pages, an_object_owes_no_flush_when_it_is_unlocked)
{
	struct vm_object *object = vm_object_create(PAGE_SIZE);
	struct tlb_batch batch = { 0 };
	struct mm *mm = mm_create();
	struct page *page;

	KTEST_REQUIRE(object && mm && swap_on());
	EXPECT_EQ(vm_mmap(mm, AT, PAGE_SIZE, RIGHTS, MAP_SHARED | MAP_FIXED, object, 0, true), AT);
	put_word(mm, AT, 1);
	EXPECT_EQ(vm_object_page(object, 0, false, &page), 0);
	put_page(page);
	vm_object_lock(object);
	preempt_disable();
	load(&mm->pagetable);
	EXPECT_EQ(try_to_unmap(page, object, &batch), UNMAP_DONE);
	EXPECT_EQ(batch.cpus, 0);
	load(&kernel_pagetable);
	preempt_enable();
	vm_object_unlock(object);
	page_unlock(page);
	vm_put_page(page);
	EXPECT_EQ(word_at(mm, AT), 1);
	mm_put(mm);
	vm_object_put(object);
	swap_off();
}

KTEST(swap_pages, swapoff_brings_all_back)
{
	struct vm_object *object = vm_object_create(PAGE_SIZE);
	struct mm *mm = swap_disk_space(4), *child;
	struct page *page;
	u32 word = 70;
	int err;

	KTEST_REQUIRE(object && mm && swap_on());
	EXPECT_EQ(vm_object_write(object, 0, &word, 4), 4);
	EXPECT_EQ(vm_object_page(object, 0, false, &page), 0);
	put_page(page);
	vm_object_lock(object);
	EXPECT_EQ(page_out(page, object, true), UNMAP_DONE);
	vm_object_unlock(object);
	for (u32 i = 0; i < 4; i++) {
		put_word(mm, AT + i * PAGE_SIZE, 80 + i);
		EXPECT_EQ(out(mm, AT + i * PAGE_SIZE, i & 1), UNMAP_DONE);
	}
	EXPECT_EQ(vm_mprotect(mm, AT + PAGE_SIZE, PAGE_SIZE, PROT_NONE), 0);
	child = mm_fork(mm, &err);
	KTEST_REQUIRE(child);
	EXPECT_EQ(swap_area_remove(disk), 0);
	EXPECT_EQ(mm->swap_pages + child->swap_pages, 0);
	EXPECT_EQ(vm_check(), 0);
	EXPECT_EQ(vm_mprotect(mm, AT + PAGE_SIZE, PAGE_SIZE, RIGHTS), 0);
	for (u32 i = 0; i < 4; i++)
		EXPECT_EQ(word_at(mm, AT + i * PAGE_SIZE), 80 + i);
	EXPECT_EQ(word_at(child, AT + 3 * PAGE_SIZE), 83);
	word = 0;
	EXPECT_EQ(vm_object_read(object, 0, &word, 4), 4);
	EXPECT_EQ(word, 70);
	vm_object_put(object);
	mm_put(mm);
	mm_put(child);
	cache_disk_free(disk);
}

KTEST(swap_pages, a_lost_page_is_an_error_of_its_owner)
{
	struct mm *mm = swap_disk_space(2);

	KTEST_REQUIRE(mm && swap_on());
	put_word(mm, AT, 90);
	put_word(mm, AT + PAGE_SIZE, 91);
	EXPECT_EQ(out(mm, AT, true), UNMAP_DONE);
	EXPECT_EQ(out(mm, AT + PAGE_SIZE, true), UNMAP_DONE);
	/* The slots follow each other from the first one on, or not: one of the two is bad. */
	disk->bad_sector = PAGE_SIZE / SECTOR_SIZE;
	while (vm_fault(mm, AT, AREA_READ) == 0 && vm_fault(mm, AT + PAGE_SIZE, AREA_READ) == 0 &&
	       disk->bad_sector < DISK_BYTES / SECTOR_SIZE) {
		EXPECT_EQ(out(mm, AT, true), UNMAP_DONE);
		EXPECT_EQ(out(mm, AT + PAGE_SIZE, true), UNMAP_DONE);
		disk->bad_sector += PAGE_SIZE / SECTOR_SIZE;
	}
	EXPECT((vm_fault(mm, AT, AREA_READ) == -ENXIO) !=
	       (vm_fault(mm, AT + PAGE_SIZE, AREA_READ) == -ENXIO));
	EXPECT_EQ(vm_check(), 0);
	mm_put(mm);
	swap_off();
}

/* --- several at once -------------------------------------------------------------------------- */

#define NR_PAGES   6u
#define NR_WORKERS 3u

/* Each worker has a word in each page of a space that all share. */
static struct worker {
	struct thread *thread;
	struct mm *mm;
	u32 id, errors, words[NR_PAGES];
	bool done;
} workers[NR_WORKERS];

/* A frame that the space maps now, without a reference; NULL if it maps none there. */
static struct page *frame_at(struct mm *mm, unsigned long addr)
{
	struct page *page = NULL;
	struct table table;

	spin_lock(&mm->pagetable.lock);
	if (table_map(&mm->pagetable, addr, &table)) {
		pte_t pte = *table_entry(&table, addr);

		page = pte_names_page(pte) ? pte_page(pte) : NULL;
		table_unmap(&table);
	}
	spin_unlock(&mm->pagetable.lock);
	return page;
}

static u32 look(struct worker *worker, struct mm *mm, u32 page)
{
	struct page *at = vm_get_page(mm, AT + page * PAGE_SIZE, AREA_READ);
	u32 word = ~0u;

	if (at) {
		memcpy_from_page(&word, at, worker->id * 4, 4);
		vm_put_page(at);
	}
	return word;
}

/* A fork while the kernel writes into the page of a program would leave the write to the child. */
static struct mutex write_lock;

static void act(struct worker *worker, struct random *random)
{
	u32 page = random_below(random, NR_PAGES), word = random_next(random);
	unsigned long addr = AT + page * PAGE_SIZE;
	struct mm *child;
	int err;

	switch (random_below(random, 8)) {
	case 0:
		mutex_lock(&write_lock);
		child = mm_fork(worker->mm, &err);
		mutex_unlock(&write_lock);
		if (!child)
			break;
		put_word(child, addr + worker->id * 4, ~word);
		worker->errors += look(worker, child, page) != ~word;
		page = (page + 1) % NR_PAGES;
		worker->errors += look(worker, child, page) != worker->words[page];
		mm_put(child);
		break;
	case 1:
	case 2:
		mutex_lock(&write_lock);
		put_word(worker->mm, addr + worker->id * 4, word);
		mutex_unlock(&write_lock);
		worker->words[page] = word;
		break;
	case 3:
		worker->errors += look(worker, worker->mm, page) != worker->words[page];
		break;
	default: {
		struct page *frame = frame_at(worker->mm, addr);
		bool drop = word & 1;

		if (frame)
			try_page_out(frame, NULL, &drop);
	}
	}
}

static int work(void *arg)
{
	struct worker *worker = arg;
	struct random random;

	random_seed(&random, worker->id + 1);
	for (u32 i = 0; i < (DEBUG ? 300 : 1500) && !ktest_interrupted(); i++)
		act(worker, &random);
	WRITE_ONCE(worker->done, true);
	return 0;
}

KTEST(swap_pages, programs_and_reclaim_at_once)
{
	struct mm *mm = swap_disk_space(NR_PAGES);
	u32 running;

	KTEST_REQUIRE(mm && swap_on());
	for (u32 i = 0; i < NR_WORKERS; i++) {
		workers[i] = (struct worker){ .mm = mm, .id = i };
		workers[i].thread = kthread_run(work, &workers[i], "swap/%u", i);
		KTEST_REQUIRE(workers[i].thread);
	}
	do {
		running = 0;
		for (u32 i = 0; i < NR_WORKERS; i++)
			running += !READ_ONCE(workers[i].done);
		EXPECT_EQ(vm_check(), 0);
		sched_yield();
	} while (running);
	for (u32 i = 0; i < NR_WORKERS; i++) {
		kthread_join(workers[i].thread);
		EXPECT_EQ(workers[i].errors, 0);
		for (u32 page = 0; page < NR_PAGES; page++)
			EXPECT_EQ(look(&workers[i], mm, page), workers[i].words[page]);
	}
	mm_put(mm);
	swap_off();
}

KTEST(swap_pages, accessed_bits_are_seen_once)
{
	struct tlb_batch batch = { 0 };
	struct mm *mm = swap_disk_space(1);
	struct page *page;
	u32 cpu;

	KTEST_REQUIRE(mm);
	put_word(mm, AT, 1);
	page = vm_get_page(mm, AT, AREA_READ);
	KTEST_REQUIRE(page);
	preempt_disable();
	cpu = smp_processor_id();
	load(&mm->pagetable);
	EXPECT(page_test_clear_accessed(page, NULL, &batch));
	EXPECT_EQ(batch.cpus, 1u << cpu);
	vm_unmap_flush(&batch);
	EXPECT(!page_test_clear_accessed(page, NULL, &batch));
	/* Nothing has changed. */
	EXPECT_EQ(batch.cpus, 0);
	load(&kernel_pagetable);
	preempt_enable();
	vm_put_page(page);
	mm_put(mm);
}

/* A CPU that keeps the translation does not set the bit again, so each round needs its flush. */
KTEST(swap_pages, a_hot_page_survives_100_rounds)
{
	struct reclaim reclaim = { .gfp = GFP_HIGHUSER };
	struct mm *mm = swap_disk_space(1);
	u32 word, cold = 0;
	u8 bits = 0;

	KTEST_REQUIRE(mm && swap_on());
	put_word(mm, AT, 1);
	preempt_disable();
	load(&mm->pagetable);
	for (u32 round = 0; round < 104; round++) {
		struct clock_scan scan = { 0 };

		if (round < 100)
			EXPECT_EQ(get_user_u32(&word, (const void *)AT), 0);
		cold += clock_look(&scan, 0, &bits,
				   reclaim_look(&reclaim, frame_at(mm, AT)) == PAGE_ACTIVE);
		reclaim_finish(&reclaim, 0);
		EXPECT_EQ(cold, round == 103);
	}
	load(&kernel_pagetable);
	preempt_enable();
	mm_put(mm);
	swap_off();
}
