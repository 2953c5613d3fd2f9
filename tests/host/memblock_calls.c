/* SPDX-License-Identifier: MIT */
#include "memblock_calls.h"
#include "memblock_operands.h"

#include <mm/memblock.h>
#include <string.h>

/*
 * The calls. Each is made on memblock and on the model, and the results have to be equal. A call
 * that would free the array of a grown list is left out, because no correct caller makes it.
 */

#define JUNK 0x5a

/*
 * Whether the arrays of grown lists are still reserved in the model. If not, the next allocation
 * could overwrite them.
 */
static bool arrays_safe(void)
{
	for (int l = 0; l < MODEL_LISTS; l++)
		if (model.array[l] && !model_covers(&model, MODEL_RESERVED, model.array[l],
						    model_array_bytes(model.max[l])))
			return false;
	return true;
}

static struct model before; /* the model before the call */

/* Whether memblock may make the call that the model has made; if not, the model takes it back. */
static bool may_call(void)
{
	if (arrays_safe())
		return true;
	model = before;
	return false;
}

static void do_add(void)
{
	phys_addr_t base = any_addr(), size = any_size();
	int nid = any_node();
	enum memblock_flags flags = any_flags();

	say("add_node(%#llx, %#llx, %d, %d)\n", base, size, nid, flags);
	if (nid == MAX_NUMNODES && flags == MEMBLOCK_NONE)
		SAME(memblock_add(base, size),
		     model_add(&model, MODEL_MEMORY, base, size, nid, flags));
	else
		SAME(memblock_add_node(base, size, nid, flags),
		     model_add(&model, MODEL_MEMORY, base, size, nid, flags));
}

static void do_add_much(void)
{
	phys_addr_t base = any_page(), size = (phys_addr_t)byte() * PAGE_SIZE;
	int nid = any_node();

	say("add_node(%#llx, %#llx, %d, 0)\n", base, size, nid);
	SAME(memblock_add_node(base, size, nid, MEMBLOCK_NONE),
	     model_add(&model, MODEL_MEMORY, base, size, nid, MEMBLOCK_NONE));
}

static void do_reserve(void)
{
	phys_addr_t base = any_addr(), size = any_size();

	say("reserve(%#llx, %#llx)\n", base, size);
	SAME(memblock_reserve(base, size),
	     model_add(&model, MODEL_RESERVED, base, size, MAX_NUMNODES, 0));
}

static void do_physmem_add(void)
{
	phys_addr_t base = any_addr(), size = any_size();

	say("physmem_add(%#llx, %#llx)\n", base, size);
	SAME(memblock_physmem_add(base, size),
	     model_add(&model, MODEL_PHYSMEM, base, size, MAX_NUMNODES, 0));
}

static void do_remove(void)
{
	phys_addr_t base = any_addr(), size = any_size();

	say("remove(%#llx, %#llx)\n", base, size);
	SAME(memblock_remove(base, size), model_remove(&model, MODEL_MEMORY, base, size));
}

static void do_phys_free(void)
{
	phys_addr_t base = any_addr(), size = any_size();
	int want;

	say("phys_free(%#llx, %#llx)\n", base, size);
	before = model;
	want = model_remove(&model, MODEL_RESERVED, base, size);
	if (may_call())
		SAME(memblock_phys_free(base, size), want);
}

static void do_free(void)
{
	phys_addr_t base = any_addr(), size = any_size();

	if (!run.real || size > WINDOW_BYTES)
		return;
	say("free(%#llx, %#llx)\n", base, size);
	memblock_free(NULL, (size_t)size);
	before = model;
	model_remove(&model, MODEL_RESERVED, base, size);
	if (may_call())
		memblock_free((void *)(uintptr_t)base, (size_t)size);
}

static void do_mark(void)
{
	unsigned int what = byte() % 5;
	phys_addr_t base = any_addr(), size = any_size();

	say("mark %u(%#llx, %#llx)\n", what, base, size);
	switch (what) {
	case 0:
		SAME(memblock_mark_hotplug(base, size),
		     model_change_flags(&model, base, size, MEMBLOCK_HOTPLUG, 0));
		return;
	case 1:
		SAME(memblock_clear_hotplug(base, size),
		     model_change_flags(&model, base, size, 0, MEMBLOCK_HOTPLUG));
		return;
	case 2:
		SAME(memblock_mark_nomap(base, size),
		     model_change_flags(&model, base, size, MEMBLOCK_NOMAP, 0));
		return;
	case 3:
		SAME(memblock_clear_nomap(base, size),
		     model_change_flags(&model, base, size, 0, MEMBLOCK_NOMAP));
		return;
	default:
		SAME(memblock_mark_mirror(base, size), model_mark_mirror(&model, base, size));
	}
}

static void do_set_node(void)
{
	enum model_list list = byte() % MODEL_LISTS;
	phys_addr_t base = any_addr(), size = any_size();
	int nid = any_node();

	say("set_node(%#llx, %#llx, list %d, %d)\n", base, size, list, nid);
	SAME(memblock_set_node(base, size, list_of(list), nid),
	     model_set_node(&model, list, base, size, nid));
}

static void do_trim(void)
{
	phys_addr_t align = (phys_addr_t)1 << byte() % 14;

	say("trim(%#llx)\n", align);
	memblock_trim_memory(align);
	model_trim(&model, align);
}

static void do_alloc_phys(void)
{
	unsigned int which = byte() % 4;
	phys_addr_t size = any_size(), align = any_align(), start = any_addr(), end = any_addr();
	int nid = any_node();
	bool exact = byte() & 1;

	if (!size)
		return; /* the result for 0 bytes is not defined */
	if (byte() % 4 == 0)
		end = byte() % 2 ? MEMBLOCK_ALLOC_ACCESSIBLE : MEMBLOCK_ALLOC_ANYWHERE;
	say("alloc %u(%#llx, %#llx, %#llx, %#llx, %d, %d)\n", which, size, align, start, end, nid,
	    exact);
	switch (which) {
	case 0:
		SAME(memblock_alloc_range_nid(size, align, start, end, nid, exact),
		     model_alloc_range_nid(&model, size, align, start, end, nid, exact));
		return;
	case 1:
		SAME(memblock_phys_alloc_range(size, align, start, end),
		     model_alloc_range_nid(&model, size, align, start, end, NUMA_NO_NODE, false));
		return;
	case 2:
		SAME(memblock_phys_alloc_try_nid(size, align, nid),
		     model_alloc_range_nid(&model, size, align, 0, 0, nid, false));
		return;
	default:
		SAME(memblock_phys_alloc(size, align),
		     model_alloc_range_nid(&model, size, align, 0, 0, NUMA_NO_NODE, false));
	}
}

/* Calls the allocator of number @which. Sets *want to the address that the model expects. */
static void *call_virtual(unsigned int which, phys_addr_t size, phys_addr_t *want)
{
	phys_addr_t align = any_align(), from = any_addr(), to = byte() & 1 ? any_addr() : 0;
	int nid = any_node(), any = NUMA_NO_NODE;

	say("alloc virtual %u(%#llx, %#llx, %#llx, %#llx, %d)\n", which, size, align, from, to,
	    nid);
	/* Fill the block with junk first, so that zeroed and untouched blocks differ. */
#define MODEL(from_, to_, nid_, exact)                                                     \
	do {                                                                               \
		*want = model_alloc_virtual(&model, size, align, from_, to_, nid_, exact); \
		if (*want)                                                                 \
			memset((void *)(uintptr_t)*want, JUNK, (size_t)size);              \
	} while (0)
	switch (which) {
	case 0:
		MODEL(from, to, nid, false);
		return memblock_alloc_try_nid(size, align, from, to, nid);
	case 1:
		MODEL(from, to, nid, false);
		return memblock_alloc_try_nid_raw(size, align, from, to, nid);
	case 2:
		MODEL(from, to, nid, true);
		return memblock_alloc_exact_nid_raw(size, align, from, to, nid);
	case 3:
		MODEL(0, 0, any, false);
		return memblock_alloc(size, align);
	case 4:
		MODEL(0, 0, any, false);
		return memblock_alloc_raw(size, align);
	case 5:
		MODEL(from, 0, any, false);
		return memblock_alloc_from(size, align, from);
	case 6:
		MODEL(0, ARCH_LOW_ADDRESS_LIMIT, any, false);
		return memblock_alloc_low(size, align);
	default:
		MODEL(0, 0, nid, false);
		return memblock_alloc_node(size, align, nid);
	}
#undef MODEL
}

static void do_alloc_virtual(void)
{
	static const bool zeroed[8] = {
		[0] = true, [3] = true, [5] = true, [6] = true, [7] = true
	};
	unsigned int which = byte() % 8;
	phys_addr_t size = any_size(), want;
	u8 *p;

	if (!size)
		return;
	p = call_virtual(which, size, &want);
	SAME((uintptr_t)p, want);
	if (!p)
		return;
	for (phys_addr_t i = 0; i < size; i += i + 16 < size ? 16 : 1)
		SAME(p[i], zeroed[which] ? 0 : JUNK);
}

static void do_limits(void)
{
	unsigned int which = byte() % 3;
	phys_addr_t base = any_addr(), size = any_size(), limit = size * (byte() % 8);

	say("limit %u(%#llx, %#llx or %#llx)\n", which, base, size, limit);
	before = model;
	if (which == 0) {
		model_enforce_limit(&model, limit);
		if (may_call())
			memblock_enforce_memory_limit(limit);
	} else if (which == 1) {
		model_cap_range(&model, base, size);
		if (may_call())
			memblock_cap_memory_range(base, size);
	} else {
		model_limit_remove_map(&model, limit);
		if (may_call())
			memblock_mem_limit_remove_map(limit);
	}
}

static void do_settings(void)
{
	unsigned int b = byte();

	switch (b % 8) {
	case 0:
		memblock_set_bottom_up(b & 8);
		model.bottom_up = b & 8;
		return;
	case 1:
		memblock.bottom_up = model.bottom_up = b & 8;
		return;
	case 2:
		if (run.real) {
			model.limit = min(any_addr(), run.window + WINDOW_BYTES);
			memblock_set_current_limit(model.limit);
		}
		return;
	case 3:
		memblock_allow_resize();
		model.can_resize = true;
		return;
	case 4:
		movable_node_enabled = model.movable_node = b & 8;
		return;
	case 5:
		mirrored_kernelcore = model.mirror_asked = true;
		return;
	default:
		if (run.real)
			memblock.current_limit = model.limit = run.window + WINDOW_BYTES;
	}
}

/* A caller may set a list back to empty, unless that would free the list's own array. */
static void do_empty(void)
{
	enum model_list list = byte() % MODEL_LISTS;
	struct memblock_type *type = list_of(list);

	if (byte() % 4)
		return;
	say("empty list %d\n", list);
	before = model;
	model_empty(&model, list);
	if (!may_call())
		return;
	memset(type->regions, 0, sizeof(type->regions[0]));
	type->cnt = 1;
	type->total_size = 0;
}

const struct memblock_call memblock_calls[NR_MEMBLOCK_CALLS] = {
	{ "add", do_add, 8 },
	{ "add much", do_add_much, 4 },
	{ "reserve", do_reserve, 8 },
	{ "physmem_add", do_physmem_add, 2 },
	{ "remove", do_remove, 5 },
	{ "phys_free", do_phys_free, 6 },
	{ "free", do_free, 2 },
	{ "mark", do_mark, 4 },
	{ "set_node", do_set_node, 3 },
	{ "trim", do_trim, 1 },
	{ "alloc physical", do_alloc_phys, 9 },
	{ "alloc virtual", do_alloc_virtual, 8 },
	{ "limits", do_limits, 1 },
	{ "settings", do_settings, 2 },
	{ "empty", do_empty, 1 },
};
