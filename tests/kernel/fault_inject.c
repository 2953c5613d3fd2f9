/* SPDX-License-Identifier: MIT */
#include <asm/pgtable.h>
#include <asm/set_memory.h>
#include <kernel/fault_inject.h>
#include <lib/string.h>
#include <mm/ioremap.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmalloc.h>
#include <mm/vmap_area.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>
#include <vm/mm.h>
#include <vm/mman.h>
#include <vm/mmap.h>
#include <vm/object.h>

/*
 * Each error path of the functions that allocate memory. A test repeats one call and lets its
 * first, second, third ... allocation fail, until the call needs fewer allocations and succeeds. A
 * call that fails must report it and keep no memory. Each function do_...() makes one call, frees
 * what it got, and returns true if the call succeeded.
 */

static bool do_alloc_pages(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, 2);

	if (page)
		__free_pages(page, 2);
	return page;
}

static bool do_alloc_compound(void)
{
	struct page *page = alloc_pages(GFP_HIGHUSER | __GFP_COMP | __GFP_ZERO, 5);

	if (page)
		put_page(page + 3);
	return page;
}

static bool do_alloc_bulk(void)
{
	struct page *pages[20] = { NULL };
	unsigned int got = alloc_pages_bulk(GFP_HIGHUSER, ARRAY_SIZE(pages), pages);

	for (unsigned int i = 0; i < got; i++)
		__free_page(pages[i]);
	return got == ARRAY_SIZE(pages);
}

static bool do_alloc_exact(void)
{
	void *addr = alloc_pages_exact(5 * PAGE_SIZE, GFP_KERNEL);

	free_pages_exact(addr, 5 * PAGE_SIZE);
	return addr;
}

static bool do_get_free_pages(void)
{
	unsigned long addr = __get_free_pages(GFP_KERNEL, 1);

	free_pages(addr, 1);
	return addr;
}

static bool do_kmalloc(void)
{
	void *small = kmalloc(50, GFP_KERNEL), *large = kzalloc(100000, GFP_KERNEL);

	kfree(small);
	kfree(large);
	return small && large;
}

static bool do_krealloc(void)
{
	u8 *before = kmalloc(10, GFP_KERNEL), *after;
	bool kept = true;

	if (!before)
		return false;
	memset(before, 0x3c, 10);
	after = krealloc(before, 5000, GFP_KERNEL);
	if (!after)
		kept = before[0] == 0x3c && before[9] == 0x3c;
	EXPECT(kept);
	kfree(after ? after : before);
	return after;
}

static bool do_kstrdup(void)
{
	char *copy = kstrdup("text", GFP_KERNEL);

	kfree(copy);
	return copy;
}

static bool do_kcalloc(void)
{
	void *array = kcalloc(30, 40, GFP_KERNEL);

	kfree(array);
	return array;
}

static bool do_kmem_cache(void)
{
	struct kmem_cache *cache = kmem_cache_create("test-fail", 300, 0, 0, NULL);
	void *object = cache ? kmem_cache_zalloc(cache, GFP_KERNEL) : NULL;

	if (object)
		kmem_cache_free(cache, object);
	kmem_cache_destroy(cache);
	return object;
}

static bool do_vmalloc(void)
{
	void *area = vmalloc(9 * PAGE_SIZE), *zeroed = vzalloc(2 * PAGE_SIZE);

	vfree(area);
	vfree(zeroed);
	return area && zeroed;
}

/* If kmalloc() fails it tries vmalloc(). */
static bool do_kvmalloc(void)
{
	void *area = kvmalloc_array(3, 10000, GFP_KERNEL), *zeroed = kvzalloc(200, GFP_KERNEL);

	kvfree(area);
	kvfree(zeroed);
	return area && zeroed;
}

static struct page *some_pages[4];

static bool do_vmap(void)
{
	void *mapped = vmap(some_pages, ARRAY_SIZE(some_pages), VM_MAP, PAGE_KERNEL);

	vunmap(mapped);
	return mapped;
}

/* This many pages need new page tables. The kernel keeps the tables afterwards. */
#define MANY (4 * PTRS_PER_PTE)

static struct page **many_pages;

static bool do_vmap_many(void)
{
	void *mapped = vmap(many_pages, MANY, VM_MAP, PAGE_KERNEL);

	vunmap(mapped);
	return mapped;
}

static bool do_ioremap(void)
{
	void *mapped = ioremap(0xf0000, 3 * PAGE_SIZE);

	iounmap(mapped);
	return mapped;
}

static int end_at_once(void *unused)
{
	return 0;
}

static bool do_kthread(void)
{
	struct thread *thread = kthread_run(end_at_once, NULL, "short");

	if (thread)
		kthread_join(thread);
	return thread;
}

/*
 * Changes a page that must be split off a large page. If the block is not mapped by a large page,
 * no allocation is needed, and none can fail.
 */
static bool set_part_of_large_page(struct page *block)
{
	unsigned long addr = (unsigned long)lowmem_page_address(block) + PAGE_SIZE;
	bool done;

	if (pte_lookup(addr))
		return true;
	done = set_memory_ro(addr, 1) == 0;
	EXPECT(done || !pte_lookup(addr));
	if (done)
		EXPECT_EQ(set_memory_rw(addr, 1), 0);
	return done;
}

#define MOST_BLOCKS 8u

/* Small machines have fewer such blocks, or none. */
static unsigned int nr_blocks = MOST_BLOCKS;

/* Several blocks, since an earlier call may have split the first. */
static bool do_set_memory(void)
{
	struct page *blocks[MOST_BLOCKS];
	unsigned int nr = 0;
	bool done = true;

	while (nr < nr_blocks && (blocks[nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER)))
		nr++;
	for (unsigned int i = 0; done && i < nr; i++)
		done = set_part_of_large_page(blocks[i]);
	done = done && nr == nr_blocks;
	while (nr)
		__free_pages(blocks[--nr], MAX_ORDER);
	return done;
}

static void count_blocks(void)
{
	struct page *blocks[MOST_BLOCKS];
	unsigned int nr = 0;

	while (nr < MOST_BLOCKS && (blocks[nr] = alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_ORDER)))
		nr++;
	nr_blocks = nr;
	while (nr)
		__free_pages(blocks[--nr], MAX_ORDER);
}

/* Makes, fills, copies and moves memory of a program. */
static bool do_address_space(void)
{
	const unsigned long at = 0x10000000;
	struct mm *mm = mm_create(), *child = NULL;
	u32 word = 1;
	bool done = false;
	int err;

	if (!mm)
		return false;
	if (vm_mmap(mm, at, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0, false) == (long)at &&
	    vm_write_mm(mm, at, &word, 4) == 0)
		child = mm_fork(mm, &err);
	if (child && vm_write_mm(child, at, &word, 4) == 0 &&
	    vm_mremap(child, at, PAGE_SIZE, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, 2 * at) ==
		    2 * (long)at)
		done = vm_munmap(child, at + 2 * PAGE_SIZE, PAGE_SIZE) == 0;
	if (child)
		mm_put(child);
	mm_put(mm);
	return done;
}

/* Writes two pages of a file, with a tree of more than one node. */
static bool do_object(void)
{
	struct vm_object *object = vm_object_create(0);
	bool done;

	if (!object)
		return false;
	done = vm_object_write(object, 100 * PAGE_SIZE - 1, "ab", 2) == 2;
	EXPECT_EQ(object->nr_pages, object->size ? 1 + (object->size > 100 * PAGE_SIZE) : 0);
	vm_object_put(object);
	return done;
}

static const struct {
	const char *name;
	bool (*run)(void);
} calls[] = {
	{ "alloc_pages", do_alloc_pages },
	{ "alloc_pages, compound", do_alloc_compound },
	{ "alloc_pages_bulk", do_alloc_bulk },
	{ "alloc_pages_exact", do_alloc_exact },
	{ "__get_free_pages", do_get_free_pages },
	{ "kmalloc, kzalloc", do_kmalloc },
	{ "krealloc", do_krealloc },
	{ "kstrdup", do_kstrdup },
	{ "kcalloc", do_kcalloc },
	{ "kmem_cache_create, kmem_cache_alloc", do_kmem_cache },
	{ "vmalloc, vzalloc", do_vmalloc },
	{ "kvmalloc_array, kvzalloc", do_kvmalloc },
	{ "vmap", do_vmap },
	{ "vmap and page tables", do_vmap_many },
	{ "ioremap", do_ioremap },
	{ "kthread_run", do_kthread },
	{ "set_memory_ro", do_set_memory },
	{ "vm_object_write", do_object },
	{ "mm_create, vm_mmap, mm_fork, vm_mremap", do_address_space },
};

#define MOST_ALLOCATIONS 200u

/* After one failure a call may find another way; if all later allocations fail, it hardly can. */
static const struct {
	const char *what;
	void (*inject)(u32 n);
} ways[] = {
	{ "and all after it fail", fault_inject_from },
	{ "fails", fault_inject_nth },
};

/* A vmap() that has failed may leave nothing mapped in the lowest gap, where its range was. */
static void expect_an_unmapped_gap(void)
{
	struct vmap_area *area = vmap_area_get(MANY * PAGE_SIZE, VM_MAP, 0);
	unsigned int mapped = 0;

	KTEST_REQUIRE(area);
	for (unsigned long i = 0; i < MANY; i++)
		mapped += vmalloc_to_page((void *)(vmap_area_addr(area) + i * PAGE_SIZE)) != NULL;
	vmap_area_put(area);
	EXPECT_EQ(mapped, 0);
}

/* Makes allocation n of a call fail, for n from 1 on, until the call has fewer than n. */
static void fail_each(unsigned int i, unsigned int way)
{
	struct holdings before = ktest_in_use();
	unsigned int failed = 0;
	u32 n = 1;
	bool done, pending;

	do {
		struct holdings after;

		ways[way].inject(n);
		done = calls[i].run();
		pending = fault_inject_pending();
		fault_inject_nth(0);
		failed += !done;
		if (!done && calls[i].run == do_vmap_many)
			expect_an_unmapped_gap();
		after = ktest_in_use();
		if (after.pages != before.pages || after.objects != before.objects)
			ktest_fail(__FILE__, __LINE__,
				   "%s, allocation %u %s: %lu pages and %lu objects in use, "
				   "expected %lu and %lu",
				   calls[i].name, n, ways[way].what, after.pages, after.objects,
				   before.pages, before.objects);
		if (!done && pending)
			ktest_fail(__FILE__, __LINE__, "%s fails, and no allocation has",
				   calls[i].name);
	} while (!pending && n++ < MOST_ALLOCATIONS);
	if (n > MOST_ALLOCATIONS || n == 1)
		ktest_fail(__FILE__, __LINE__, "%s: %u allocations, expected 1 to %u",
			   calls[i].name, n - 1, MOST_ALLOCATIONS);
	if (ways[way].inject == fault_inject_from && failed != n - 1)
		ktest_fail(__FILE__, __LINE__, "%s: %u allocations, without %u of them it succeeds",
			   calls[i].name, n - 1, n - 1 - failed);
	ktest_info("%s: %u of %u allocations are needed", calls[i].name, failed, n - 1);
}

KTEST(fault_inject, every_error_path_of_every_call)
{
	KTEST_REQUIRE(alloc_pages_bulk(GFP_HIGHUSER, ARRAY_SIZE(some_pages), some_pages) ==
		      ARRAY_SIZE(some_pages));
	many_pages = vmalloc(MANY * sizeof(*many_pages));
	KTEST_REQUIRE(many_pages);
	for (unsigned int i = 0; i < MANY; i++)
		many_pages[i] = some_pages[0];
	count_blocks();
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		for (unsigned int way = 0; way < ARRAY_SIZE(ways); way++)
			if (calls[i].run != do_set_memory || nr_blocks)
				fail_each(i, way);
	vfree(many_pages);
	for (unsigned int i = 0; i < ARRAY_SIZE(some_pages); i++) {
		__free_page(some_pages[i]);
		some_pages[i] = NULL;
	}
}

KTEST(fault_inject, what_must_not_fail_does_not)
{
	/* Not larger: if no such block is free, the kernel must panic. */
	static const size_t sizes[] = { 0, 64, 5000, 8192, 65536 };

	fault_inject_from(1);
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *one = kmalloc(sizes[i], GFP_KERNEL | __GFP_NOFAIL);
		void *other = kvmalloc(sizes[i], GFP_KERNEL | __GFP_NOFAIL);

		EXPECT(one != NULL);
		EXPECT(other != NULL);
		kfree(one);
		kvfree(other);
	}
	fault_inject_nth(0);
}

/* Allocations of other threads, and of interrupts, do not fail. */
static int allocate_in_peace(void *arg)
{
	u32 *failures = arg;

	for (unsigned int i = 0; i < 100; i++) {
		void *object = kmalloc(64, GFP_KERNEL);

		*failures += !object;
		kfree(object);
	}
	return 0;
}

KTEST(fault_inject, only_the_thread_that_asked_for_it)
{
	u32 failures = 0;
	struct thread *thread = kthread_create(allocate_in_peace, &failures, "peace");

	KTEST_REQUIRE(thread);
	fault_inject_nth(1);
	wake_up_process(thread);
	kthread_join(thread);
	EXPECT_EQ(failures, 0);
	EXPECT(fault_inject_pending());
	EXPECT(kmalloc(64, GFP_KERNEL) == NULL);
	EXPECT(!fault_inject_pending());
	fault_inject_nth(0);
}
