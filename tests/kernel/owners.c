/* SPDX-License-Identifier: MIT */
#include <lib/random.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/anon.h>
#include <vm/area.h>
#include <vm/check.h>
#include <vm/gather.h>
#include <vm/mman.h>
#include <vm/mmap.h>
#include <vm/rmap.h>

/*
 * Owners of anonymous pages: labels, families, and the way back from a page to its entries. The
 * checker judges most of it.
 */

#define AT 0x10000000ul

static struct mm *space(unsigned long pages)
{
	struct mm *mm = mm_create();

	if (mm)
		EXPECT_EQ(vm_mmap(mm, AT, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, false),
			  AT);
	return mm;
}

static struct mm *fork(struct mm *mm)
{
	int err;

	return mm_fork(mm, &err);
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
		memcpy_from_page(&word, page, addr & ~PAGE_MASK, 4);
		vm_put_page(page);
	}
	return word;
}

static u32 places;

static bool see(struct mm *mm, unsigned long addr, const struct table *table, void *arg)
{
	places++;
	return true;
}

/* Entries that map the page at an address. */
static u32 mappings(struct mm *mm, unsigned long addr)
{
	struct page *page = vm_get_page(mm, addr, AREA_READ);
	u32 found = page ? rmap_walk(page, RMAP_ALL, see, NULL) : 0;

	if (page)
		vm_put_page(page);
	return found;
}

static enum page_state state_at(struct mm *mm, unsigned long addr)
{
	struct page *page = vm_get_page(mm, addr, AREA_READ);
	enum page_state state = page ? page_state(page) : PAGE_HOLE;

	if (page)
		vm_put_page(page);
	return state;
}

KTEST(owners, a_label_follows_fork_and_write)
{
	struct mm *parent = space(2), *child;
	u32 families = families_count();

	KTEST_REQUIRE(parent);
	put_word(parent, AT, 1);
	EXPECT_EQ(state_at(parent, AT), PAGE_ANON);
	EXPECT_EQ(mappings(parent, AT), 1);
	child = fork(parent);
	KTEST_REQUIRE(child);
	EXPECT_EQ(state_at(parent, AT), PAGE_ANON_SHARED);
	EXPECT_EQ(mappings(child, AT), 2);
	EXPECT_EQ(vm_check(), 0);
	put_word(child, AT, 2);
	EXPECT_EQ(state_at(child, AT), PAGE_ANON);
	EXPECT_EQ(mappings(parent, AT), 1);
	put_word(parent, AT, 3);
	EXPECT_EQ(state_at(parent, AT), PAGE_ANON);
	EXPECT_EQ(word_at(child, AT), 2);
	mm_put(parent);
	EXPECT_EQ(word_at(child, AT), 2);
	mm_put(child);
	EXPECT_EQ(families_count(), families - 1);
}

KTEST(owners, a_shared_page_is_found_where_it_was_moved)
{
	struct mm *parent = space(4), *child, *grandchild;
	long moved, again;

	KTEST_REQUIRE(parent);
	for (u32 i = 0; i < 4; i++)
		put_word(parent, AT + i * PAGE_SIZE, 10 + i);
	child = fork(parent);
	KTEST_REQUIRE(child);
	/* The third page stays behind. */
	moved = vm_mremap(parent, AT, 2 * PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	KTEST_REQUIRE(moved > 0 || moved < -4096);
	EXPECT(moved != AT);
	EXPECT_EQ(word_at(parent, (unsigned long)moved + PAGE_SIZE), 11);
	EXPECT_EQ(word_at(parent, (unsigned long)moved + 2 * PAGE_SIZE), 0);
	EXPECT_EQ(vm_fault(parent, AT, AREA_READ), -14);
	EXPECT_EQ(word_at(child, AT + PAGE_SIZE), 11);
	EXPECT_EQ(mappings(child, AT + PAGE_SIZE), 2);
	EXPECT_EQ(mappings(child, AT + 2 * PAGE_SIZE), 2);
	EXPECT_EQ(vm_check(), 0);
	grandchild = fork(parent);
	KTEST_REQUIRE(grandchild);
	/* Over the border of two page tables. */
	again = vm_mremap(grandchild, (unsigned long)moved, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
			  MREMAP_MAYMOVE | MREMAP_FIXED, 0x20000000ul - PAGE_SIZE);
	EXPECT_EQ(again, 0x20000000ul - PAGE_SIZE);
	EXPECT_EQ(word_at(grandchild, 0x20000000ul), 11);
	EXPECT_EQ(mappings(child, AT + PAGE_SIZE), 3);
	EXPECT_EQ(vm_check(), 0);
	/* The part of the area that stays is found, too. */
	EXPECT_EQ(vm_munmap(parent, (unsigned long)moved, PAGE_SIZE), 0);
	EXPECT_EQ(mappings(child, AT + PAGE_SIZE), 3);
	put_word(grandchild, 0x20000000ul, 12);
	mm_put(parent);
	EXPECT_EQ(mappings(child, AT), 2);
	EXPECT_EQ(word_at(grandchild, 0x20000000ul), 12);
	mm_put(child);
	mm_put(grandchild);
}

/* An exclusive page that moves into another table is labelled with it. */
KTEST(owners, mremap_grows_in_place_or_moves)
{
	struct mm *mm = space(2);
	long to;

	KTEST_REQUIRE(mm);
	put_word(mm, AT, 1);
	put_word(mm, AT + PAGE_SIZE, 2);
	EXPECT_EQ(vm_mremap(mm, AT, 2 * PAGE_SIZE, 4 * PAGE_SIZE, 0, 0), AT);
	EXPECT_EQ(vm_mremap(mm, AT, 4 * PAGE_SIZE, 3 * PAGE_SIZE, 0, 0), AT);
	EXPECT_EQ(mm->nr_pages, 3);
	EXPECT_EQ(vm_mremap(mm, AT, PAGE_SIZE, 2 * PAGE_SIZE, 0, 0), -12);
	EXPECT_EQ(vm_mremap(mm, AT, 0, PAGE_SIZE, MREMAP_MAYMOVE, 0), -22);
	EXPECT_EQ(vm_mremap(mm, AT - PAGE_SIZE, PAGE_SIZE, 2 * PAGE_SIZE, 0, 0), -14);
	to = vm_mremap(mm, AT, 3 * PAGE_SIZE, 3 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       AT + 0x40000000ul - PAGE_SIZE > TASK_SIZE ? 0x20000000ul - PAGE_SIZE
								 : 0x40000000ul - PAGE_SIZE);
	KTEST_REQUIRE(to > 0 || to < -4096);
	EXPECT_EQ(word_at(mm, (unsigned long)to), 1);
	EXPECT_EQ(word_at(mm, (unsigned long)to + PAGE_SIZE), 2);
	EXPECT_EQ(mappings(mm, (unsigned long)to + PAGE_SIZE), 1);
	EXPECT_EQ(vm_check(), 0);
	EXPECT_EQ(vm_madvise(mm, (unsigned long)to, (unsigned long)to + PAGE_SIZE, MADV_DONTNEED),
		  0);
	EXPECT_EQ(word_at(mm, (unsigned long)to), 0);
	EXPECT_EQ(mm->anon_pages, 1);
	mm_put(mm);
}

/* A family without a page ends between its parent and its child. */
KTEST(owners, a_family_inherits_its_grandchildren)
{
	struct mm *first = space(1), *second, *third;

	KTEST_REQUIRE(first);
	put_word(first, AT, 1);
	second = fork(first);
	KTEST_REQUIRE(second);
	third = fork(second);
	KTEST_REQUIRE(third);
	EXPECT_EQ(mappings(first, AT), 3);
	mm_put(second);
	EXPECT_EQ(mappings(first, AT), 2);
	mm_put(first);
	EXPECT_EQ(mappings(third, AT), 1);
	mm_put(third);
}

/*
 * Generations that each leave one page to the next ones. With @overlap a generation ends only after
 * its grandchild began, so no page ever has a single owner. Return: most families at a time.
 */
static u32 generations(u32 nr, u32 pages, bool overlap)
{
	struct mm *before = space(pages), *now, *next;
	u32 families = families_count(), most = 0, done;

	if (!before)
		return 0;
	put_word(before, AT, 1);
	now = fork(before);
	for (done = 0; now && done < nr && !ktest_interrupted(); done++) {
		if (before && !overlap)
			mm_put(before);
		put_word(now, AT + done % pages * PAGE_SIZE, done);
		next = fork(now);
		if (overlap)
			mm_put(before);
		before = now;
		now = next;
		most = max(most, families_count());
	}
	EXPECT(now);
	EXPECT_EQ(vm_check(), 0);
	if (now && done) {
		EXPECT_EQ(word_at(now, AT + (done - 1) % pages * PAGE_SIZE), done - 1);
		mm_put(now);
	}
	mm_put(before);
	EXPECT_EQ(families_count(), families - 1);
	return most - families;
}

KTEST(owners, families_end_with_their_last_page)
{
	EXPECT(generations(DEBUG ? 300 : 3000, 64, true) <= 64 + 3);
}

KTEST(owners, fork_labels_anew_what_nobody_else_maps)
{
	EXPECT(generations(DEBUG ? 300 : 3000, 64, false) <= 3);
}

/* A file that two address spaces map is cut. */
KTEST(owners, truncation_unmaps)
{
	struct vm_object *object = vm_object_create(4 * PAGE_SIZE);
	struct mm *mm = mm_create(), *child;

	KTEST_REQUIRE(object && mm);
	EXPECT_EQ(vm_mmap(mm, AT, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			  object, 0, true),
		  AT);
	for (u32 i = 0; i < 4; i++)
		put_word(mm, AT + i * PAGE_SIZE, 20 + i);
	child = fork(mm);
	KTEST_REQUIRE(child);
	EXPECT_EQ(word_at(child, AT + PAGE_SIZE), 21);
	EXPECT_EQ(mappings(mm, AT + PAGE_SIZE), 2);
	EXPECT_EQ(vm_object_truncate(object, PAGE_SIZE + 2), 0);
	EXPECT_EQ(vm_fault(child, AT + 2 * PAGE_SIZE, AREA_READ), -6);
	EXPECT_EQ(word_at(child, AT + PAGE_SIZE), 21);
	EXPECT_EQ(mm->file_pages, 2);
	EXPECT_EQ(object->nr_pages, 2);
	vm_object_put(object);
	mm_put(mm);
	mm_put(child);
}

/* --- several at once -------------------------------------------------------------------------- */

#define FILE_AT    0x18000000ul
#define OTHER      0x1a000000ul
#define NR_PAGES   8u
#define NR_WORKERS 3u

static struct worker {
	struct thread *thread;
	struct mm *mm;
	struct vm_object *object;
	struct random random;
	bool done;
} workers[NR_WORKERS];

/* Does what a program may do with memory that others share. */
static void act(struct worker *worker)
{
	struct random *random = &worker->random;
	unsigned long at, page = random_below(random, NR_PAGES);
	u32 word = random_next(random);
	struct mm *next;

	switch (random_below(random, 6)) {
	case 0:
		next = fork(worker->mm);
		if (next) {
			mm_put(worker->mm);
			worker->mm = next;
		}
		break;
	case 1:
		at = random_below(random, 2) ? OTHER : AT;
		vm_mremap(worker->mm, at, NR_PAGES * PAGE_SIZE, NR_PAGES * PAGE_SIZE,
			  MREMAP_MAYMOVE | MREMAP_FIXED, at == AT ? OTHER : AT);
		break;
	case 2:
		vm_object_truncate(worker->object, page * PAGE_SIZE);
		vm_object_truncate(worker->object, NR_PAGES * PAGE_SIZE);
		break;
	case 3:
		vm_fault(worker->mm, FILE_AT + page * PAGE_SIZE, AREA_WRITE);
		break;
	default:
		/* One of the two is mapped. */
		if (vm_write_mm(worker->mm, AT + page * PAGE_SIZE, &word, 4))
			vm_write_mm(worker->mm, OTHER + page * PAGE_SIZE, &word, 4);
	}
}

static int work(void *arg)
{
	struct worker *worker = arg;

	for (u32 i = 0; i < (DEBUG ? 100 : 400) && !ktest_interrupted(); i++)
		act(worker);
	mm_put(worker->mm);
	WRITE_ONCE(worker->done, true);
	return 0;
}

KTEST(owners, many_at_once_agree)
{
	struct vm_object *object = vm_object_create(NR_PAGES * PAGE_SIZE);
	struct mm *first = space(NR_PAGES);
	u32 running = 0, looks = 0;

	KTEST_REQUIRE(object && first);
	EXPECT_EQ(vm_mmap(first, FILE_AT, NR_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_FIXED, object, 0, true),
		  FILE_AT);
	for (u32 i = 0; i < NR_PAGES; i++)
		put_word(first, AT + i * PAGE_SIZE, i);
	for (u32 i = 0; i < NR_WORKERS; i++) {
		struct worker *worker = &workers[i];

		*worker = (struct worker){ .mm = fork(first), .object = object };
		random_seed(&worker->random, i + 1);
		KTEST_REQUIRE(worker->mm);
		worker->thread = kthread_run(work, worker, "owners/%u", i);
		KTEST_REQUIRE(worker->thread);
	}
	do {
		running = 0;
		for (u32 i = 0; i < NR_WORKERS; i++)
			running += !READ_ONCE(workers[i].done);
		EXPECT_EQ(vm_check(), 0);
		looks++;
		sched_yield();
	} while (running);
	for (u32 i = 0; i < NR_WORKERS; i++)
		kthread_join(workers[i].thread);
	for (u32 i = 0; i < NR_PAGES; i++)
		EXPECT_EQ(word_at(first, AT + i * PAGE_SIZE), i);
	ktest_info("%u looks of the checker", looks);
	mm_put(first);
	vm_object_put(object);
}
