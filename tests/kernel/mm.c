/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <asm/pagetable.h>
#include <lib/errno.h>
#include <mm/kmap_local.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <vm/area.h>
#include <vm/gather.h>
#include <vm/mman.h>

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

/* What a program would read: through the loaded tables, with interrupts off. */
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
	EXPECT(map_some(mm, 1000));
	EXPECT_EQ(mm->nr_pages, 1000);
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
