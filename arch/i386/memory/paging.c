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
 * The kernel's page tables at boot. Tables need memory, and the kernel learns only later which
 * memory there is. So they are made in three steps:
 *
 *   paging_init_early()   needs no memory: its tables are static. It maps the first 4 MiB (8 MiB if
 *                         the image is longer) by 4 KiB pages, each part of the image with its
 *                         final rights, and gives the fixmap its tables. Then it loads them.
 *
 *   paging_init()         knows the RAM. From the end of step one it goes up by one directory entry
 *                         (a chunk) at a time. A chunk of RAM becomes one large page; a chunk with
 *                         some RAM gets a table; a chunk without RAM stays empty. Each new table
 *                         comes from memory that is already mapped.
 *
 *   paging_complete()     knows where the vmalloc range begins, since the frame table has taken its
 *                         part. Without PAE it makes all tables up to the end of the address space;
 *                         pgtable.c says why.
 *
 * All RAM of step one may be reserved, so the image holds one spare table for the first chunk with
 * RAM. After that, a chunk with a free page costs at most one page, and brings at least one. Chunks
 * without a free page are mapped last. So memory for tables runs out only if all of lowmem is in
 * use.
 *
 * The first 4 MiB have 4 KiB pages on every CPU: a large page over the fixed-range MTRRs, which
 * have different memory types, is undefined (Intel SDM 3A, 12.11.9). The direct map holds RAM only.
 * VGA memory and ROMs are reached through ioremap() or the fixmap, which set their cache type.
 */

#define EARLY_MAPPED_MIN SZ_4M
#define EARLY_MAPPED_MAX SZ_8M /* linker.ld checks that the image ends below this */

#define EARLY_TABLES (EARLY_MAPPED_MAX >> PDE_SHIFT)

static pte_t early_tables[EARLY_TABLES][PTRS_PER_PTE] __aligned(PAGE_SIZE);

/* Table for the first chunk of RAM that step one did not map. */
static pte_t spare_table[PTRS_PER_PTE] __aligned(PAGE_SIZE);

/*
 * --- the difference between the modes: what CR3 points to ---------------------------------------
 */

#if CONFIG_PAE

/* The four entries name the four pages of the directory and have no rights (table 4-8). */
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

/* Rights of the parts of the image. Everything else is data. */
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

/* The entries were not present, so no flush is needed. */
static void __init install_tables(unsigned long vaddr, const pte_t *tables, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		set_kernel_pde(vaddr + i * PDE_SIZE, (pde_t){ 0 },
			       pde_of_table(__pa(tables + i * PTRS_PER_PTE)));
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
 * PWT selects entry 1 of the PAT. It becomes write-combining (1) instead of write-through. The
 * other entries keep their values after a reset, like those of a CPU without a PAT: 0 is
 * write-back, 2 and 3 are uncacheable (12.12.4). No page of the boot tables has PWT or PCD, so no
 * page changes its type. The caches are emptied because the manual requires it.
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
 * The order is Intel's. An entry may have NX only while EFER.NXE is set (4.1.4). PGE is set last,
 * when no entry of the boot tables can be mistaken for a global one (4.10.2.4).
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

/* Another CPU already uses the tables and the features that they need. This sets up the rest. */
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

/* Unmap the frames of step one that are not RAM: the map was not known then. */
static void __init unmap_early_holes(unsigned long end)
{
	for (unsigned long pa = 0; pa < end; pa += PAGE_SIZE)
		if (!memblock_is_region_memory(pa, PAGE_SIZE) && !in_image(pa))
			clear_pte(pte_lookup((unsigned long)__va(pa)));
}

/*
 * The PTE of an address in the direct map. Its table is the spare one if there is no memory for
 * another.
 */
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
			panic("no memory for the page table of frame %#lx: all RAM below %#llx is "
			      "used",
			      pfn, memblock_get_current_limit());
		set_pte(pte, mk_pte(pfn, PAGE_KERNEL));
	}
}

/*
 * A chunk is the part of the direct map that one directory entry covers, or less at the end of
 * lowmem.
 */
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
		set_kernel_pde((unsigned long)__va(PFN_PHYS(start_pfn)), (pde_t){ 0 },
			       mk_large_pde(start_pfn, PAGE_KERNEL));
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
 * Map the chunks that have a free page or need no table, then the others. The memblock limit may
 * pass the chunks that wait: they have no free page, so none is allocated before it is mapped. No
 * entry was present before.
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
		if (!pde_present(kernel_pde((unsigned long)__va(PFN_PHYS(pfn)))))
			map_chunk(pfn, min(pfn + frames, max_low_pfn));
}

/* Take tables from above 1 MiB: memory below serves code in real mode. */
static phys_addr_t __init tables_from_memblock(unsigned int count)
{
	const unsigned long size = count * PAGE_SIZE;
	phys_addr_t tables =
		memblock_phys_alloc_range(size, PAGE_SIZE, SZ_1M, MEMBLOCK_ALLOC_ACCESSIBLE);

	if (tables)
		memset(__va(tables), 0, size);
	return tables;
}

static phys_addr_t __init table_from_memblock(void)
{
	return tables_from_memblock(1);
}

void __init paging_init(void)
{
	unsigned long early_end = early_mapped_end();

	/*
	 * No @free: while memory comes from memblock, only one CPU runs, and no table is left over.
	 */
	pagetable_use_allocator((struct table_allocator){ .alloc = table_from_memblock });
	unmap_early_holes(early_end);
	/*
	 * Put all tables side by side at the bottom. One table in each new chunk would leave no
	 * large block of free pages.
	 */
	memblock_set_bottom_up(true);
	map_lowmem(PFN_DOWN(early_end));
	memblock_set_bottom_up(false);
	/* Only unmap_early_holes() changed present entries, to not present: one flush is enough. */
	flush_tlb_all(TLB_BOOT);
	borders_complete();
	borders_print();
}

/* --- step three ------------------------------------------------------------------------------- */

/* All tables at once, or in pieces if no free range of lowmem is large enough. */
static void __init make_vmalloc_tables(void)
{
	unsigned int left = (PKMAP_BASE - vmalloc_start) >> PDE_SHIFT, piece = left;

	while (left) {
		phys_addr_t tables = tables_from_memblock(piece);

		if (tables) {
			install_tables(PKMAP_BASE - left * PDE_SIZE, __va(tables), piece);
			left -= piece;
			piece = min(piece, left);
		} else if (!(piece /= 2)) {
			panic("no memory for %u page tables, of %08lx to %08lx: all RAM below "
			      "%#llx is used",
			      left, PKMAP_BASE - left * PDE_SIZE, PKMAP_BASE,
			      memblock_get_current_limit());
		}
	}
}

void __init paging_complete(void)
{
	if (!CONFIG_PAE)
		make_vmalloc_tables();
	pagetable_complete();
}
