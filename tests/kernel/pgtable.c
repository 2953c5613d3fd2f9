/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/extable.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <mm/ioremap.h>
#include <mm/map_range.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * Page tables under difficult conditions: two CPUs need the same table, there is no memory for a
 * table, or an address is out of range.
 */

/* An address below PAGE_OFFSET with every split, where nothing is mapped. */
#define NOWHERE 0x10000000ul

static struct table_allocator real;

/* Frees the table of an address below PAGE_OFFSET. Nothing is mapped through it any more. */
static void give_table_back(unsigned long vaddr)
{
	pde_t pde = swapper_pg_dir[pde_index(vaddr)];

	if (!pde_present(pde))
		return;
	pagetable_drop(vaddr);
	flush_tlb_all(TLB_BOOT);
	real.free(pde.val & PTE_FRAME_MASK);
}

/*
 * --- two threads create one table ---------------------------------------------------------------
 */

static pte_t *made_meanwhile;

/* Creates the same table in another way while the first caller allocates memory for it. */
static phys_addr_t allocate_slowly(void)
{
	phys_addr_t table = real.alloc();

	pagetable_use_allocator(real);
	made_meanwhile = pte_alloc_kernel(NOWHERE);
	return table;
}

KTEST(pgtable, two_that_make_a_table_get_the_same_one)
{
	unsigned long before = nr_page_tables();
	pte_t *pte;

	EXPECT(pte_lookup(NOWHERE) == NULL);
	real = pagetable_use_allocator((struct table_allocator){ 0 });
	pagetable_use_allocator((struct table_allocator){ allocate_slowly, real.free });
	pte = pte_alloc_kernel(NOWHERE);
	pagetable_use_allocator(real);
	EXPECT(pte && pte == made_meanwhile);
	EXPECT_EQ(nr_page_tables(), before + 1);
	give_table_back(NOWHERE);
	EXPECT_EQ(nr_page_tables(), before);
}

/* --- no memory for the second table ----------------------------------------------------------- */

static unsigned int tables_left;

static phys_addr_t allocate_some(void)
{
	return tables_left && tables_left-- ? real.alloc() : 0;
}

KTEST(pgtable, a_range_that_cannot_be_mapped_is_not_mapped_in_part)
{
	const unsigned long first = NOWHERE + PDE_SIZE - 2 * PAGE_SIZE;
	u32 word;

	real = pagetable_use_allocator((struct table_allocator){ 0 });
	pagetable_use_allocator((struct table_allocator){ allocate_some, real.free });
	tables_left = 1;
	EXPECT_EQ(map_frame_range(first, PFN_DOWN(__pa(text_start)), 3, PAGE_KERNEL_RO), -ENOMEM);
	pagetable_use_allocator(real);
	KTEST_REQUIRE(pte_lookup(first));
	for (unsigned long vaddr = first; vaddr < first + 2 * PAGE_SIZE; vaddr += PAGE_SIZE) {
		EXPECT(pte_none(*pte_lookup(vaddr)));
		EXPECT_EQ(probe_read((void *)vaddr, &word), -EFAULT);
	}
	give_table_back(first);
}

/*
 * --- two threads change one large page ----------------------------------------------------------
 */

#define BLOCK_ORDER (PDE_SHIFT - PAGE_SHIFT)
#define MOST_BLOCKS 24

static struct {
	unsigned long blocks[MOST_BLOCKS];
	unsigned int nr;
	u32 ready, threads;
} splitting;

/* Each thread has its own page of each block. They begin with each block at the same time. */
static int change_a_page_of_each(void *arg)
{
	unsigned long me = (unsigned long)arg;

	for (u32 i = 0; i < splitting.nr; i++) {
		__atomic_fetch_add(&splitting.ready, 1, __ATOMIC_SEQ_CST);
		spin_until(READ_ONCE(splitting.ready) >= splitting.threads * (i + 1));
		if (set_memory_ro(splitting.blocks[i] + me * PAGE_SIZE, 1) != 0)
			return 1;
	}
	return 0;
}

static void expect_split_block(unsigned long block)
{
	pte_t *ptes = pte_lookup(block);
	unsigned int wrong = 0;

	KTEST_REQUIRE(ptes);
	for (unsigned int i = 0; i < PTRS_PER_PTE; i++)
		wrong += pte_pfn(ptes[i]) != PFN_DOWN(__pa(block)) + i;
	EXPECT_EQ(wrong, 0);
	for (unsigned int i = 0; i < splitting.threads; i++) {
		unsigned long vaddr = block + i * PAGE_SIZE;

		EXPECT_EQ(probe_write((void *)vaddr, 1), -EFAULT);
		EXPECT_EQ(set_memory_rw(vaddr, 1), 0);
	}
}

KTEST(pgtable, two_that_split_a_large_page_lose_nothing)
{
	struct thread *threads[2] = { 0 };
	u32 cpu, nr = 0;

	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	splitting.nr = splitting.ready = 0;
	splitting.threads = ARRAY_SIZE(threads);
	while (splitting.nr < MOST_BLOCKS && (splitting.blocks[splitting.nr] = __get_free_pages(
						      GFP_KERNEL | __GFP_NOWARN, BLOCK_ORDER)))
		splitting.nr++;
	for_each_online_cpu(cpu) {
		if (nr == ARRAY_SIZE(threads))
			break;
		threads[nr] = kthread_create(change_a_page_of_each, (void *)nr, "split/%u", nr);
		KTEST_REQUIRE(threads[nr]);
		kthread_bind(threads[nr], cpu);
		nr++;
	}
	for (u32 i = 0; i < nr; i++)
		wake_up_process(threads[i]);
	for (u32 i = 0; i < nr; i++)
		EXPECT_EQ(kthread_join(threads[i]), 0);
	for (u32 i = 0; i < splitting.nr; i++) {
		expect_split_block(splitting.blocks[i]);
		free_pages(splitting.blocks[i], BLOCK_ORDER);
	}
}

/*
 * --- frames that tables cannot address ----------------------------------------------------------
 */

KTEST(pgtable, ioremap_refuses_what_is_out_of_reach)
{
	const phys_addr_t limit = (phys_addr_t)1 << boot_cpu.phys_bits;
	const struct {
		phys_addr_t phys;
		unsigned long size;
	} cases[] = {
		{ limit, 1 },
		{ limit, PAGE_SIZE },
		{ limit - PAGE_SIZE, 2 * PAGE_SIZE },
		{ limit - 1, 2 },
		{ limit | 0xf0000, PAGE_SIZE },
		{ (phys_addr_t)1 << 52, PAGE_SIZE },
		/* A frame number has 32 bits. The lower bits of this one are those of a frame of
		 * the ROM. */
		{ ((phys_addr_t)1 << 44) + 0xf0000, PAGE_SIZE },
		{ 0xfffffffffffff000ull, PAGE_SIZE },
		{ 0xfffffffffffff000ull, 2 * PAGE_SIZE },
		{ ~0ull, 1 },
		{ 0xf0000, 0 },
	};

	EXPECT(CONFIG_PAE || limit <= SZ_4G);
	ktest_expect_warnings(3 * ARRAY_SIZE(cases));
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT(!ioremap(cases[i].phys, cases[i].size));
		EXPECT(!ioremap_wc(cases[i].phys, cases[i].size));
		EXPECT(!ioremap_cache(cases[i].phys, cases[i].size));
	}
}

/* A size that exceeds the address range is no error of the caller: the result is NULL, without a
 * warning. */
KTEST(pgtable, ioremap_of_more_than_there_is_room_for)
{
	if (boot_cpu.phys_bits < 36 || !CONFIG_PAE) {
		ktest_skip("the page tables name less than 64 GiB");
		return;
	}
	EXPECT(!ioremap(((phys_addr_t)1 << boot_cpu.phys_bits) - SZ_1G, SZ_1G));
}

KTEST(pgtable, ioremap_reaches_the_last_page)
{
	const phys_addr_t last = ((phys_addr_t)1 << boot_cpu.phys_bits) - PAGE_SIZE;
	char *mapped = ioremap(last, PAGE_SIZE);

	KTEST_REQUIRE(mapped);
	EXPECT_EQ(pte_lookup((unsigned long)mapped)->val & PTE_FRAME_MASK, last);
	iounmap(mapped);
}

/*
 * --- frames that no caller may have -------------------------------------------------------------
 */

KTEST(pgtable, frame_0_is_nobodys)
{
	EXPECT(!pfn_valid(0) || page_state(pfn_to_page(0)) == PAGE_RESERVED);
}

/* All holes share one page of descriptors if the frame table is mapped page by page. */
KTEST(pgtable, descriptors_of_holes_cannot_be_written)
{
	unsigned long pfn = 0;

	if (is_direct_map(mem_map)) {
		ktest_skip("the frame table is in the direct map");
		return;
	}
	while (pfn < max_pfn && probe_write(&mem_map[pfn], mem_map[pfn].flags) == 0)
		pfn += PAGE_SIZE / sizeof(struct page);
	ktest_info("descriptors from frame %#lx are read-only", pfn);
	EXPECT(pfn < max_pfn);
	EXPECT_EQ(page_state(&mem_map[pfn]), PAGE_HOLE);
}
