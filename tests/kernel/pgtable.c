/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/extable.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/set_memory.h>
#include <asm/time.h>
#include <asm/tlbflush.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/highmem.h>
#include <mm/ioremap.h>
#include <mm/kvmalloc.h>
#include <mm/map_range.h>
#include <mm/page_alloc.h>
#include <mm/vmalloc.h>
#include <mm/vmap_area.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * Page tables under difficult conditions: two CPUs need the same table, there is no memory for a
 * table, or an address is out of range. And the kernel's directory changes only where it may.
 */

static struct table_allocator real;

/*
 * An address between the direct map and the vmalloc range, the first of two directory entries that
 * nothing uses (with PAE).
 */
static unsigned long nowhere(void)
{
	return ALIGN_UP((unsigned long)high_memory, PDE_SIZE);
}

_Static_assert(!CONFIG_PAE || VMALLOC_GAP >= 3 * PDE_SIZE, "two entries of the gap are empty");

/* Without PAE no table is made after boot: set_kernel_pde() would panic. */
static bool makes_tables(void)
{
	if (!CONFIG_PAE)
		ktest_skip("without PAE all tables exist from boot");
	return CONFIG_PAE;
}

/* Frees a table between the direct map and vmalloc. Nothing is mapped through it any more. */
static void give_table_back(unsigned long vaddr)
{
	pde_t pde = kernel_pde(vaddr);

	if (!pde_present(pde))
		return;
	pagetable_drop(vaddr);
	flush_tlb_all(TLB_BOOT);
	real.free(pde.val & PTE_FRAME_MASK);
}

/*
 * --- the kernel's directory ---------------------------------------------------------------------
 */

/* Without PAE, a process gets a copy of these entries, so all tables have to exist from boot. */
KTEST(pgtable, tables_that_are_not_made_on_demand_exist)
{
	unsigned long first = CONFIG_PAE ? PKMAP_BASE : vmalloc_start;
	unsigned int missing = 0;

	for (unsigned int i = pde_index(first); i < NR_PDES; i++)
		missing += !pde_is_table(swapper_pg_dir[i]);
	EXPECT_EQ(missing, 0);
	ktest_info("%u tables from %08lx on", NR_PDES - pde_index(first), first);
}

KTEST(pgtable, only_the_expected_entry_is_changed)
{
	unsigned long vaddr = PAGE_OFFSET;
	pde_t large, other;

	while (is_direct_map((void *)vaddr) && !pde_large(kernel_pde(vaddr)))
		vaddr += PDE_SIZE;
	if (!is_direct_map((void *)vaddr)) {
		ktest_skip("the direct map has no large page");
		return;
	}
	large = kernel_pde(vaddr);
	other = (pde_t){ large.val ^ PTE_WRITE };
	EXPECT(!set_kernel_pde(vaddr, other, other));
	EXPECT_EQ(kernel_pde(vaddr).val, large.val);
	EXPECT(set_kernel_pde(vaddr, large, large));
}

/* Most ranges of the test below: with PAE each needs a new table, which is never freed. */
#define MOST_RANGES (CONFIG_PAE ? 32u : NR_PDES)
#define RANGE_PAGES (PTRS_PER_PTE - 1) /* and the guard: as much as one table maps */

static void *ranges[MOST_RANGES];
static pde_t directory[NR_PDES];

/* Maps one page everywhere, in ranges side by side. Returns the number of ranges. */
static unsigned int map_everywhere(struct page *page, struct page **pages)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < RANGE_PAGES; i++)
		pages[i] = page;
	while (nr < MOST_RANGES && (ranges[nr] = vmap(pages, RANGE_PAGES, VM_MAP, PAGE_KERNEL)))
		nr++;
	return nr;
}

static int do_nothing(void *unused)
{
	return 0;
}

static void use_slots_and_stacks(void)
{
	struct page *pages[16] = { 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = alloc_page(GFP_HIGHUSER);
		KTEST_REQUIRE(pages[i]);
		*(u32 *)kmap(pages[i]) = i;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(pages); i++) {
		struct thread *thread = kthread_create(do_nothing, NULL, "stack");

		kunmap(pages[i]);
		__free_page(pages[i]);
		KTEST_REQUIRE(thread);
		wake_up_process(thread);
		EXPECT_EQ(kthread_join(thread), 0);
	}
}

static unsigned int changed_entries(bool may_be_new)
{
	unsigned int changed = 0;

	for (unsigned int i = 0; i < NR_PDES; i++) {
		bool new = !pde_present(directory[i]) && pde_is_table(swapper_pg_dir[i]) &&
			   i >= pde_index(vmalloc_start) && i < pde_index(VMALLOC_END) + 1;

		changed += swapper_pg_dir[i].val != directory[i].val && !(may_be_new && new);
	}
	return changed;
}

/*
 * Fills the vmalloc range until a request fails, and uses the slots of kmap() and new stacks.
 * Without PAE the range is then full, and no entry of the directory may have changed.
 */
KTEST(pgtable, use_of_all_addresses_changes_no_directory_entry)
{
	const unsigned long size = RANGE_PAGES * PAGE_SIZE;
	struct page **pages = kvmalloc(RANGE_PAGES * sizeof(*pages), GFP_KERNEL);
	struct page *page = alloc_page(GFP_KERNEL);
	unsigned long gap, wrong = 0;
	unsigned int nr;

	KTEST_REQUIRE(pages && page);
	*(u32 *)lowmem_page_address(page) = 0x600d;
	vm_unmap_aliases();
	gap = vmap_area_largest_gap();
	memcpy(directory, swapper_pg_dir, sizeof(directory));
	nr = map_everywhere(page, pages);
	for (unsigned int i = 0; i < nr; i++)
		wrong += *(u32 *)ranges[i] != 0x600d ||
			 *(u32 *)((char *)ranges[i] + size - PAGE_SIZE) != 0x600d;
	EXPECT_EQ(wrong, 0);
	ktest_info("%u ranges of %lu kB", nr, size >> 10);
	if (!CONFIG_PAE) {
		EXPECT(nr >= gap / (size + PAGE_SIZE));
		EXPECT(vmap_area_largest_gap() <= size);
	}
	for (unsigned int i = 0; i < nr; i++)
		vunmap(ranges[i]);
	vm_unmap_aliases();
	EXPECT_EQ(vmap_area_largest_gap(), gap);
	use_slots_and_stacks();
	EXPECT_EQ(changed_entries(CONFIG_PAE), 0);
	__free_page(page);
	kvfree(pages);
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
	made_meanwhile = pte_alloc_kernel(nowhere());
	return table;
}

KTEST(pgtable, two_that_make_a_table_get_the_same_one)
{
	unsigned long before = nr_page_tables();
	pte_t *pte;

	if (!makes_tables())
		return;
	EXPECT(pte_lookup(nowhere()) == NULL);
	real = pagetable_use_allocator((struct table_allocator){ 0 });
	pagetable_use_allocator((struct table_allocator){ allocate_slowly, real.free });
	pte = pte_alloc_kernel(nowhere());
	pagetable_use_allocator(real);
	EXPECT(pte && pte == made_meanwhile);
	EXPECT_EQ(nr_page_tables(), before + 1);
	give_table_back(nowhere());
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
	const unsigned long first = nowhere() + PDE_SIZE - 2 * PAGE_SIZE;
	u32 word;

	if (!makes_tables())
		return;
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
	const unsigned long size = VMALLOC_END - vmalloc_start;

	if (boot_cpu.phys_bits < 36 || !CONFIG_PAE) {
		ktest_skip("the page tables name less than 64 GiB");
		return;
	}
	EXPECT(!ioremap(((phys_addr_t)1 << boot_cpu.phys_bits) - size, size));
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

/*
 * --- a second change of a page begins while the first one allocates a table ----------------------
 */

static struct {
	unsigned long block;
	bool begin, began, done;
} second;

static int change_the_second_page(void *unused)
{
	spin_until(READ_ONCE(second.begin));
	WRITE_ONCE(second.began, true);
	set_memory_ro(second.block + PAGE_SIZE, 1);
	WRITE_ONCE(second.done, true);
	return 0;
}

/* Gives the second change time to overtake the first one, whose caller holds no table yet. */
static phys_addr_t allocate_while_another_changes(void)
{
	phys_addr_t table = real.alloc();
	u64 end;

	pagetable_use_allocator(real);
	WRITE_ONCE(second.begin, true);
	spin_until(READ_ONCE(second.began));
	end = time_ns() + 150000000;
	spin_until(READ_ONCE(second.done) || time_ns() > end);
	return table;
}

/* A free block that a large page maps; those of earlier tests are split. 0 if there is none. */
static unsigned long get_large_page(void)
{
	unsigned long passed[2 * MOST_BLOCKS], block = 0;
	unsigned int nr = 0;

	while (nr < ARRAY_SIZE(passed)) {
		block = __get_free_pages(GFP_KERNEL | __GFP_NOWARN, BLOCK_ORDER);
		if (!block || pde_large(kernel_pde(block)))
			break;
		passed[nr++] = block;
		block = 0;
	}
	while (nr)
		free_pages(passed[--nr], BLOCK_ORDER);
	return block;
}

KTEST(pgtable, a_second_change_of_a_large_page_waits)
{
	struct thread *thread;
	u32 other;

	if (num_online_cpus() < 2) {
		ktest_skip("one CPU");
		return;
	}
	memset(&second, 0, sizeof(second));
	second.block = get_large_page();
	if (!second.block) {
		ktest_skip("no free large page of the direct map");
		return;
	}
	thread = kthread_create(change_the_second_page, NULL, "second");
	KTEST_REQUIRE(thread);
	migrate_disable();
	for_each_online_cpu(other)
		if (other != smp_processor_id())
			break;
	kthread_bind(thread, other);
	wake_up_process(thread);
	real = pagetable_use_allocator((struct table_allocator){ 0 });
	pagetable_use_allocator(
		(struct table_allocator){ allocate_while_another_changes, real.free });
	EXPECT_EQ(set_memory_ro(second.block, 1), 0);
	migrate_enable();
	kthread_join(thread);
	for (unsigned long vaddr = second.block; vaddr <= second.block + PAGE_SIZE;
	     vaddr += PAGE_SIZE) {
		EXPECT_EQ(probe_write((void *)vaddr, 1), -EFAULT);
		EXPECT_EQ(set_memory_rw(vaddr, 1), 0);
	}
	EXPECT_EQ(probe_write((void *)(second.block + 2 * PAGE_SIZE), 1), 0);
	free_pages(second.block, BLOCK_ORDER);
}
