/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/extable.h>
#include <asm/pgtable.h>
#include <kernel/printk.h>
#include <mm/kmap_local.h>
#include <mm/memblock.h>
#include <mm/memblock_alloc.h>
#include <mm/mmzone.h>
#include <vm/table_probe.h>

/*
 * Can a page table be above 4 GiB? With PAE an entry has room for such an address, and CPUs follow
 * it. But an emulator of a 32-bit CPU (qemu-system-i386) cuts the address of a table to 32 bits. It
 * would read another frame instead, and the program would fault for ever on an entry that is right.
 *
 * The probe puts a table into a frame H above 4 GiB. The frame that a cut address leads to, T = H -
 * 4 GiB, is full of zeroes. Both are taken from memblock for the time of the probe, since the walk
 * also writes accessed bits. Then one address is read through the table. If that faults, the
 * address was cut.
 *
 * Where no such pair of frames is free, the answer is the careful one.
 */

bool tables_below_4g __ro_after_init;

#define PROBED (4ul << 20) /* any address of the user half */
#define GIB4   ((phys_addr_t)1 << 32)

static pteval_t probe_pdpt[4] __initdata __aligned(32);

static void __init clear(phys_addr_t frame)
{
	clear_highpage(pfn_to_page(PFN_DOWN(frame)));
}

/* A supervisor entry: SMAP does not forbid it. */
static void __init set_entry(phys_addr_t table, unsigned int index, pteval_t val)
{
	pteval_t *entries = kmap_local_page(pfn_to_page(PFN_DOWN(table)));

	set_pteval(&entries[index], val);
	kunmap_local(entries);
}

/* Reads through a directory and a table that the caller owns. */
static bool __init walk_reaches(phys_addr_t directory, phys_addr_t table)
{
	unsigned long cr3 = read_cr3();
	u32 word;
	int err;

	set_entry(directory, pde_index(PROBED), pde_of_table(table).val);
	set_entry(table, pte_index(PROBED), mk_pte(PFN_DOWN(directory), PAGE_KERNEL_LOCAL).val);
	memcpy(probe_pdpt, swapper_pdpt, sizeof(probe_pdpt));
	probe_pdpt[0] = directory | PTE_PRESENT;
	write_cr3((unsigned long)__pa(probe_pdpt));
	err = probe_read((const void *)PROBED, &word);
	write_cr3(cr3);
	return err == 0;
}

static phys_addr_t __init take(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t frame = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, start, end);

	if (frame)
		clear(frame);
	return frame;
}

void __init table_probe(void)
{
	phys_addr_t directory, low, high = 0;

	if (!CONFIG_PAE || max_pfn <= DMA32_END_PFN)
		return;
	tables_below_4g = true;
	directory = take(0, direct_map_size);
	/* Pairs from 16 MiB on: there is free memory at most of these places. */
	for (low = 16u << 20; !high && low < direct_map_size; low += 16u << 20)
		if (take(low, low + PAGE_SIZE)) {
			high = take(low + GIB4, low + GIB4 + PAGE_SIZE);
			if (high)
				break;
			memblock_phys_free(low, PAGE_SIZE);
		}
	if (high) {
		tables_below_4g = !directory || !walk_reaches(directory, high);
		memblock_phys_free(low, PAGE_SIZE);
		memblock_phys_free(high, PAGE_SIZE);
	}
	if (directory)
		memblock_phys_free(directory, PAGE_SIZE);
	if (tables_below_4g)
		pr_notice("Page tables of programs stay below 4 GiB: %s\n",
			  high ? "this CPU cuts their addresses to 32 bits"
			       : "no free frames for a probe");
}
