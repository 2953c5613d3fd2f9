/* SPDX-License-Identifier: MIT */
#include <asm/borders.h>
#include <asm/e820.h>
#include <asm/layout.h>
#include <asm/page.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <kernel/report_section.h>
#include <lib/errno.h>
#include <lib/parse.h>

/*
 * Chooses the border between lowmem, which the direct map shows, and highmem, which is all RAM
 * above it. The border follows from the layout:
 *
 *	e820      ├── RAM ──┤  hole  ├──────── RAM ────────┤   hole   ├──── RAM ────┤
 *	natural   ├──────────── lowmem ────────┼───────── highmem ─────────────────┤
 *	                                       └ 4 GiB - PAGE_OFFSET - vmalloc, pkmap, fixmap
 *
 * vmalloc= moves the natural border. highmem= has the meaning of Linux's kernel-parameters.txt: the
 * highmem zone gets exactly this size, even on a machine that would have no highmem. The size
 * counts whole pages of RAM, without holes:
 *
 *	highmem= larger    the border moves down until this much RAM is above it
 *	highmem= smaller   the border stays, and the highest RAM is not used
 *
 * Unused RAM is removed from the e820 table before any other code reads that table. So the kernel
 * never looks for a boot module or an ACPI table there.
 *
 * The vmalloc range has all addresses above the direct map. On a machine with little RAM those are
 * nearly 1 GiB, and more with another split. With PAE they cost nothing, since their page tables
 * are made on demand, so PAE has no limit. Without PAE all tables exist from boot (pgtable.c says
 * why), and 1 GiB needs 1 MiB of them. So there the tables get at most 1/128 of lowmem: less than
 * 1 %, and still a range of 8 times lowmem. From 16 MiB of RAM on that is at least the 128 MiB that
 * a large machine has. The range always has 32 MiB: half of it may be taken by a frame table that
 * does not fit into lowmem, and 4 GiB of frames, all that a non-PAE machine can have, need 16 MiB.
 */

/* Bytes of vmalloc range per byte of lowmem, at most, and the size that is always allowed. */
#define VMALLOC_PER_LOWMEM 8
#define VMALLOC_ALWAYS     (4 * SZ_8M)

_Static_assert(128 * PAGE_SIZE * VMALLOC_PER_LOWMEM == SZ_4M,
	       "one page table of vmalloc for 128 pages of lowmem");

/* The least lowmem: all addresses of ZONE_DMA, and RAM for the kernel and its frame table. */
#define LOWMEM_MIN_PFN   (SZ_8M * 2 >> PAGE_SHIFT)
#define LOWMEM_MIN_PAGES (SZ_8M >> PAGE_SHIFT)

static u64 vmalloc_size __initdata;
static bool vmalloc_given __initdata;
static u64 highmem_size __initdata;
static bool highmem_given __initdata;

static int __init parse_whole_size(const char *value, u64 *size)
{
	char *end;
	u64 given = memparse(value, &end);

	if (end == value || *end)
		return -EINVAL;
	*size = given;
	return 0;
}

static int __init parse_vmalloc(const char *value)
{
	int err = parse_whole_size(value, &vmalloc_size);

	if (!err)
		vmalloc_given = true;
	return err;
}
BOOT_PARAM("vmalloc", "vmalloc=nn[KMG]", "size of the vmalloc range; lowmem gives way",
	   parse_vmalloc);

static int __init parse_highmem(const char *value)
{
	int err = parse_whole_size(value, &highmem_size);

	if (!err)
		highmem_given = true;
	return err;
}
BOOT_PARAM("highmem", "highmem=nn[KMG]", "size of highmem; RAM that it excludes is not used",
	   parse_highmem);

/*
 * Largest vmalloc range in bytes that leaves enough lowmem, if it shares @space bytes of addresses
 * with lowmem and the gap between them.
 */
static unsigned long __init largest_vmalloc(unsigned long space)
{
	unsigned long size = space - VMALLOC_GAP - SZ_8M * 2;

	if (!CONFIG_PAE)
		size = min(size,
			   (space - VMALLOC_GAP) / (VMALLOC_PER_LOWMEM + 1) * VMALLOC_PER_LOWMEM);
	return size & PDE_MASK;
}

/* Largest size of the direct map in bytes that the layout allows. */
static u64 __init lowmem_limit(void)
{
	const u64 space = SZ_4G - PAGE_OFFSET;
	const u64 top = SZ_4G - VMALLOC_END;
	const u64 most = largest_vmalloc(PKMAP_BASE - PAGE_OFFSET) - (PKMAP_BASE - VMALLOC_END);
	u64 reserve = KERNEL_RESERVE_DEFAULT;

	if (vmalloc_given) {
		reserve = ALIGN_UP(vmalloc_size + VMALLOC_GAP + top, (u64)PDE_SIZE);
		if (vmalloc_size > most || reserve < KERNEL_RESERVE_MIN) {
			pr_warn("vmalloc=%llu: ignored, expected %lluM to %lluM\n", vmalloc_size,
				(KERNEL_RESERVE_MIN - VMALLOC_GAP - top) >> 20, most >> 20);
			reserve = KERNEL_RESERVE_DEFAULT;
		}
	}
	return space - reserve;
}

/* Count the whole frames of RAM in [from, to). */
static u64 __init ram_pages(u64 from, u64 to)
{
	u64 pages = 0;

	for (u32 i = 0; i < e820_table.nr; i++) {
		struct e820_frames ram = e820_ram_frames(i);

		ram.first = max(ram.first, from);
		ram.end = min(ram.end, to);
		if (ram.first < ram.end)
			pages += ram.end - ram.first;
	}
	return pages;
}

/* The lowest end with @pages of RAM in [from, end); UINT64_MAX if there is less RAM. */
static u64 __init end_of_pages(u64 from, u64 pages)
{
	u64 end = from;

	for (u32 i = 0; i < e820_table.nr && pages; i++) {
		struct e820_frames ram = e820_ram_frames(i);
		u64 first = max(ram.first, from);

		if (first >= ram.end)
			continue;
		end = min(ram.end, first + pages);
		pages -= end - first;
	}
	return pages ? UINT64_MAX : end;
}

/* Remove from the table the RAM that does not fit a highmem of this size. */
static void __init shrink_highmem(u64 border, u64 wanted)
{
	u64 limit = end_of_pages(border, wanted) << PAGE_SHIFT;
	u64 lost = e820_clamp(limit);

	pr_info("highmem=%lluK: %llu kB of RAM above %#llx are not used\n", highmem_size >> 10,
		lost >> 10, limit);
}

/*
 * Move the border down until @wanted pages of RAM are above it. Keep it if too little lowmem would
 * be left.
 */
static u64 __init grow_highmem(u64 border, u64 wanted)
{
	u64 all = ram_pages(0, UINT64_MAX), lower = 0;

	if (wanted <= all)
		lower = end_of_pages(0, all - wanted);
	if (lower >= LOWMEM_MIN_PFN && all - wanted >= LOWMEM_MIN_PAGES)
		return lower;
	pr_warn("highmem=%lluK: ignored, of %llu kB of RAM lowmem keeps at least %u kB and all "
		"below %#x\n",
		highmem_size >> 10, all << (PAGE_SHIFT - 10),
		(u32)(LOWMEM_MIN_PAGES << (PAGE_SHIFT - 10)), (u32)(LOWMEM_MIN_PFN << PAGE_SHIFT));
	return border;
}

void __init borders_init(void)
{
	u64 border = lowmem_limit() >> PAGE_SHIFT;
	u64 above = ram_pages(border, UINT64_MAX), wanted = highmem_size >> PAGE_SHIFT;

	if (highmem_given && wanted < above)
		shrink_highmem(border, wanted);
	else if (highmem_given && wanted > above)
		border = grow_highmem(border, wanted);
	layout_set_border((unsigned long)border);
}

/* Most bytes of addresses from the start of the vmalloc range to pkmap. */
static unsigned long __init vmalloc_limit(void)
{
	u64 lowmem = ram_pages(0, max_low_pfn) << PAGE_SHIFT;
	u64 limit = max(lowmem * VMALLOC_PER_LOWMEM, (u64)VMALLOC_ALWAYS) & ~(PDE_SIZE - 1ull);

	if (CONFIG_PAE || limit >= PKMAP_BASE - PAGE_OFFSET)
		return PKMAP_BASE - PAGE_OFFSET;
	if (vmalloc_given && vmalloc_size > limit)
		pr_warn("vmalloc=%lluM: limited to %lluM, since its page tables get at most %llu "
			"of %llu kB of lowmem\n",
			vmalloc_size >> 20, limit >> 20, limit / PDE_SIZE * PAGE_SIZE >> 10,
			lowmem >> 10);
	return (unsigned long)limit;
}

void __init borders_complete(void)
{
	layout_set_direct_map(vmalloc_limit());
}

/* --- the report ------------------------------------------------------------------------------- */

struct region {
	const char *name;
	unsigned long start, end;
};

#define NR_REGIONS 4

static struct region region(unsigned int i)
{
	const struct region all[NR_REGIONS] = {
		{ "fixmap", FIXADDR_START, FIXADDR_TOP },
		{ "pkmap", PKMAP_BASE, PKMAP_END },
		{ "vmalloc", vmalloc_start, VMALLOC_END },
		{ "lowmem", PAGE_OFFSET, PAGE_OFFSET + direct_map_size },
	};

	return all[i];
}

void __init borders_print(void)
{
	pr_info("Kernel virtual memory layout:\n");
	for (unsigned int i = 0; i < NR_REGIONS; i++) {
		struct region r = region(i);
		unsigned long kb = (r.end - r.start) >> 10;
		bool small = r.end > PKMAP_BASE;

		pr_info("  %-8s: 0x%08lx - 0x%08lx   (%4lu %s)\n", r.name, r.start, r.end,
			small ? kb : kb >> 10, small ? "kB" : "MB");
	}
}

static void layout_section(struct json *json)
{
	json_number(json, "directory_entry_size", PDE_SIZE);
	json_number(json, "entries_per_table", PTRS_PER_PTE);
	json_array(json, "regions");
	for (unsigned int i = NR_REGIONS; i--;) {
		struct region r = region(i);

		json_object(json, NULL);
		json_string(json, "name", r.name);
		json_number(json, "start", r.start);
		json_number(json, "end", r.end);
		json_object_end(json);
	}
	json_array_end(json);
}
REPORT_SECTION(400, "layout", layout_section);
