/* SPDX-License-Identifier: MIT */
#include <asm/borders.h>
#include <asm/cpu.h>
#include <asm/descriptors.h>
#include <asm/direct_map.h>
#include <asm/fixmap.h>
#include <asm/paging.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/tlbflush.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/page.h>

/*
 * The kernel's page tables, made in two steps, because tables take memory and memory is known only
 * later.
 *
 *   paging_init_early()   needs nothing: its tables are static. It maps the first 4 MiB (or more, if
 *                         the kernel image is longer) by 4K pages, each part of the image with the
 *                         rights that it keeps, and gives the fixmap its tables. From here on the
 *                         kernel runs on its own tables.
 *
 *   paging_init()         knows the RAM. It walks up from the end of the first step, a directory entry
 *                         (a chunk) at a time: all RAM, one large page; partly RAM, a table for the RAM
 *                         in it; no RAM, nothing. A table comes from memblock below what is already
 *                         mapped, which rises with each step.
 *
 * The RAM that step one mapped may all be reserved, so one table is part of the image: it maps the
 * first chunk of RAM if there is no memory for a table. After that a chunk with a free page costs at most
 * the one page that it brings, so chunks with free pages can always be mapped. Those without wait until
 * all others are mapped. So memory for tables runs out only where all of lowmem is in use.
 *
 * The first 4 MiB have 4K pages on every CPU: large pages over the ranges of the fixed MTRRs, which
 * have different memory types, are undefined (Intel SDM 3A, 12.11.9). Everything that is no RAM, VGA
 * memory and the ROMs below 1 MiB too, is reached through ioremap() or the fixmap, which say how it is
 * to be cached.
 */

#define EARLY_MAPPED_MIN SZ_4M
#define EARLY_MAPPED_MAX SZ_8M /* linker.ld checks that the image ends below */

#define EARLY_TABLES (EARLY_MAPPED_MAX >> PDE_SHIFT)

static pte_t early_tables[EARLY_TABLES][PTRS_PER_PTE] __aligned(PAGE_SIZE);

/* For the first chunk of RAM that step one did not map. */
static pte_t spare_table[PTRS_PER_PTE] __aligned(PAGE_SIZE);

/* --- what differs between the modes: what CR3 points to --------------------------------------- */

#if CONFIG_PAE

/* The four entries name the four pages of the directory; they have no rights (SDM 3A, table 4-8). */
static phys_addr_t __init paging_root(void)
{
	for (unsigned int i = 0; i < 4; i++)
		swapper_pdpt[i] = (__pa(swapper_pg_dir) + i * PAGE_SIZE) | PTE_PRESENT;
	return __pa(swapper_pdpt);
}

#else

static phys_addr_t __init paging_root(void)
{
	return __pa(swapper_pg_dir);
}

#endif

/* --- step one --------------------------------------------------------------------------------- */

/* Rights of the parts of the image; what is not listed is data. */
static const struct {
	const char *start, *end;
	pteval_t bits; /* 0: not mapped */
} image_parts[] = {
	{ text_start, text_end, PTE_KERNEL_BITS },
	{ init_text_start, init_text_end, PTE_KERNEL_BITS },
	{ rodata_start, rodata_end, PTE_KERNEL_BITS | PTE_NX },
	{ boot_stack_guard, boot_stack, 0 },
};

static pteval_t __init early_bits(unsigned long vaddr)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(image_parts); i++)
		if (vaddr >= ((unsigned long)image_parts[i].start & PAGE_MASK) &&
		    vaddr < (unsigned long)image_parts[i].end)
			return image_parts[i].bits;
	return PTE_KERNEL_BITS | PTE_WRITE | PTE_NX;
}

static unsigned long __init early_mapped_end(void)
{
	unsigned long end = max((unsigned long)__pa(kernel_end), EARLY_MAPPED_MIN);

	return ALIGN_UP(end, PDE_SIZE);
}

static void __init install_tables(unsigned long vaddr, const pte_t *tables, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		pteval_t table =
			__pa(tables + i * PTRS_PER_PTE) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;

		set_pde(&swapper_pg_dir[pde_index(vaddr) + i], (pde_t){ table });
	}
}

static void __init fill_early_tables(unsigned long end)
{
	for (unsigned long pa = 0; pa < end; pa += PAGE_SIZE) {
		unsigned long vaddr = (unsigned long)__va(pa);
		pteval_t bits = early_bits(vaddr);

		if (bits)
			set_pte(pte_lookup(vaddr), mk_pte(PFN_DOWN(pa), pgprot(bits)));
	}
}

/*
 * Entry 1 of the PAT, which PWT selects, becomes write-combining (1) in place of write-through; the
 * others keep what they are after a reset, which is how the CPU without a PAT behaves: 0 write-back,
 * 2 and 3 uncacheable (Intel SDM 3A, 12.12.4). No page of the boot tables has PWT or PCD, so none
 * changes its type; the caches are emptied as the manual wants it all the same.
 */
#define PAT_WITH_WC 0x0007040600070106ull

static void init_pat(void)
{
	if (!cpu_has(CPU_PAT))
		return;
	wbinvd();
	write_msr(MSR_PAT, PAT_WITH_WC);
	wbinvd();
}

/*
 * The order is Intel's: NX may be set in an entry only while EFER.NXE is (SDM 3A, 4.1.4), and PGE is
 * set last, when no entry of the boot tables can be taken for global any more (4.10.2.4).
 */
static void __init load_tables(u32 root)
{
	unsigned long cr4 = 0;

	if (cpu_has(CPU_NX))
		write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
	write_cr3(root);
	if (cpu_has(CPU_PSE))
		cr4 |= CR4_PSE;
	if (CONFIG_PAE)
		cr4 |= CR4_PAE;
	if (cr4)
		write_cr4(cr4);
	if (cpu_has(CPU_PGE))
		write_cr4(cr4 | CR4_PGE);
}

void __init paging_init_early(void)
{
	unsigned long end = early_mapped_end();
	u32 root = paging_root();

	pte_supported_mask = ~(pteval_t)0;
	if (!cpu_has(CPU_NX))
		pte_supported_mask &= ~(pteval_t)PTE_NX;
	if (!cpu_has(CPU_PGE))
		pte_supported_mask &= ~(pteval_t)PTE_GLOBAL;
	pte_writecombine = cpu_has(CPU_PAT) ? PTE_PWT : PTE_PCD | PTE_PWT;
	install_tables(PAGE_OFFSET, early_tables[0], end >> PDE_SHIFT);
	install_tables(FIXADDR_START, fixmap_ptes, FIXMAP_TABLES);
	fill_early_tables(end);
	init_pat();
	load_tables(root);
	trap_set_double_fault_cr3(root);
	memblock_set_current_limit(end);
}

/* Another CPU comes with the tables loaded, and with what they need; it does the rest of the same. */
void paging_init_cpu(void)
{
	init_pat();
	if (cpu_has(CPU_PGE))
		write_cr4(read_cr4() | CR4_PGE);
	flush_tlb_local();
}

/* --- step two --------------------------------------------------------------------------------- */

static bool __init in_image(unsigned long pa)
{
	return pa >= __pa(kernel_start) && pa < __pa(kernel_end);
}

/* What step one mapped without knowing better. */
static void __init unmap_early_holes(unsigned long end)
{
	for (unsigned long pa = 0; pa < end; pa += PAGE_SIZE)
		if (!memblock_is_region_memory(pa, PAGE_SIZE) && !in_image(pa))
			clear_pte(pte_lookup((unsigned long)__va(pa)));
}

/* A PTE of the direct map; its table is the spare one if there is no memory for another. */
static pte_t *__init direct_map_pte(unsigned long vaddr)
{
	static bool spare_used __initdata;
	pte_t *pte = pte_alloc_kernel(vaddr);

	if (pte || spare_used)
		return pte;
	spare_used = true;
	install_tables(vaddr, spare_table, 1);
	return pte_lookup(vaddr);
}

static void __init map_pages(unsigned long start_pfn, unsigned long end_pfn)
{
	for (unsigned long pfn = start_pfn; pfn < end_pfn; pfn++) {
		pte_t *pte = direct_map_pte((unsigned long)__va(PFN_PHYS(pfn)));

		if (!pte)
			panic("no memory for the page table of frame %#lx: all RAM below %#llx is used",
			      pfn, memblock_get_current_limit());
		set_pte(pte, mk_pte(pfn, PAGE_KERNEL));
	}
}

/* A chunk is one directory entry's worth of the direct map, or less at the end of lowmem. */
static bool __init can_be_large(unsigned long start_pfn, unsigned long end_pfn)
{
	return end_pfn - start_pfn == PDE_SIZE >> PAGE_SHIFT && cpu_has(CPU_PSE) &&
	       !debug_pagealloc() && memblock_is_region_memory(PFN_PHYS(start_pfn), PDE_SIZE);
}

static bool __init has_free_page(unsigned long start_pfn, unsigned long end_pfn)
{
	phys_addr_t from, to;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_NONE, &from, &to, NULL)
		if (max(PFN_UP(from), start_pfn) < min(PFN_DOWN(to), end_pfn))
			return true;
	return false;
}

static void __init map_chunk(unsigned long start_pfn, unsigned long end_pfn)
{
	unsigned long from, to;
	int i;

	if (can_be_large(start_pfn, end_pfn)) {
		unsigned int index = pde_index((unsigned long)__va(PFN_PHYS(start_pfn)));

		set_pde(&swapper_pg_dir[index], mk_large_pde(start_pfn, PAGE_KERNEL));
		return;
	}
	for_each_mem_pfn_range(i, MAX_NUMNODES, &from, &to, NULL) {
		from = max(from, start_pfn);
		to = min(to, end_pfn);
		if (from < to)
			map_pages(from, to);
	}
}

/*
 * Maps what costs nothing or brings a page, then what only costs. The limit passes the chunks that have to
 * wait: no page of theirs is free, so none is handed out before it is mapped. No entry was present.
 */
static void __init map_lowmem(unsigned long first_pfn)
{
	const unsigned long frames = PDE_SIZE >> PAGE_SHIFT;

	for (unsigned long pfn = first_pfn; pfn < max_low_pfn; pfn += frames) {
		unsigned long end_pfn = min(pfn + frames, max_low_pfn);

		if (can_be_large(pfn, end_pfn) || has_free_page(pfn, end_pfn))
			map_chunk(pfn, end_pfn);
		memblock_set_current_limit(PFN_PHYS(end_pfn));
	}
	for (unsigned long pfn = first_pfn; pfn < max_low_pfn; pfn += frames)
		if (!pde_present(swapper_pg_dir[pde_index((unsigned long)__va(PFN_PHYS(pfn)))]))
			map_chunk(pfn, min(pfn + frames, max_low_pfn));
}

/* Above 1 MiB: what is below serves code that runs in real mode. */
static phys_addr_t __init table_from_memblock(void)
{
	phys_addr_t table =
		memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, SZ_1M, MEMBLOCK_ALLOC_ACCESSIBLE);

	if (table)
		clear_page(__va(table));
	return table;
}

void __init paging_init(void)
{
	unsigned long early_end = early_mapped_end();

	/* While memory comes from memblock there is one CPU, and no table to give back. */
	pagetable_use_allocator((struct table_allocator){ .alloc = table_from_memblock });
	unmap_early_holes(early_end);
	/* Tables side by side at the bottom, not one in each new piece: that would leave no large
	 * block whole. */
	memblock_set_bottom_up(true);
	map_lowmem(PFN_DOWN(early_end));
	memblock_set_bottom_up(false);
	/* Nothing present was changed but by unmap_early_holes(), into not present: one flush. */
	flush_tlb_all(TLB_BOOT);
	layout_set_direct_map();
	borders_print();
}
