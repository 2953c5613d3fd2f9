/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/pagetable.h>
#include <asm/tlbflush.h>
#include <kernel/fault_inject.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <vm/area.h>
#include <vm/gather.h>
#include <vm/mman.h>
#include <vm/mmap.h>
#include <vm/zero_page.h>

/*
 * Address spaces without programs: a kernel thread makes one, faults as a program would, and looks
 * at the page tables. The suite ends with as many pages and objects in use as before it.
 */

#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW   (PROT_READ | PROT_WRITE)

/* The entry of an address, 0 if there is no table. */
static pte_t entry(struct mm *mm, unsigned long addr)
{
	pte_t pte = { 0 };
	struct table table;

	spin_lock(&mm->pagetable.lock);
	if (table_map(&mm->pagetable, addr, &table)) {
		pte = table.ptes[pte_index(addr)];
		table_unmap(&table);
	}
	spin_unlock(&mm->pagetable.lock);
	return pte;
}

/* The word that a program would read: through the loaded tables, with interrupts off. */
static u32 read_loaded(struct mm *mm, unsigned long addr)
{
	unsigned long flags = local_irq_save();
	u32 value;

	pagetable_load(&mm->pagetable);
	value = get_user_u32(&value, (const void *)addr) ? 0xdead : value;
	pagetable_load(&kernel_pagetable);
	local_irq_restore(flags);
	return value;
}

static unsigned long map_some(struct mm *mm, unsigned long pages)
{
	long addr = vm_mmap(mm, 0, pages * PAGE_SIZE, RW, ANON, NULL, 0, false);

	return addr < 0 && addr > -4096 ? 0 : (unsigned long)addr;
}

KTEST(mm, an_untouched_mapping_has_no_pages)
{
	struct mm *mm = mm_create();
	u32 tables;

	KTEST_REQUIRE(mm);
	tables = mm->pagetable.nr_tables;
	EXPECT(map_some(mm, 100));
	EXPECT_EQ(mm->nr_pages, 100);
	EXPECT_EQ(mm->anon_pages, 0);
	EXPECT_EQ(mm->pagetable.nr_tables, tables);
	mm_put(mm);
}

KTEST(mm, faults_give_zeroes_then_pages)
{
	struct mm *mm = mm_create();
	unsigned long addr;
	u32 tables, word = 0x600d;

	KTEST_REQUIRE(mm);
	tables = mm->pagetable.nr_tables;
	addr = map_some(mm, 4);
	EXPECT_EQ(vm_fault(mm, addr, AREA_READ), 0);
	EXPECT(is_zero_pfn(pte_pfn(entry(mm, addr))));
	EXPECT(!pte_writable(entry(mm, addr)));
	EXPECT_EQ(mm->anon_pages, 0);
	EXPECT_EQ(vm_fault(mm, addr, AREA_WRITE), 0);
	EXPECT(pte_writable(entry(mm, addr)));
	EXPECT_EQ(vm_write_mm(mm, addr + 2 * PAGE_SIZE - 2, &word, 4), 0);
	EXPECT_EQ(mm->anon_pages, 3);
	EXPECT_EQ(mm->pagetable.nr_tables, tables + 1);
	EXPECT_EQ(read_loaded(mm, addr + 2 * PAGE_SIZE - 2), 0x600d);
	EXPECT_EQ(read_loaded(mm, addr), 0);
	EXPECT_EQ(vm_fault(mm, addr + 4 * PAGE_SIZE, AREA_READ), -EFAULT);
	EXPECT_EQ(vm_munmap(mm, addr + PAGE_SIZE, PAGE_SIZE), 0);
	EXPECT_EQ(mm->areas.count, 2);
	EXPECT_EQ(read_loaded(mm, addr + PAGE_SIZE), 0xdead);
	EXPECT_EQ(vm_munmap(mm, 0, TASK_SIZE), 0);
	EXPECT_EQ(mm->areas.count, 0);
	EXPECT_EQ(mm->nr_pages, 0);
	EXPECT_EQ(mm->anon_pages, 0);
	EXPECT_EQ(mm->pagetable.nr_tables, tables);
	mm_put(mm);
}

/* A word of the page at an address, as the kernel finds it; ~0 if nothing is mapped. */
static u32 word_at(struct mm *mm, unsigned long addr)
{
	pte_t pte = entry(mm, addr);
	u32 word = ~0u;

	if (!pte_none(pte))
		memcpy_from_page(&word, pfn_to_page(pte_pfn(pte)), addr & ~PAGE_MASK, 4);
	return word;
}

static void put_word(struct mm *mm, unsigned long addr, u32 word)
{
	EXPECT_EQ(vm_write_mm(mm, addr, &word, 4), 0);
}

KTEST(mm, fork_copies_on_write)
{
	struct mm *parent = mm_create(), *child;
	unsigned long addr, pfn;
	int err;

	KTEST_REQUIRE(parent);
	addr = map_some(parent, 3);
	put_word(parent, addr, 1);
	put_word(parent, addr + PAGE_SIZE, 2);
	vm_fault(parent, addr + 2 * PAGE_SIZE, AREA_READ);
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	EXPECT_EQ(child->anon_pages, 2);
	EXPECT_EQ(child->nr_pages, 3);
	pfn = pte_pfn(entry(parent, addr));
	EXPECT_EQ(pte_pfn(entry(child, addr)), pfn);
	EXPECT(!pte_writable(entry(parent, addr)) && !pte_writable(entry(child, addr)));
	EXPECT_EQ(pfn_to_page(pfn)->refcount, 2);
	put_word(child, addr, 3);
	EXPECT_EQ(word_at(parent, addr), 1);
	EXPECT_EQ(word_at(child, addr), 3);
	EXPECT_EQ(pfn_to_page(pfn)->refcount, 1);
	/* The parent is the last one: no copy. */
	put_word(parent, addr, 4);
	EXPECT_EQ(pte_pfn(entry(parent, addr)), pfn);
	EXPECT_EQ(word_at(child, addr), 3);
	put_word(parent, addr + PAGE_SIZE, 5);
	EXPECT_EQ(word_at(child, addr + PAGE_SIZE), 2);
	mm_put(parent);
	EXPECT_EQ(word_at(child, addr + PAGE_SIZE), 2);
	mm_put(child);
}

/* Two halves move side by side and become one area. The one that comes last has a page. */
static void move_both(u32 last)
{
	const unsigned long half = 10 * PAGE_SIZE, to = 0x20000000;
	struct mm *mm = mm_create();
	unsigned long addr;

	KTEST_REQUIRE(mm);
	addr = map_some(mm, 20);
	for (u32 i = 0; i < 2; i++) {
		unsigned long from = addr + (i ? last : !last) * half;

		if (i)
			put_word(mm, from, 7);
		EXPECT_EQ(vm_mremap(mm, from, half, half, MREMAP_MAYMOVE | MREMAP_FIXED,
				    to + (from - addr)),
			  to + (from - addr));
	}
	EXPECT_EQ(mm->areas.count, 1);
	EXPECT_EQ(mm->anon_pages, 1);
	EXPECT_EQ(vm_munmap(mm, to, 2 * half), 0);
	EXPECT_EQ(mm->anon_pages, 0);
	mm_put(mm);
}

KTEST(mm, a_moved_mapping_keeps_its_pages_when_it_joins)
{
	move_both(0);
	move_both(1);
}

KTEST(mm, shared_memory_stays_shared)
{
	struct mm *parent = mm_create(), *child;
	unsigned long addr;
	int err;

	KTEST_REQUIRE(parent);
	addr = (unsigned long)vm_mmap(parent, 0x10000000, 2 * PAGE_SIZE, RW,
				      MAP_SHARED | MAP_ANONYMOUS, NULL, 0, true);
	EXPECT_EQ(addr, 0x10000000);
	put_word(parent, addr, 1);
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	put_word(child, addr, 2);
	put_word(child, addr + PAGE_SIZE, 3);
	EXPECT_EQ(word_at(parent, addr), 2);
	EXPECT_EQ(vm_fault(parent, addr + PAGE_SIZE, AREA_READ), 0);
	EXPECT_EQ(word_at(parent, addr + PAGE_SIZE), 3);
	mm_put(child);
	mm_put(parent);
}

KTEST(mm, a_private_mapping_leaves_its_object_alone)
{
	struct vm_object *object = vm_object_create(2 * PAGE_SIZE);
	struct mm *mm = mm_create();
	unsigned long addr;
	u32 word = 7;

	KTEST_REQUIRE(mm && object);
	vm_object_write(object, PAGE_SIZE, &word, 4);
	addr = (unsigned long)vm_mmap(mm, 0x20000000, 3 * PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED,
				      object, 0, false);
	EXPECT_EQ(addr, 0x20000000);
	/* The fault maps the neighbour, too. */
	EXPECT_EQ(vm_fault(mm, addr, AREA_READ), 0);
	EXPECT_EQ(word_at(mm, addr + PAGE_SIZE), 7);
	EXPECT_EQ(mm->file_pages, 2);
	put_word(mm, addr + PAGE_SIZE, 8);
	EXPECT_EQ(mm->file_pages, 1);
	EXPECT_EQ(mm->anon_pages, 1);
	vm_object_read(object, PAGE_SIZE, &word, 4);
	EXPECT_EQ(word, 7);
	EXPECT_EQ(vm_fault(mm, addr + 2 * PAGE_SIZE, AREA_READ), -ENXIO);
	mm_put(mm);
	vm_object_put(object);
}

KTEST(mm, rights_follow_mprotect)
{
	struct mm *mm = mm_create();
	unsigned long addr;

	KTEST_REQUIRE(mm);
	addr = map_some(mm, 3);
	put_word(mm, addr + PAGE_SIZE, 9);
	EXPECT_EQ(vm_mprotect(mm, addr + PAGE_SIZE, PAGE_SIZE, PROT_NONE), 0);
	EXPECT_EQ(mm->areas.count, 3);
	EXPECT_EQ(vm_fault(mm, addr + PAGE_SIZE, AREA_READ), -EACCES);
	EXPECT_EQ(read_loaded(mm, addr + PAGE_SIZE), 0xdead);
	EXPECT_EQ(word_at(mm, addr + PAGE_SIZE), 9);
	EXPECT_EQ(vm_mprotect(mm, addr + PAGE_SIZE, PAGE_SIZE, PROT_READ), 0);
	EXPECT_EQ(read_loaded(mm, addr + PAGE_SIZE), 9);
	EXPECT_EQ(vm_fault(mm, addr + PAGE_SIZE, AREA_WRITE), -EACCES);
	EXPECT_EQ(vm_mprotect(mm, addr + PAGE_SIZE, PAGE_SIZE, RW), 0);
	EXPECT_EQ(mm->areas.count, 1);
	EXPECT(pte_writable(entry(mm, addr + PAGE_SIZE)));
	EXPECT_EQ(vm_mprotect(mm, addr + PAGE_SIZE, 3 * PAGE_SIZE, RW), -ENOMEM);
	mm_put(mm);
}

/* Reclaim may have taken a page just now, and its flush may still be owed. */
KTEST(mm, a_lost_right_to_an_object_is_flushed_without_an_entry)
{
	struct vm_object *object = vm_object_create(PAGE_SIZE);
	struct mm *mm = mm_create();
	const unsigned long addr = 0x20000000;
	u32 flushes;

	KTEST_REQUIRE(mm && object);
	vm_mmap(mm, addr, PAGE_SIZE, RW, MAP_SHARED | MAP_FIXED, object, 0, true);
	put_word(mm, addr, 1);
	vm_zap(mm, addr, addr + PAGE_SIZE);
	flushes = tlb_flushes(TLB_USER);
	EXPECT_EQ(vm_mprotect(mm, addr, PAGE_SIZE, PROT_READ), 0);
	EXPECT_EQ(tlb_flushes(TLB_USER) - flushes, 1);
	mm_put(mm);
	vm_object_put(object);
}

KTEST(mm, a_stack_grows_to_its_limit)
{
	struct mm *mm = mm_create();
	const unsigned long top = 0x30000000, low = top - (1ul << 20);

	KTEST_REQUIRE(mm);
	mm->limit_stack = 1ul << 20;
	EXPECT_EQ(vm_mmap(mm, top - PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED | MAP_GROWSDOWN,
			  NULL, 0, false),
		  top - PAGE_SIZE);
	EXPECT_EQ(vm_fault(mm, low, AREA_WRITE), 0);
	EXPECT_EQ(mm->nr_pages, 256);
	EXPECT_EQ(vm_fault(mm, low - 1, AREA_WRITE), -EFAULT);
	/* A hint inside of the gap below the stack is not followed. */
	EXPECT(vm_mmap(mm, low - PAGE_SIZE, PAGE_SIZE, RW, ANON, NULL, 0, false) !=
	       (long)(low - PAGE_SIZE));
	mm_put(mm);
}

KTEST(mm, bad_requests_get_errors)
{
	struct mm *mm = mm_create();

	KTEST_REQUIRE(mm);
	EXPECT_EQ(vm_mmap(mm, 0, 0, RW, ANON, NULL, 0, false), -EINVAL);
	EXPECT_EQ(vm_mmap(mm, 0, PAGE_SIZE, RW, MAP_ANONYMOUS, NULL, 0, false), -EINVAL);
	EXPECT_EQ(vm_mmap(mm, 0, PAGE_SIZE, RW, ANON | MAP_FIXED, NULL, 0, false), -EPERM);
	EXPECT_EQ(vm_mmap(mm, 4097, PAGE_SIZE, RW, ANON | MAP_FIXED, NULL, 0, false), -EINVAL);
	EXPECT_EQ(vm_mmap(mm, TASK_SIZE - PAGE_SIZE, 2 * PAGE_SIZE, RW, ANON | MAP_FIXED, NULL, 0,
			  false),
		  -ENOMEM);
	EXPECT_EQ(vm_mmap(mm, 0, ~0ul, RW, ANON, NULL, 0, false), -ENOMEM);
	EXPECT_EQ(vm_mmap(mm, PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED, NULL, 0, false),
		  PAGE_SIZE);
	EXPECT_EQ(vm_mmap(mm, PAGE_SIZE, PAGE_SIZE, RW, ANON | MAP_FIXED_NOREPLACE, NULL, 0, false),
		  -EEXIST);
	mm->limit_as = 4 * PAGE_SIZE;
	EXPECT_EQ(vm_mmap(mm, 0, 4 * PAGE_SIZE, RW, ANON, NULL, 0, false), -ENOMEM);
	EXPECT_EQ(vm_munmap(mm, 1, PAGE_SIZE), -EINVAL);
	EXPECT_EQ(vm_munmap(mm, 0, 0), -EINVAL);
	mm_put(mm);
}

/* --- one step of a fault each; lab 9 (labs/faults) grades by these ---------------------------- */

/* Entries that the table of an address counts. */
static u32 entries_at(struct mm *mm, unsigned long addr)
{
	struct table table;
	u32 count = 0;

	spin_lock(&mm->pagetable.lock);
	if (table_map(&mm->pagetable, addr, &table)) {
		count = table.page->b;
		table_unmap(&table);
	}
	spin_unlock(&mm->pagetable.lock);
	return count;
}

static struct page *page_at(struct mm *mm, unsigned long addr)
{
	return pfn_to_page(pte_pfn(entry(mm, addr)));
}

/* Makes it likely that the next page of a program is not zero by itself. */
static void dirty_a_free_page(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER);

	if (page) {
		void *addr = kmap_local_page(page);

		memset(addr, 0xa5, PAGE_SIZE);
		kunmap_local(addr);
		__free_page(page);
	}
}

KTEST(mm, a_read_of_nothing_shares_the_frame_of_zeroes)
{
	struct mm *mm = mm_create();
	unsigned long addr;

	KTEST_REQUIRE(mm);
	addr = map_some(mm, 3);
	for (u32 i = 0; i < 2; i++) {
		EXPECT_EQ(vm_fault(mm, addr + i * PAGE_SIZE, AREA_READ), 0);
		EXPECT(is_zero_pfn(pte_pfn(entry(mm, addr + i * PAGE_SIZE))));
		EXPECT(!pte_writable(entry(mm, addr + i * PAGE_SIZE)));
	}
	EXPECT_EQ(entries_at(mm, addr), 2);
	EXPECT_EQ(mm->anon_pages, 0);
	mm_put(mm);
}

KTEST(mm, a_write_to_nothing_gets_a_page_of_zeroes)
{
	struct mm *mm = mm_create();
	unsigned long addr;

	KTEST_REQUIRE(mm);
	addr = map_some(mm, 2);
	dirty_a_free_page();
	EXPECT_EQ(vm_fault(mm, addr, AREA_WRITE), 0);
	KTEST_REQUIRE(pte_writable(entry(mm, addr)));
	EXPECT(!is_zero_pfn(pte_pfn(entry(mm, addr))));
	EXPECT_EQ(word_at(mm, addr), 0);
	EXPECT_EQ(word_at(mm, addr + PAGE_SIZE - 4), 0);
	EXPECT_EQ(page_at(mm, addr)->refcount, 1);
	EXPECT_EQ(mm->anon_pages, 1);
	EXPECT_EQ(entries_at(mm, addr), 1);
	mm_put(mm);
}

KTEST(mm, a_write_replaces_the_frame_of_zeroes)
{
	struct mm *mm = mm_create();
	unsigned long addr;
	u32 word = 0x600d;

	KTEST_REQUIRE(mm);
	addr = map_some(mm, 2);
	EXPECT_EQ(vm_fault(mm, addr, AREA_READ), 0);
	EXPECT_EQ(vm_fault(mm, addr + PAGE_SIZE, AREA_READ), 0);
	dirty_a_free_page();
	EXPECT_EQ(vm_write_mm(mm, addr, &word, 4), 0);
	EXPECT_EQ(word_at(mm, addr), 0x600d);
	EXPECT_EQ(word_at(mm, addr + 4), 0);
	EXPECT_EQ(word_at(mm, addr + PAGE_SIZE), 0);
	EXPECT_EQ(mm->anon_pages, 1);
	EXPECT_EQ(entries_at(mm, addr), 2);
	mm_put(mm);
}

KTEST(mm, a_fork_shares_pages_that_no_one_may_write)
{
	struct mm *parent = mm_create(), *child;
	unsigned long addr;
	u32 zeroes;
	int err;

	KTEST_REQUIRE(parent);
	addr = map_some(parent, 3);
	put_word(parent, addr, 1);
	EXPECT_EQ(vm_fault(parent, addr + PAGE_SIZE, AREA_READ), 0);
	zeroes = pfn_to_page(zero_pfn)->refcount;
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	EXPECT_EQ(pte_pfn(entry(child, addr)), pte_pfn(entry(parent, addr)));
	EXPECT(!pte_writable(entry(parent, addr)));
	EXPECT(!pte_writable(entry(child, addr)));
	EXPECT_EQ(page_at(parent, addr)->refcount, 2);
	EXPECT(is_zero_pfn(pte_pfn(entry(child, addr + PAGE_SIZE))));
	EXPECT_EQ(pfn_to_page(zero_pfn)->refcount, zeroes);
	EXPECT_EQ(child->anon_pages, 1);
	EXPECT_EQ(entries_at(child, addr), 2);
	mm_put(child);
	EXPECT_EQ(page_at(parent, addr)->refcount, 1);
	mm_put(parent);
}

/* A parent, forked @times; the flushes that the last fork does. */
static u32 flushes_of_fork(u32 times)
{
	struct mm *parent = mm_create(), *child;
	u32 flushes = 0;
	int err;

	if (!parent)
		return ~0u;
	put_word(parent, map_some(parent, 1), 1);
	while (times--) {
		flushes = tlb_flushes(TLB_USER);
		child = mm_fork(parent, &err);
		flushes = tlb_flushes(TLB_USER) - flushes;
		if (child)
			mm_put(child);
	}
	mm_put(parent);
	return flushes;
}

KTEST(mm, a_fork_flushes_once)
{
	EXPECT_EQ(flushes_of_fork(1), 1);
}

KTEST(mm, a_fork_that_changes_no_entry_owes_no_flush)
{
	EXPECT_EQ(flushes_of_fork(2), 0);
}

KTEST(mm, a_write_copies_what_others_map)
{
	struct mm *parent = mm_create(), *child;
	unsigned long addr;
	int err;

	KTEST_REQUIRE(parent);
	addr = map_some(parent, 1);
	put_word(parent, addr, 1);
	put_word(parent, addr + PAGE_SIZE - 4, 2);
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child && !pte_none(entry(child, addr)));
	put_word(child, addr, 3);
	EXPECT_EQ(word_at(child, addr), 3);
	EXPECT_EQ(word_at(child, addr + PAGE_SIZE - 4), 2);
	EXPECT_EQ(word_at(parent, addr), 1);
	EXPECT(pte_writable(entry(child, addr)) && !pte_writable(entry(parent, addr)));
	EXPECT_EQ(page_at(parent, addr)->refcount, 1);
	EXPECT_EQ(page_at(child, addr)->refcount, 1);
	EXPECT_EQ(child->anon_pages, 1);
	mm_put(child);
	mm_put(parent);
}

KTEST(mm, the_last_owner_writes_in_place)
{
	struct mm *parent = mm_create(), *child;
	unsigned long addr, pfn;
	u32 flushes;
	int err;

	KTEST_REQUIRE(parent);
	addr = map_some(parent, 1);
	put_word(parent, addr, 1);
	pfn = pte_pfn(entry(parent, addr));
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	mm_put(child);
	KTEST_REQUIRE(!pte_writable(entry(parent, addr)));
	flushes = tlb_flushes(TLB_USER);
	put_word(parent, addr, 2);
	EXPECT_EQ(tlb_flushes(TLB_USER), flushes);
	EXPECT_EQ(pte_pfn(entry(parent, addr)), pfn);
	EXPECT(pte_writable(entry(parent, addr)));
	mm_put(parent);
}

KTEST(mm, a_fault_without_memory_changes_nothing)
{
	struct mm *parent = mm_create(), *child;
	unsigned long addr;
	int err;

	KTEST_REQUIRE(parent);
	addr = map_some(parent, 2);
	put_word(parent, addr, 1);
	child = mm_fork(parent, &err);
	KTEST_REQUIRE(child);
	for (u32 i = 0; i < 2; i++) {
		fault_inject_from(1);
		err = vm_fault(child, addr + i * PAGE_SIZE, AREA_WRITE);
		fault_inject_from(0);
		EXPECT_EQ(err, -ENOMEM);
	}
	EXPECT_EQ(word_at(child, addr), 1);
	EXPECT_EQ(page_at(parent, addr)->refcount, 2);
	EXPECT(pte_none(entry(child, addr + PAGE_SIZE)));
	put_word(child, addr, 2);
	EXPECT_EQ(word_at(parent, addr), 1);
	mm_put(child);
	mm_put(parent);
}
