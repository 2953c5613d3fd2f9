/* SPDX-License-Identifier: MIT */
#include "memblock_compare.h"
#include "memblock_operands.h"

#include <mm/memblock.h>

/*
 * Everything that can be seen of memblock from outside, compared with the model: the state, the
 * questions and the loops.
 */

static void compare_list(enum model_list list)
{
	static struct model_pieces want;
	const struct memblock_type *type = list_of(list);

	SAME(type->total_size, model_regions(&model, list, &want));
	SAME(type->cnt, want.nr ? want.nr : 1);
	SAME(type->max, model.max[list]);
	if (model.array[list])
		SAME((uintptr_t)type->regions, model.array[list]);
	if (!want.nr) {
		SAME(type->regions[0].base, 0);
		SAME(type->regions[0].size, 0);
		SAME(type->regions[0].flags, MEMBLOCK_NONE);
	}
	for (unsigned int i = 0; i < want.nr; i++) {
		SAME(type->regions[i].base, want.p[i].start);
		SAME(type->regions[i].size, want.p[i].end - want.p[i].start);
		SAME(type->regions[i].nid, want.p[i].nid);
		SAME(type->regions[i].flags, want.p[i].flags);
	}
}

static void compare_grown(void)
{
	for (int l = 0; l < MODEL_LISTS; l++) {
		phys_addr_t bytes = 0, at = memblock_grown_array(list_of(l), &bytes);

		SAME(at, model.array[l]);
		if (at)
			SAME(bytes, model_array_bytes(model.max[l]));
	}
}

static void compare_state(void)
{
	for (int l = 0; l < MODEL_LISTS; l++)
		compare_list(l);
	compare_grown();
	SAME(memblock.bottom_up, model.bottom_up);
	SAME(memblock.current_limit, model.limit);
}

/* --- questions -------------------------------------------------------------------------------- */

static const struct model_piece *holder(const struct model_pieces *list, phys_addr_t addr)
{
	for (unsigned int i = 0; i < list->nr; i++)
		if (list->p[i].start <= addr && addr < list->p[i].end)
			return &list->p[i];
	return NULL;
}

static void compare_answers(void)
{
	static struct model_pieces mem;
	phys_addr_t a = any_addr(), n = any_size(), total, b = any_addr();
	phys_addr_t end = a + min(n, PHYS_ADDR_MAX - a);
	const struct model_piece *h;
	unsigned long pfn = (unsigned long)(a / PAGE_SIZE), start_pfn = 1, end_pfn = 2;
	bool in_nomap;

	total = model_regions(&model, MODEL_MEMORY, &mem);
	h = holder(&mem, a);
	in_nomap = h && (h->flags & MEMBLOCK_NOMAP);
	SAME(memblock_phys_mem_size(), total);
	SAME(memblock_start_of_DRAM(), mem.nr ? mem.p[0].start : 0);
	SAME(memblock_end_of_DRAM(), mem.nr ? mem.p[mem.nr - 1].end : 0);
	SAME(memblock_is_memory(a), h != NULL);
	SAME(memblock_is_map_memory(a), h && !in_nomap);
	SAME(memblock_is_reserved(a), model_touches(&model, MODEL_RESERVED, a, 1));
	SAME(memblock_is_region_memory(a, n), h && end <= h->end);
	SAME(memblock_is_region_reserved(a, n), model_touches(&model, MODEL_RESERVED, a, n));
	SAME(memblock_overlaps_region(&memblock.memory, a, n),
	     model_touches(&model, MODEL_MEMORY, a, n));
	SAME(memblock_overlaps_region(&physmem, a, n), model_touches(&model, MODEL_PHYSMEM, a, n));
	SAME(memblock_addrs_overlap(a, n, b, 100),
	     a < b + min((phys_addr_t)100, PHYS_ADDR_MAX - b) && b < end && n &&
		     b != PHYS_ADDR_MAX);
	if ((u64)pfn * PAGE_SIZE != a - a % PAGE_SIZE)
		return; /* the frame number does not fit in 32 bits */
	h = holder(&mem, a - a % PAGE_SIZE);
	SAME(memblock_search_pfn_nid(pfn, &start_pfn, &end_pfn), h ? h->nid : -1);
	SAME(start_pfn, h ? (unsigned long)(h->start / PAGE_SIZE) : 1);
	SAME(end_pfn, h ? (unsigned long)(h->end / PAGE_SIZE) : 2);
}

/* --- loops ------------------------------------------------------------------------------------ */

static void compare_ranges(void)
{
	static struct model_pieces list;
	phys_addr_t start, end;
	unsigned int n = 0;
	u64 i;

	model_regions(&model, MODEL_MEMORY, &list);
	for_each_mem_range(i, &start, &end) {
		while (n < list.nr && (list.p[n].flags & MEMBLOCK_NOMAP))
			n++;
		SAME(start, n < list.nr ? list.p[n].start : 0);
		SAME(end, n < list.nr ? list.p[n].end : 0);
		n++;
	}
	SAME(i, ULLONG_MAX);
	while (n < list.nr && (list.p[n].flags & MEMBLOCK_NOMAP))
		n++;
	SAME(n, list.nr ? list.nr : 1);

	n = list.nr;
	for_each_mem_range_rev(i, &start, &end) {
		while (n && (list.p[n - 1].flags & MEMBLOCK_NOMAP))
			n--;
		SAME(start, n ? list.p[n - 1].start : 0);
		SAME(end, n ? list.p[n - 1].end : 0);
		n -= n != 0;
	}
	SAME(i, ULLONG_MAX);
	while (n && (list.p[n - 1].flags & MEMBLOCK_NOMAP))
		n--;
	SAME(n, 0);
}

static void compare_free_ranges(int nid, enum memblock_flags flags)
{
	static struct model_pieces list;
	phys_addr_t start, end;
	unsigned int n = 0;
	int node;
	u64 i;

	model_free_pieces(&model, nid, flags, &list);
	for_each_free_mem_range(i, nid, flags, &start, &end, &node) {
		SAME(n < list.nr, true);
		SAME(start, list.p[n].start);
		SAME(end, list.p[n].end);
		SAME(node, list.p[n].nid);
		n++;
	}
	SAME(i, ULLONG_MAX);
	SAME(n, list.nr);
	for_each_free_mem_range_reverse(i, nid, flags, &start, &end, &node) {
		SAME(n > 0, true);
		n--;
		SAME(start, list.p[n].start);
		SAME(end, list.p[n].end);
		SAME(node, list.p[n].nid);
	}
	SAME(i, ULLONG_MAX);
	SAME(n, 0);
}

static void compare_pfn_ranges(int nid)
{
	static struct model_pieces list;
	unsigned long start, end;
	unsigned int n = 0;
	int i, node;

	model_regions(&model, MODEL_MEMORY, &list);
	for_each_mem_pfn_range(i, nid, &start, &end, &node) {
		phys_addr_t first, last;

		for (; n < list.nr; n++) {
			first = list.p[n].start / PAGE_SIZE + (list.p[n].start % PAGE_SIZE != 0);
			last = list.p[n].end / PAGE_SIZE;
			if ((nid == MAX_NUMNODES || nid == list.p[n].nid) && first < last)
				break;
		}
		SAME(n < list.nr, true);
		SAME(start, (unsigned long)first);
		SAME(end, (unsigned long)last);
		SAME(node, list.p[n].nid);
		n++;
	}
	SAME(i, -1);
}

void memblock_compare(void)
{
	unsigned int b;

	compare_state();
	compare_answers();
	/* The loops are long, and all see the same lists, so each time only one is compared. */
	b = byte();
	if (b % 4 == 0)
		compare_ranges();
	else if (b % 4 == 1)
		compare_pfn_ranges(any_node());
	else
		compare_free_ranges(any_node(), (enum memblock_flags)(byte() % 16));
}
