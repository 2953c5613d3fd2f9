/* SPDX-License-Identifier: MIT */
#include <asm/pagetable.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>
#include <mm/page_alloc.h>
#include <tests/kernel/ktest.h>
#include <vm/area.h>
#include <vm/gather.h>
#include <vm/mman.h>

/*
 * The debts of a program's page tables to the CPUs: flushes, and the entries of the kernel. QEMU
 * forgets too many translations to show that a flush is missing, so flushes are counted.
 */

/* Was a flush of pages of programs counted since the last call? */
static bool flushed(void)
{
	static u32 before;
	u32 now = tlb_flushes(TLB_USER);
	bool any = now != before;

	before = now;
	return any;
}

KTEST(user_tables, changes_that_owe_a_flush)
{
	struct mm *mm = mm_create(), *child;
	unsigned long addr;
	u32 word = 1;
	int err;

	KTEST_REQUIRE(mm);
	addr = (unsigned long)vm_mmap(mm, 0x10000000, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0, false);
	EXPECT_EQ(vm_fault(mm, addr, AREA_READ), 0);
	flushed();
	EXPECT_EQ(vm_write_mm(mm, addr, &word, sizeof(word)), 0);
	EXPECT(flushed());
	child = mm_fork(mm, &err);
	EXPECT(flushed());
	if (child) {
		EXPECT_EQ(vm_write_mm(child, addr, &word, sizeof(word)), 0);
		EXPECT(flushed());
		mm_put(child);
	}
	/* The empty table may still be cached when it is freed. */
	vm_zap_object(mm, addr, addr + PAGE_SIZE);
	EXPECT(flushed());
	EXPECT_EQ(vm_munmap(mm, addr, 2 * PAGE_SIZE), 0);
	EXPECT(flushed());
	mm_put(mm);
}

KTEST(user_tables, the_kernel_half_follows_a_split)
{
	const unsigned int order = PDE_SHIFT - PAGE_SHIFT;
	unsigned long block;
	struct mm *mm;

	if (CONFIG_PAE) {
		ktest_skip("with PAE all address spaces have the same directories of the kernel");
		return;
	}
	block = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, order);
	if (!block) {
		ktest_skip("no memory for a large page");
		return;
	}
	mm = mm_create();
	EXPECT(mm);
	if (mm) {
		u32 nr = pde_index(block);

		EXPECT_EQ(set_memory_ro(block, 1), 0);
		EXPECT_EQ(mm->pagetable.top[nr], kernel_pagetable.top[nr]);
		EXPECT_EQ(set_memory_rw(block, 1), 0);
		mm_put(mm);
	}
	free_pages(block, order);
}
