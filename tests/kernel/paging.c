/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/direct_map.h>
#include <asm/extable.h>
#include <asm/fixmap.h>
#include <asm/pgtable.h>
#include <asm/region.h>
#include <asm/sections.h>
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <tests/helpers/free_lists.h>
#include <tests/kernel/ktest.h>

/*
 * The page tables agree with the layout. The tests walk every entry, and also try accesses.
 */

#define FRAMES_PER_PDE (PDE_SIZE >> PAGE_SHIFT)

/* The translation of a kernel address, as this file reads it from the tables. */
struct translation {
	bool present, large;
	unsigned long pfn;
	pteval_t bits;
};

static struct translation translate(unsigned long vaddr)
{
	pde_t pde = swapper_pg_dir[pde_index(vaddr)];
	struct translation t = { 0 };
	pteval_t val = pde.val;

	if (!(pde.val & PTE_PRESENT))
		return t;
	t.large = pde.val & PDE_LARGE;
	if (!t.large) {
		const pteval_t *table = __va(pde.val & PTE_FRAME_MASK);

		val = table[vaddr >> PAGE_SHIFT & (PTRS_PER_PTE - 1)];
	}
	t.present = val & PTE_PRESENT;
	t.pfn = (unsigned long)((val & PTE_FRAME_MASK) >> PAGE_SHIFT);
	if (t.large)
		t.pfn = (t.pfn & ~(FRAMES_PER_PDE - 1)) +
			(vaddr >> PAGE_SHIFT & (FRAMES_PER_PDE - 1));
	t.bits = val & ~PTE_FRAME_MASK;
	return t;
}

static bool readable(unsigned long vaddr)
{
	u32 word;

	return probe_read((void *)vaddr, &word) == 0;
}

static bool in_image(unsigned long pfn)
{
	return pfn >= PFN_DOWN(__pa(kernel_start)) && pfn < PFN_UP(__pa(kernel_end));
}

static bool is_stack_guard(unsigned long pfn)
{
	return pfn == PFN_DOWN(__pa(boot_stack_guard));
}

KTEST(paging, direct_map_is_exact)
{
	unsigned long wrong = 0, mapped = 0;

	for (unsigned long pfn = 0; pfn < max_low_pfn; pfn++) {
		struct translation t = translate((unsigned long)__va(PFN_PHYS(pfn)));
		bool ram = memblock_is_region_memory(PFN_PHYS(pfn), PAGE_SIZE);
		bool want = (ram || in_image(pfn)) && !is_stack_guard(pfn) &&
			    !(debug_pagealloc() && frame_is_free(pfn));

		wrong += t.present != want || (t.present && t.pfn != pfn);
		mapped += t.present;
	}
	EXPECT_EQ(wrong, 0);
	ktest_info("%lu frames of %lu mapped", mapped, max_low_pfn);
}

/*
 * If all frames of a directory entry are RAM, one large page maps them on a CPU that has large
 * pages. There are two exceptions: the first 4 MiB, where fixed MTRRs may differ, and the kernel
 * image, which has pages with different rights. A large page that was split stays split.
 */
KTEST(paging, large_pages_wherever_they_can_be)
{
	unsigned long large = 0, expected = 0;

	for (unsigned long pfn = 0; pfn + FRAMES_PER_PDE <= max_low_pfn; pfn += FRAMES_PER_PDE) {
		bool first = PFN_PHYS(pfn) < SZ_4M || PFN_PHYS(pfn) < __pa(kernel_end);

		large += translate((unsigned long)__va(PFN_PHYS(pfn))).large;
		expected += !first && cpu_has(CPU_PSE) && !debug_pagealloc() &&
			    memblock_is_region_memory(PFN_PHYS(pfn), PDE_SIZE);
	}
	EXPECT_EQ(large, expected - pagetable_splits());
	ktest_info("%lu large pages of %lu kB", large, PDE_SIZE >> 10);
}

/* Checks every mapped page of the kernel, in all ranges. */
KTEST(paging, rights_of_every_page)
{
	unsigned long user = 0, not_global = 0, writable_and_executable = 0, executable_data = 0;
	unsigned long vaddr = PAGE_OFFSET, step;

	do {
		struct translation t = translate(vaddr);

		step = t.large || !pte_lookup(vaddr) ? PDE_SIZE : PAGE_SIZE;
		if (t.present) {
			user += !!(t.bits & PTE_USER);
			not_global +=
				!!(t.bits & PTE_GLOBAL) != cpu_has(CPU_PGE) && vaddr < PKMAP_BASE;
			writable_and_executable += (t.bits & PTE_WRITE) && !(t.bits & PTE_NX);
			executable_data +=
				!(t.bits & PTE_NX) && vaddr >= (unsigned long)rodata_start;
		}
		vaddr += step;
	} while (vaddr);
	EXPECT_EQ(user, 0);
	EXPECT_EQ(not_global, 0);
	if (!cpu_has(CPU_NX)) {
		ktest_skip("no NX on this CPU or in this mode: what is readable is executable");
		return;
	}
	EXPECT_EQ(writable_and_executable, 0);
	EXPECT_EQ(executable_data, 0);
}

KTEST(paging, lower_half_is_empty)
{
	unsigned int present = 0;

	for (unsigned int i = 0; i < pde_index(PAGE_OFFSET); i++)
		present += pde_present(swapper_pg_dir[i]);
	EXPECT_EQ(present, 0);
	EXPECT(!readable(0));
	EXPECT(!readable(SZ_1M));
	EXPECT(!readable(PAGE_OFFSET - 4));
}

KTEST(paging, gaps_fault)
{
	EXPECT(!readable((unsigned long)high_memory));
	EXPECT(!readable((unsigned long)high_memory + VMALLOC_GAP - 4));
	EXPECT(!readable(VMALLOC_END));
	EXPECT(!readable(PKMAP_BASE - 4));
	EXPECT(!readable(FIXADDR_TOP));
	EXPECT(!readable(0ul - 4));
	EXPECT(!readable((unsigned long)boot_stack_guard));
	EXPECT(!readable((unsigned long)boot_stack - 4));
	EXPECT(readable((unsigned long)boot_stack));
}

KTEST(paging, text_and_rodata_cannot_be_written)
{
	u32 before, after;

	EXPECT_EQ(read_cr0() & CR0_WP, CR0_WP);
	KTEST_REQUIRE(probe_read(text_start, &before) == 0);
	EXPECT_EQ(probe_write(text_start, ~before), -EFAULT);
	EXPECT_EQ(probe_write((void *)((unsigned long)text_end - 4), 0), -EFAULT);
	EXPECT_EQ(probe_write(rodata_start, 0), -EFAULT);
	EXPECT_EQ(probe_write((void *)((unsigned long)rodata_end - 4), 0), -EFAULT);
	KTEST_REQUIRE(probe_read(text_start, &after) == 0);
	EXPECT_EQ(after, before);
}

/* A function of one instruction, in writable memory. */
static u8 code_in_data[] = { 0xc3 };

KTEST(paging, data_cannot_be_executed)
{
	if (!cpu_has(CPU_NX)) {
		ktest_skip("no NX on this CPU or in this mode");
		return;
	}
	EXPECT_EQ(probe_call(code_in_data), -EFAULT);
	EXPECT_EQ(probe_call(rodata_start), -EFAULT);
	EXPECT_EQ(probe_call(__va(SZ_8M)), -EFAULT);
}

KTEST(paging, control_registers)
{
	if (cpu_has(CPU_PSE) || cpu_has(CPU_PGE) || CONFIG_PAE) {
		EXPECT_EQ(!!(read_cr4() & CR4_PAE), CONFIG_PAE);
		EXPECT_EQ(!!(read_cr4() & CR4_PSE), cpu_has(CPU_PSE));
		EXPECT_EQ(!!(read_cr4() & CR4_PGE), cpu_has(CPU_PGE));
	}
	EXPECT(read_cr3() < SZ_8M);
}

/* This also fails if a present entry is changed without a flush: the second read then still returns
 * the first frame's contents. */
KTEST(paging, fixmap_changes_are_seen_at_once)
{
	struct page *pages[2] = { alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL) };
	volatile u32 *fixed = (volatile u32 *)fix_to_virt(FIX_TEST);

	KTEST_REQUIRE(pages[0] && pages[1]);
	for (unsigned int i = 0; i < 2; i++)
		*(u32 *)lowmem_page_address(pages[i]) = 0x1000 + i;
	for (unsigned int round = 0; round < 6; round++) {
		set_fixmap(FIX_TEST, page_to_phys(pages[round % 2]), PAGE_KERNEL);
		EXPECT_EQ(*fixed, 0x1000 + round % 2);
	}
	clear_fixmap(FIX_TEST);
	EXPECT(!readable(fix_to_virt(FIX_TEST)));
	__free_page(pages[0]);
	__free_page(pages[1]);
}

/* Global entries survive a write of CR3, but flush_tlb_all() must drop them, too. */
KTEST(paging, flush_all_drops_global_entries)
{
	struct page *pages[2] = { alloc_page(GFP_KERNEL), alloc_page(GFP_KERNEL) };
	unsigned long vaddr = fix_to_virt(FIX_TEST);
	pte_t *pte = pte_lookup(vaddr);

	KTEST_REQUIRE(pages[0] && pages[1]);
	*(u32 *)lowmem_page_address(pages[0]) = 1;
	*(u32 *)lowmem_page_address(pages[1]) = 2;
	set_fixmap(FIX_TEST, page_to_phys(pages[0]), PAGE_KERNEL);
	EXPECT_EQ(*(volatile u32 *)vaddr, 1);
	clear_pte(pte);
	flush_tlb_all(TLB_FIXMAP);
	set_pte(pte, mk_pte(page_to_pfn(pages[1]), PAGE_KERNEL));
	EXPECT_EQ(*(volatile u32 *)vaddr, 2);
	clear_fixmap(FIX_TEST);
	__free_page(pages[0]);
	__free_page(pages[1]);
}

KTEST(paging, regions_are_named)
{
	char name[REGION_TEXT];

	EXPECT(strstr(region_name(0, name, sizeof(name)), "page 0"));
	EXPECT(strstr(region_name(PAGE_OFFSET - 1, name, sizeof(name)), "user half"));
	EXPECT_STREQ(region_name((unsigned long)text_start, name, sizeof(name)), "kernel text");
	EXPECT(strstr(region_name((unsigned long)high_memory, name, sizeof(name)), "gap"));
	EXPECT_STREQ(region_name(PKMAP_BASE + 7 * PAGE_SIZE, name, sizeof(name)), "pkmap slot 7");
	EXPECT_STREQ(region_name(fix_to_virt(FIX_KMAP_BEGIN), name, sizeof(name)),
		     "guard of the kmap_local slots of CPU 0");
	EXPECT_STREQ(region_name(fix_to_virt(FIX_KMAP_BEGIN - 2 * KMAP_LOCAL_STRIDE), name,
				 sizeof(name)),
		     "kmap_local slot 2 of CPU 0");
	EXPECT(strstr(region_name(0ul - 1, name, sizeof(name)), "last page"));
}
