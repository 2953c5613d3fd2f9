/* SPDX-License-Identifier: MIT */
#include <asm/sections.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <mm/buddy.h>
#include <mm/handover.h>
#include <mm/memblock.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>

/*
 * The hand-over of memory from memblock to the page allocator.
 *
 * memblock counts bytes, the page allocator counts whole frames:
 *
 *	memory      ├─────────────────────────────────────────┤
 *	reserved        ├────┤          ├──┤
 *	frames      │   │   │   │   │   │   │   │   │   │   │   │
 *	given       yes          yes yes     yes yes yes yes
 *
 * A free range is therefore cut to whole frames: it begins at the next frame border, and ends at
 * the last one. A frame at its edge has a part that is still in use, so it stays reserved.
 *
 * Invariant: in each zone, present = managed + reserved. mem_map.c counts the present pages, the
 * allocator counts the managed ones, and this file counts the reserved ones from memblock's
 * lists. So the sum is a check, not a definition.
 *
 * Price: one store per frame, which marks it as a tail, and one list operation per 4 MiB.
 */

/* --- the sums --------------------------------------------------------------------------------- */

static void __init count_in_zones(unsigned long start, unsigned long end,
				  unsigned long count[MAX_NR_ZONES])
{
	for (unsigned int i = 0; i < MAX_NR_ZONES; i++) {
		unsigned long from = max(start, zones[i].start_pfn);
		unsigned long to = min(end, zone_end_pfn(&zones[i]));

		if (from < to)
			count[i] += to - from;
	}
}

/*
 * Counts the frames of [start, end) that a reservation touches. The list is sorted, so each frame
 * is counted once.
 */
static void __init count_reserved_in(unsigned long start, unsigned long end,
				     unsigned long count[MAX_NR_ZONES])
{
	const struct memblock_region *region;

	for_each_reserved_mem_region(region) {
		unsigned long from = max(start, PFN_DOWN(region->base));
		unsigned long to = min(end, PFN_UP(region->base + region->size));

		if (region->size == 0 || from >= to)
			continue;
		count_in_zones(from, to, count);
		start = to;
	}
}

static void __init count_reserved(unsigned long count[MAX_NR_ZONES])
{
	const enum memblock_flags kept = MEMBLOCK_NOMAP | MEMBLOCK_DRIVER_MANAGED;
	const struct memblock_region *region;

	for_each_mem_region(region) {
		unsigned long start = PFN_UP(region->base);
		unsigned long end = PFN_DOWN(region->base + region->size);

		if (start >= end)
			continue;
		if (region->flags & kept)
			count_in_zones(start, end, count);
		else
			count_reserved_in(start, end, count);
	}
}

static void __init check_sums(void)
{
	unsigned long reserved[MAX_NR_ZONES] = { 0 };
	const struct zone *zone;

	count_reserved(reserved);
	for_each_zone(zone) {
		pr_info("  %-7s %8lu pages = %8lu managed + %5lu reserved\n", zone->name,
			zone->present_pages, zone->managed_pages, reserved[zone->type]);
		if (zone->present_pages != zone->managed_pages + reserved[zone->type])
			warn("zone %s: %lu pages present, expected %lu managed + %lu reserved",
			     zone->name, zone->present_pages, zone->managed_pages,
			     reserved[zone->type]);
	}
}

static unsigned long __init kb_between(const char *start, const char *end)
{
	return (unsigned long)(end - start) >> 10;
}

static void __init print_memory_line(void)
{
	const unsigned int to_kb = PAGE_SHIFT - 10;
	unsigned long present = 0, managed = nr_managed_pages();
	unsigned long init = kb_between(init_text_start, init_text_end) +
			     kb_between(init_data_start, init_data_end) +
			     kb_between(init_bss_start, init_bss_end);

	for (unsigned int i = 0; i < MAX_NR_ZONES; i++)
		present += zones[i].present_pages;
	pr_info("Memory: %luK/%luK available (%luK kernel code, %luK rwdata, %luK rodata, %luK "
		"init, "
		"%luK bss, %luK reserved, %luK highmem)\n",
		nr_free_pages() << to_kb, present << to_kb, kb_between(text_start, text_end),
		kb_between(data_start, data_end), kb_between(rodata_start, rodata_end), init,
		kb_between(bss_start, bss_end), (present - managed) << to_kb,
		totalhigh_pages() << to_kb);
}

/* --- giving ----------------------------------------------------------------------------------- */

/* Works from the top down: memory that is freed last, the lowest, is allocated first. */
void __init memblock_free_all(void)
{
	phys_addr_t start, end;
	u64 i;

	memblock_clear_hotplug(0, PHYS_ADDR_MAX);
	for_each_free_mem_range_reverse(i, NUMA_NO_NODE, MEMBLOCK_NONE, &start, &end, NULL) {
		unsigned long from = PFN_UP(start), to = PFN_DOWN(end);

		if (from < to)
			free_boot_range(from, to);
	}
	zone_limits_update();
	print_memory_line();
	check_sums();
}

void memblock_free_late(phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + min(size, PHYS_ADDR_MAX - base);
	unsigned long from = PFN_UP(base), to = PFN_DOWN(end);

	for (unsigned long pfn = from; pfn < to; pfn++)
		if (!pfn_valid(pfn) || page_state(pfn_to_page(pfn)) != PAGE_RESERVED)
			panic("memblock_free_late(%#llx, %#llx): frame %#lx is %s, expected "
			      "reserved",
			      base, size, pfn,
			      pfn < max_pfn ? page_state_name(page_state(pfn_to_page(pfn)))
					    : "beyond all RAM");
	if (from < to)
		free_boot_range(from, to);
	zone_limits_update();
}

static void discard_list(struct memblock_type *type)
{
	phys_addr_t size, base = memblock_grown_array(type, &size);

	if (!base)
		return;
	type->regions = NULL;
	type->cnt = 0;
	type->max = 0;
	type->total_size = 0;
	memblock_free_late(base, size);
}

void memblock_discard(void)
{
	discard_list(&memblock.memory);
	discard_list(&memblock.reserved);
	discard_list(&physmem);
}
