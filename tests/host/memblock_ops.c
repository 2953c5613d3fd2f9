/* SPDX-License-Identifier: MIT */
#include "memblock_ops.h"
#include "memblock_model.h"
#include "memblock_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A life of memblock takes place in a window of 64 pages. In one life of two the window is an arena
 * of real memory, so that pointers can be used and arrays can grow into it; otherwise it lies where
 * arithmetic goes wrong first: at 0, around 4 GiB, at the end of the address space. There
 * current_limit is 0, so nothing that needs real memory finds any. Addresses are whole pages, pages
 * and a bit, or crowd into a few hundred bytes, so that ranges often touch and overlap. The lists
 * begin with room for a few entries only, so that they are full soon.
 *
 * Each call is made on the model first, which says what must come of it. Calls that would hand out
 * the array of a grown list, which no careful caller makes, are left out.
 */

#define WINDOW_PAGES 64
#define WINDOW_BYTES ((phys_addr_t)WINDOW_PAGES * PAGE_SIZE)
#define JUNK         0x5a

static struct model model;
static const struct ops_source *src;
static bool verbose;
static bool real; /* the window is the arena */
static phys_addr_t window;
static unsigned long calls;
static const char *doing = "setup";

__attribute__((format(printf, 1, 2))) static void say(const char *fmt, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

#define SAME(got, want)                                                                     \
	do {                                                                                \
		u64 _got = (u64)(got), _want = (u64)(want);                                 \
		if (_got != _want) {                                                        \
			printf("memblock: call %lu, %s: %s is %#llx, the model says %#llx " \
			       "(%s:%d)\n",                                                 \
			       calls, doing, #got, _got, _want, __FILE__, __LINE__);        \
			fflush(stdout);                                                     \
			abort();                                                            \
		}                                                                           \
	} while (0)

/* --- bytes ---------------------------------------------------------------------------------- */

static unsigned int byte(void)
{
	return src->next(src->arg);
}

static phys_addr_t any_page(void)
{
	return window + byte() % WINDOW_PAGES * PAGE_SIZE;
}

static phys_addr_t any_addr(void)
{
	switch (byte() % 4) {
	case 0:
		return any_page();
	case 1:
		return any_page() + byte() * 16;
	default:
		return window + 16 * PAGE_SIZE + byte();
	}
}

static phys_addr_t any_size(void)
{
	unsigned int how = byte(), n = byte();

	switch (how % 8) {
	case 0:
	case 1:
		return n % 16 * PAGE_SIZE;
	case 2:
		return n * 64;
	case 3:
		return n * n;
	default:
		break;
	}
	if (how == 0xff)
		return PHYS_ADDR_MAX;
	if (how == 0xfe)
		return 0;
	return n % 32;
}

static int any_node(void)
{
	static const int nodes[] = { NUMA_NO_NODE, 0, 1, MAX_NUMNODES };

	return nodes[byte() % ARRAY_SIZE(nodes)];
}

static enum memblock_flags any_flags(void)
{
	unsigned int b = byte();

	return b < 128 ? MEMBLOCK_NONE : (enum memblock_flags)(b % 16);
}

static phys_addr_t any_align(void)
{
	unsigned int b = byte() % 16;

	return b == 15 ? 0 : (phys_addr_t)1 << b;
}

/* --- comparing ------------------------------------------------------------------------------ */

static struct memblock_type *list_of(enum model_list list)
{
	return list == MODEL_MEMORY     ? &memblock.memory
	       : list == MODEL_RESERVED ? &memblock.reserved
					: &physmem;
}

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

static const struct model_piece *holder(const struct model_pieces *list, phys_addr_t addr)
{
	for (unsigned int i = 0; i < list->nr; i++)
		if (list->p[i].start <= addr && addr < list->p[i].end)
			return &list->p[i];
	return NULL;
}

static void ask(void)
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

static void walk_ranges(void)
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

static void walk_free(int nid, enum memblock_flags flags)
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

static void walk_pfns(int nid)
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

/* --- calls ---------------------------------------------------------------------------------- */

/* Are the arrays of grown lists still reserved? If not, the next allocation could overwrite them. */
static bool arrays_safe(void)
{
	for (int l = 0; l < MODEL_LISTS; l++)
		if (model.array[l] && !model_covers(&model, MODEL_RESERVED, model.array[l],
						    model_array_bytes(model.max[l])))
			return false;
	return true;
}

static struct model before; /* the call */

/* After the model made the call: may memblock make it? If not, it never was. */
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

	if (!real || size > WINDOW_BYTES)
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
		return; /* whether no bytes can be had, and where, is nobody's business */
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

/* Calls virtual allocator `which`, and in `want` returns what the model makes of it. */
static void *call_virtual(unsigned int which, phys_addr_t size, phys_addr_t *want)
{
	phys_addr_t align = any_align(), from = any_addr(), to = byte() & 1 ? any_addr() : 0;
	int nid = any_node(), any = NUMA_NO_NODE;

	say("alloc virtual %u(%#llx, %#llx, %#llx, %#llx, %d)\n", which, size, align, from, to,
	    nid);
	/* Junk first, so that what is zeroed and what is not can be told apart. */
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
		if (real) {
			model.limit = min(any_addr(), window + WINDOW_BYTES);
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
		if (real)
			memblock.current_limit = model.limit = window + WINDOW_BYTES;
	}
}

/* A caller may set a list back to empty; not one whose array lies in what it forgets. */
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

static const struct {
	const char *name;
	void (*run)(void);
	unsigned int weight; /* of 64 */
} kinds[] = {
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

static unsigned long times[ARRAY_SIZE(kinds)];

static void one_call(void)
{
	unsigned int b = byte() % 64, k = 0;

	while (b >= kinds[k].weight)
		b -= kinds[k++].weight;
	doing = kinds[k].name;
	times[k]++;
	kinds[k].run();
	compare_state();
	ask();
	/* The walks are long, and each sees the same lists: one of them each time. */
	b = byte();
	if (b % 4 == 0)
		walk_ranges();
	else if (b % 4 == 1)
		walk_pfns(any_node());
	else
		walk_free(any_node(), (enum memblock_flags)(byte() % 16));
}

static void choose_window(void)
{
	static const phys_addr_t windows[] = { 0, 0x100000000ull - WINDOW_BYTES / 2,
					       PHYS_ADDR_MAX - WINDOW_BYTES + 1, 0x1000000 };
	unsigned int b = byte();

	real = b & 1;
	window = real ? ARENA : windows[b / 2 % ARRAY_SIZE(windows)];
	memblock.current_limit = model.limit = real ? window + WINDOW_BYTES : 0;
	memblock.memory.max = model.max[MODEL_MEMORY] = 1 + byte() % 24;
	memblock.reserved.max = model.max[MODEL_RESERVED] = 1 + byte() % 24;
	memblock.bottom_up = model.bottom_up = byte() & 1;
	if (byte() & 1) {
		memblock_allow_resize();
		model.can_resize = true;
	}
}

unsigned long memblock_ops_run(const struct ops_source *source, unsigned long most, bool talk)
{
	src = source;
	verbose = talk;
	memblock_map_arena();
	memblock_reset();
	model_init(&model);
	choose_window();
	say("window %#llx, room for %lu and %lu\n", window, memblock.memory.max,
	    memblock.reserved.max);
	for (calls = 0; calls < most && src->more(src->arg); calls++)
		one_call();
	return calls;
}

void memblock_ops_summary(void)
{
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		printf("# %8lu %s\n", times[k], kinds[k].name);
}
