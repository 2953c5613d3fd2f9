/* SPDX-License-Identifier: MIT */
#include <asm/absent_ram.h>
#include <asm/acpi.h>
#include <asm/boot_modules.h>
#include <asm/borders.h>
#include <asm/cpu.h>
#include <asm/e820.h>
#include <asm/fixmap.h>
#include <asm/page.h>
#include <asm/pgtable.h>
#include <asm/probe.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <mm/memblock.h>
#include <mm/page.h>

/*
 * From the firmware's memory map to memblock, the kernel's first allocator:
 *
 *	raw entries ─▶ e820 table ─▶ physmem: all RAM, reachable or not
 *	               (sane)    └─▶ memory:  what page tables can name ─▶ minus what is reserved
 *
 * A map may be wrong, so RAM that does not answer is first removed from the e820 table
 * (absent_ram.c). Highmem that highmem= excludes is removed next, before memblock is filled. After
 * memory_setup(), each frame in `memory` that is not reserved can be used.
 */

struct boot_record boot_record;
phys_addr_t trampoline_page __ro_after_init;

void __init boot_record_copy(u32 phys)
{
	struct boot_record *chooser = __va(phys);

	memcpy(&boot_record, chooser, sizeof(boot_record));
	memset(chooser->grade_key, 0, sizeof(chooser->grade_key));
	if (boot_record.magic != BOOT_RECORD_MAGIC || boot_record.size != sizeof(boot_record))
		panic("boot record at %#x: magic %#x and %u bytes, expected %#x and %zu", phys,
		      boot_record.magic, boot_record.size, BOOT_RECORD_MAGIC, sizeof(boot_record));
}

char *boot_cmdline(void)
{
	return __va(boot_record.cmdline);
}

/* --- the map ---------------------------------------------------------------------------------- */

/*
 * A loader without a map gives two sizes: RAM below 640 KiB, and RAM from 1 MiB to the first hole.
 */
static void __init map_from_sizes(void)
{
	struct boot_e820 low = { .addr = 0,
				 .size = (u64)boot_record.mem_lower << 10,
				 .type = E820_RAM };
	struct boot_e820 high = { .addr = SZ_1M,
				  .size = (u64)boot_record.mem_upper << 10,
				  .type = E820_RAM };

	pr_warn("The loader gave no memory map, only sizes: %u kB and %u kB\n",
		boot_record.mem_lower, boot_record.mem_upper);
	boot_record.e820[0] = low;
	boot_record.e820[1] = high;
	boot_record.nr_e820 = 2;
}

static void __init read_firmware_map(void)
{
	if (boot_record.nr_e820 == 0)
		map_from_sizes();
	if (boot_record.nr_e820_lost)
		pr_warn("The loader's memory map has %u entries, expected at most %u: %u are "
			"ignored\n",
			boot_record.nr_e820 + boot_record.nr_e820_lost, BOOT_MAX_E820,
			boot_record.nr_e820_lost);
	e820_init(boot_record.e820, boot_record.nr_e820);
	pr_info("%s-provided physical RAM map:\n", boot_record.efi_map ? "EFI" : "BIOS");
	e820_print(boot_record.efi_map ? "EFI-e820" : "BIOS-e820");
	e820_apply_params();
	e820_drop_legacy_ram();
}

/* Address of the first RAM above 4 GiB, or 0. */
static phys_addr_t __init first_ram_above_4g(void)
{
	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];
		phys_addr_t end = entry->addr + entry->size;

		if (entry->type == E820_RAM && end >= SZ_4G + PAGE_SIZE)
			return max(entry->addr, (phys_addr_t)SZ_4G);
	}
	return 0;
}

static void __init confirm_phys_bits(void)
{
	phys_addr_t ram = first_ram_above_4g();

	cpu_confirm_phys_bits(boot_cpu.phys_bits_known || !ram || probe_phys(ram));
}

/* As many ranges as the e820 table may have, so that none is lost. */
static struct memblock_region physmem_regions[E820_MAX];

static void __init add_physmem(void)
{
	memcpy(physmem_regions, physmem.regions, physmem.cnt * sizeof(*physmem.regions));
	physmem.regions = physmem_regions;
	physmem.max = ARRAY_SIZE(physmem_regions);
	for (u32 i = 0; i < e820_table.nr; i++)
		if (e820_table.entries[i].type == E820_RAM)
			memblock_physmem_add(e820_table.entries[i].addr,
					     e820_table.entries[i].size);
}

/* A frame number has 32 bits. The highest one, PFN_NONE, means "no frame". */
#define FRAME_NUMBERS_END PFN_PHYS(PFN_NONE)

/* Remove the RAM that page tables or frame numbers cannot name, and print how much it is. */
static void __init drop_unreachable(void)
{
	phys_addr_t named = (phys_addr_t)1 << boot_cpu.phys_bits;
	u64 lost = e820_clamp(named);

	if (lost && named == SZ_4G)
		pr_warn("%llu MiB above 4 GiB unreachable: %s\n", lost >> 20,
			CONFIG_PAE ? "the CPU has 32 physical-address bits" : "kernel is non-PAE");
	else if (lost)
		pr_warn("%llu MiB above %llu GiB unreachable: the CPU has %u physical-address "
			"bits\n",
			lost >> 20, named >> 30, boot_cpu.phys_bits);
	lost = e820_clamp(FRAME_NUMBERS_END);
	if (lost)
		pr_warn("%llu kB above %#llx unreachable: frame numbers have 32 bits\n", lost >> 10,
			FRAME_NUMBERS_END);
}

static void __init add_memory(void)
{
	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];

		if (entry->type == E820_RAM && memblock_add(entry->addr, entry->size) != 0)
			pr_warn("memblock is full: RAM at %#llx, %llu kB, is not used\n",
				entry->addr, entry->size >> 10);
	}
	memblock_trim_memory(PAGE_SIZE);
}

/* --- reserved memory -------------------------------------------------------------------------- */

static void __init reserve_kernel(void)
{
	memblock_reserve(__pa(kernel_start), kernel_end - kernel_start);
}

/*
 * The kernel runs from the image, so the image is in RAM. A map that says otherwise is wrong there.
 * The memory around the image is then left unused, as the map says.
 */
static void __init check_kernel_is_in_memory(void)
{
	phys_addr_t start = __pa(kernel_start), size = kernel_end - kernel_start;

	if (memblock_is_region_memory(start, size))
		return;
	if (start + size > memblock_end_of_DRAM())
		panic("RAM ends at %#llx, and the kernel at %#llx: expected at least %llu KiB of "
		      "RAM",
		      memblock_end_of_DRAM(), (start + size), (start + size) >> 10);
	pr_warn("The kernel runs at %#llx-%#llx, where the map has no RAM: reserved\n", start,
		(start + size - 1));
	memblock_add(start, size);
	memblock_physmem_add(start, size);
}

static void __init reserve_modules(void)
{
	if (boot_record.nr_modules_lost)
		panic("the loader gave %u modules, expected at most %u: the others would be "
		      "overwritten",
		      boot_record.nr_modules + boot_record.nr_modules_lost, BOOT_MAX_MODULES);
	boot_modules_reserve(&boot_record, __pa(kernel_start), kernel_end - kernel_start);
}

/*
 * The chooser's memory is free, except the command line and the words that were made from it. It
 * holds a command line, so it is RAM, even if the map says otherwise.
 */
static void __init keep_cmdline(void)
{
	phys_addr_t start = ALIGN_DOWN((phys_addr_t)boot_record.cmdline, PAGE_SIZE);
	phys_addr_t end = ALIGN_UP((phys_addr_t)boot_record.cmdline + 2 * boot_record.cmdline_size,
				   PAGE_SIZE);

	if (!memblock_is_region_memory(start, end - start)) {
		pr_warn("The command line is at %#llx-%#llx, where the map has no RAM: reserved\n",
			start, (end - 1));
		memblock_add(start, end - start);
		memblock_physmem_add(start, end - start);
	}
}

static void __init reserve_cmdline(void)
{
	memblock_reserve(boot_record.cmdline, 2 * boot_record.cmdline_size);
}

/*
 * Other CPUs begin in real mode, which reaches 1 MiB. @trampoline_page stays 0 if there is no RAM
 * for it.
 */
static void __init reserve_trampoline(void)
{
	trampoline_page = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, PAGE_SIZE, 0xa0000);
}

/* --- all of it -------------------------------------------------------------------------------- */

static unsigned long __init mebibytes_of_ram(unsigned long from_pfn, unsigned long to_pfn)
{
	unsigned long from, to, pages = 0;
	int i;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &from, &to, NULL) {
		from = max(from, from_pfn);
		to = min(to, to_pfn);
		if (from < to)
			pages += to - from;
	}
	return pages >> (20 - PAGE_SHIFT);
}

static void __init finish_borders(void)
{
	layout_set_end_of_ram(PFN_DOWN(memblock_end_of_DRAM()));
	pr_info("%lu MiB HIGHMEM available\n", mebibytes_of_ram(max_low_pfn, max_pfn));
	pr_info("%lu MiB LOWMEM available\n", mebibytes_of_ram(0, max_low_pfn));
}

void __init memory_setup(void)
{
	read_firmware_map();
	confirm_phys_bits();
	absent_ram_drop();
	add_physmem();
	drop_unreachable();
	borders_init();
	/*
	 * The order matters: when a list of memblock is full, it grows into memory that is not
	 * reserved.
	 */
	reserve_kernel();
	reserve_cmdline();
	memblock_reserve(0, PAGE_SIZE);
	reserve_modules();
	acpi_init(boot_record.rsdp, boot_record.rsdp_size, !boot_record.efi_firmware,
		  memblock_reserve);
	memblock_allow_resize();
	add_memory();
	if (memblock_phys_mem_size() == 0)
		panic("the memory map has no RAM at all that this kernel can use");
	check_kernel_is_in_memory();
	keep_cmdline();
	reserve_trampoline();
	finish_borders();
	memblock_dump_all();
}
