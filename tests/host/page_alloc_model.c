/* SPDX-License-Identifier: MIT */
#include <mm/memblock.h>
#include <mm/page.h>

#include "host.h"
#include "page_alloc_model.h"

/*
 * The random machines have everything that is difficult: RAM that ends within a page or within a
 * block, holes around the borders of zones, a start of highmem that is no multiple of a block,
 * reservations of single bytes, and on some machines RAM beyond 4 GiB with nothing below it.
 */

unsigned char model[MODEL_MAX_PFN];

/* Fewer than memblock has room for, half of the RAM below the window. */
#define MAX_RANGES 100

static struct range {
	phys_addr_t start, end;
} ram[MAX_RANGES], taken[MAX_RANGES];

static unsigned int nr_ram, nr_taken;

static u32 next_random(void)
{
	return (u32)host_random();
}

static void list_reset(struct memblock_type *type)
{
	type->cnt = 1;
	type->total_size = 0;
	memset(&type->regions[0], 0, sizeof(type->regions[0]));
}

static void add_ram(phys_addr_t start, phys_addr_t end)
{
	if (start >= end || nr_ram == MAX_RANGES)
		return;
	ram[nr_ram++] = (struct range){ start, end };
	memblock_add(start, end - start);
}

void model_reserve(phys_addr_t base, phys_addr_t size)
{
	if (nr_taken == MAX_RANGES)
		abort();
	taken[nr_taken++] = (struct range){ base, base + size };
}

/*
 * RAM and holes in turn, up to `end`, of a few pages or of many blocks, with odd numbers of
 * bytes.
 */
static void random_ram(phys_addr_t pos, phys_addr_t end)
{
	for (unsigned int left = MAX_RANGES / 2 - 2; left && pos < end; left--) {
		phys_addr_t size = (phys_addr_t)(next_random() % 0x1000000) >> next_random() % 12;
		phys_addr_t hole = (phys_addr_t)(next_random() % 0x400000) >> next_random() % 14;

		add_ram(pos, min(pos + size, end));
		/* At least a page apart, since memblock joins ranges that touch. */
		pos += size + hole + 0x2000;
	}
}

static bool overlaps(phys_addr_t start, phys_addr_t end, phys_addr_t a, phys_addr_t b)
{
	return start < b && a < end;
}

static void random_reservations(phys_addr_t window_start, phys_addr_t window_end)
{
	unsigned int nr = next_random() % 40;

	while (nr--) {
		const struct range *range = &ram[next_random() % nr_ram];
		phys_addr_t base = range->start + next_random() % (range->end - range->start);
		phys_addr_t size = 1 + (next_random() % 0x100000u >> next_random() % 20);

		if (overlaps(base, base + size, window_start, window_end))
			continue;
		memblock_reserve(base, size);
		model_reserve(base, size);
	}
}

void model_build(phys_addr_t window_start, phys_addr_t window_end)
{
	nr_ram = nr_taken = 0;
	list_reset(&memblock.memory);
	list_reset(&memblock.reserved);
	random_ram(next_random() % 3 * 0x800, window_start - 0x3000);
	add_ram(window_start, window_end);
	random_ram(window_end + 0x3000, window_end + (next_random() % 0x6000000));
	if (next_random() % 4 == 0)
		add_ram(0x100000000ull + next_random() % 0x10000,
			0x100800000ull + next_random() % 0x800000);
	/* The address of the first frame would be NULL. The kernel reserves it, too. */
	memblock_reserve(0, PAGE_SIZE);
	model_reserve(0, PAGE_SIZE);
	random_reservations(window_start, window_end);
	memblock_set_current_limit(window_end);
	max_pfn = PFN_DOWN(memblock_end_of_DRAM());
	max_low_pfn = min(max_pfn, PFN_DOWN(window_end) + next_random() % 0x3000);
}

static bool is_ram(phys_addr_t start, phys_addr_t end)
{
	for (unsigned int i = 0; i < nr_ram; i++)
		if (ram[i].start <= start && end <= ram[i].end)
			return true;
	return false;
}

static bool is_taken(phys_addr_t start, phys_addr_t end)
{
	for (unsigned int i = 0; i < nr_taken; i++)
		if (overlaps(start, end, taken[i].start, taken[i].end))
			return true;
	return false;
}

void model_handover(void)
{
	for (unsigned long pfn = 0; pfn < max_pfn; pfn++) {
		phys_addr_t start = PFN_PHYS(pfn), end = start + PAGE_SIZE;

		if (!is_ram(start, end))
			model[pfn] = MODEL_HOLE;
		else
			model[pfn] = is_taken(start, end) ? MODEL_RESERVED : MODEL_FREE;
	}
}

enum zone_type model_zone(unsigned long pfn)
{
	if (pfn >= max_low_pfn)
		return pfn < 0x100000 && max_pfn > 0x100000 ? ZONE_DMA32 : ZONE_HIGHMEM;
	return pfn < 4096 ? ZONE_DMA : ZONE_NORMAL;
}

bool model_range_is(unsigned long pfn, unsigned long nr, enum model_frame state)
{
	for (unsigned long i = 0; i < nr; i++)
		if (pfn + i >= max_pfn || model[pfn + i] != state)
			return false;
	return true;
}

void model_set(unsigned long pfn, unsigned long nr, enum model_frame state)
{
	memset(model + pfn, state, nr);
}

/* --- comparing -------------------------------------------------------------------------------- */

struct sums {
	unsigned long frames[MODEL_USED + 1];
	u32 blocks[MAX_ORDER + 1];
};

/* Order of the largest free block that begins at a free frame. */
static unsigned int block_at(unsigned long pfn)
{
	unsigned int order = 0;

	while (order < MAX_ORDER && pfn % (2ul << order) == 0 &&
	       model_range_is(pfn + (1ul << order), 1ul << order, MODEL_FREE) &&
	       model_zone(pfn + (2ul << order) - 1) == model_zone(pfn))
		order++;
	return order;
}

static void sum_up(struct sums sums[MAX_NR_ZONES])
{
	unsigned long step;

	memset(sums, 0, MAX_NR_ZONES * sizeof(*sums));
	for (unsigned long pfn = 0; pfn < max_pfn; pfn += step) {
		struct sums *sum = &sums[model_zone(pfn)];

		step = 1;
		if (model[pfn] == MODEL_FREE) {
			unsigned int order = block_at(pfn);

			step = 1ul << order;
			sum->blocks[order]++;
		}
		sum->frames[model[pfn]] += step;
	}
}

static const char *differs(const struct zone *zone, const char *what, unsigned long is,
			   unsigned long expected)
{
	static char text[128];

	if (is == expected)
		return NULL;
	snprintf(text, sizeof(text), "zone %s: %s is %lu, expected %lu", zone->name, what, is,
		 expected);
	return text;
}

static const char *compare_zone(const struct zone *zone, const struct sums *sum)
{
	unsigned long managed = sum->frames[MODEL_FREE] + sum->frames[MODEL_USED];
	const char *wrong = differs(zone, "free_pages", zone->free_pages, sum->frames[MODEL_FREE]);

	if (!wrong)
		wrong = differs(zone, "managed_pages", zone->managed_pages, managed);
	if (!wrong)
		wrong = differs(zone, "present_pages", zone->present_pages,
				managed + sum->frames[MODEL_RESERVED]);
	for (unsigned int order = 0; !wrong && order <= MAX_ORDER; order++) {
		char what[32];

		snprintf(what, sizeof(what), "nr_free of order %u", order);
		wrong = differs(zone, what, zone->free_area[order].nr_free, sum->blocks[order]);
	}
	return wrong;
}

const char *model_matches(void)
{
	static struct sums sums[MAX_NR_ZONES];
	const char *wrong = NULL;

	sum_up(sums);
	for (unsigned int i = 0; !wrong && i < MAX_NR_ZONES; i++)
		wrong = compare_zone(&zones[i], &sums[i]);
	return wrong;
}
