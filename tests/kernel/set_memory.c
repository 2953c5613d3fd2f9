/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/direct_map.h>
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/set_memory.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/helpers/free_lists.h>
#include <tests/kernel/ktest.h>

/*
 * Changes of page rights, tested by accesses and not only by reading the tables: a write that must
 * fault does fault, and neighbouring pages keep their rights.
 */

#define BLOCK_ORDER 2
#define RET         0xc3

static bool writable(unsigned long vaddr)
{
	u32 word;

	return probe_read((void *)vaddr, &word) == 0 && probe_write((void *)vaddr, word) == 0;
}

static unsigned int large_pages(void)
{
	unsigned int count = 0;

	for (unsigned int i = pde_index(PAGE_OFFSET); i < NR_PDES; i++)
		count += pde_large(swapper_pg_dir[i]);
	return count;
}

/* Four pages from the middle of the direct map, where large pages are. */
static struct page *get_block(unsigned long *addr)
{
	struct page *block = alloc_pages(GFP_KERNEL, BLOCK_ORDER);

	*addr = block ? (unsigned long)lowmem_page_address(block) : 0;
	return block;
}

KTEST(set_memory, read_only_and_back)
{
	unsigned long addr;
	struct page *block = get_block(&addr);

	KTEST_REQUIRE(block);
	memset((void *)addr, 0x33, PAGE_SIZE << BLOCK_ORDER);
	EXPECT_EQ(set_memory_ro(addr + PAGE_SIZE, 2), 0);
	EXPECT(writable(addr));
	EXPECT(!writable(addr + PAGE_SIZE));
	EXPECT(!writable(addr + 3 * PAGE_SIZE - 4));
	EXPECT(writable(addr + 3 * PAGE_SIZE));
	EXPECT_EQ(*(u32 *)(addr + PAGE_SIZE), 0x33333333);
	EXPECT_EQ(set_memory_rw(addr + PAGE_SIZE, 2), 0);
	EXPECT(writable(addr + PAGE_SIZE));
	EXPECT(writable(addr + 2 * PAGE_SIZE));
	/* Again, now that no split is needed and the TLB holds the pages as writable. */
	EXPECT_EQ(set_memory_ro(addr + PAGE_SIZE, 2), 0);
	EXPECT(!writable(addr + PAGE_SIZE));
	EXPECT(!writable(addr + 3 * PAGE_SIZE - 4));
	EXPECT_EQ(set_memory_rw(addr + PAGE_SIZE, 2), 0);
	__free_pages(block, BLOCK_ORDER);
}

/* Only a large page is split, and no page is ever split twice. */
KTEST(set_memory, a_large_page_is_split_once)
{
	unsigned long addr;
	struct page *block = get_block(&addr);
	bool was_large;
	unsigned int before = large_pages();

	KTEST_REQUIRE(block);
	was_large = pde_large(swapper_pg_dir[pde_index(addr)]);
	EXPECT_EQ(set_memory_ro(addr, 1), 0);
	EXPECT_EQ(large_pages(), before - was_large);
	EXPECT(pte_lookup(addr) != NULL);
	for (unsigned int i = 0; i < PTRS_PER_PTE; i++) {
		unsigned long vaddr = (addr & PDE_MASK) + i * PAGE_SIZE;
		pte_t pte = *pte_lookup(vaddr);

		if (pte_present(pte)) {
			EXPECT_EQ(pte_pfn(pte), PFN_DOWN(__pa(vaddr)));
			EXPECT_EQ(pte.val & PDE_LARGE,
				  0); /* there it is a bit of the memory type */
		}
	}
	EXPECT_EQ(set_memory_rw(addr, 1), 0);
	EXPECT_EQ(set_memory_ro(addr + PAGE_SIZE, 1), 0);
	EXPECT_EQ(set_memory_rw(addr + PAGE_SIZE, 1), 0);
	EXPECT_EQ(large_pages(), before - was_large);
	__free_pages(block, BLOCK_ORDER);
}

KTEST(set_memory, code_is_first_written_then_executed)
{
	unsigned long addr;
	struct page *block = get_block(&addr);

	KTEST_REQUIRE(block);
	*(volatile u8 *)addr = RET;
	if (cpu_has(CPU_NX)) {
		EXPECT_EQ(probe_call((void *)addr), -EFAULT);
		/* Asking for both at once is refused, and changes nothing. */
		ktest_expect_warnings(1);
		EXPECT_EQ(set_memory_x(addr, 1), -EINVAL);
		EXPECT(writable(addr));
	}
	EXPECT_EQ(set_memory_ro(addr, 1), 0);
	EXPECT_EQ(set_memory_x(addr, 1), 0);
	EXPECT_EQ(probe_call((void *)addr), 0);
	EXPECT(!writable(addr));
	EXPECT_EQ(set_memory_nx(addr, 1), 0);
	EXPECT_EQ(set_memory_rw(addr, 1), 0);
	EXPECT(writable(addr));
	if (cpu_has(CPU_NX))
		EXPECT_EQ(probe_call((void *)addr), -EFAULT);
	__free_pages(block, BLOCK_ORDER);
}

KTEST(set_memory, what_is_not_mapped_is_refused_as_a_whole)
{
	unsigned long below_guard = (unsigned long)vmalloc(PAGE_SIZE);

	KTEST_REQUIRE(below_guard);
	ktest_expect_warnings(4);
	EXPECT_EQ(set_memory_ro(0, 1), -EINVAL);
	EXPECT_EQ(set_memory_ro(PAGE_OFFSET + 1, 1), -EINVAL);
	EXPECT_EQ(set_memory_ro(PAGE_OFFSET, ~0ul), -EINVAL);
	/* The first page could be changed, but the second one is the guard. */
	EXPECT_EQ(set_memory_ro(below_guard, 2), -EINVAL);
	EXPECT(writable(below_guard));
	EXPECT_EQ(set_memory_ro(below_guard, 0), 0);
	EXPECT(writable(below_guard));
	vfree((void *)below_guard);
}

KTEST(set_memory, data_that_boot_has_finished_is_read_only)
{
	EXPECT(&ro_after_init_end[0] > &ro_after_init_start[0]);
	for (unsigned long vaddr = (unsigned long)ro_after_init_start;
	     vaddr < (unsigned long)ro_after_init_end; vaddr += PAGE_SIZE)
		EXPECT(!writable(vaddr));
	EXPECT(!writable((unsigned long)&boot_cpu));
	EXPECT(writable((unsigned long)ro_after_init_end));
}

static void expect_ordinary_memory(const char *start, const char *end)
{
	for (; start < end; start += PAGE_SIZE) {
		pte_t pte = *pte_lookup((unsigned long)start);

		if (debug_pagealloc() && frame_is_free(PFN_DOWN(__pa(start)))) {
			EXPECT(!pte_present(pte));
			continue;
		}
		EXPECT(pte_present(pte) && pte.val & PTE_WRITE);
		EXPECT_EQ(pte.val & PTE_NX & pte_supported_mask, PTE_NX & pte_supported_mask);
		EXPECT(page_state(virt_to_page(start)) != PAGE_RESERVED);
	}
}

KTEST(set_memory, init_sections_are_free_memory)
{
	EXPECT(&init_text_end[0] > &init_text_start[0]);
	EXPECT(&init_bss_end[0] > &init_bss_start[0]);
	expect_ordinary_memory(init_text_start, init_text_end);
	expect_ordinary_memory(init_data_start, init_data_end);
	expect_ordinary_memory(init_bss_start, init_bss_end);
	EXPECT_EQ(page_state(virt_to_page(text_start)), PAGE_RESERVED);
	EXPECT_EQ(page_state(virt_to_page(data_start)), PAGE_RESERVED);
}
