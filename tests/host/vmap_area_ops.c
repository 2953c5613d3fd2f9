/* SPDX-License-Identifier: MIT */

/*
 * Random calls of mm/vmap_area.c, which is included unchanged, beside a model. The model is a
 * table of the ranges and, for each page of the address space, the number of the range that has
 * it. It finds the lowest gap by looking at all pages from the bottom.
 *
 * The model has marks instead of TLBs. A flush marks all ranges that are retired at that moment,
 * and they must be within the addresses that it covers. A frame may be freed only if its range is
 * marked. After a purge all marked ranges are free. On other CPUs the work would continue during
 * a flush, so some of the flushes make further calls, and some of these flush again.
 */
#include "../../mm/vmap_area.c"

#include "host.h"
#include "vmap_area_ops.h"

#define MOST_PAGES  16384u /* 64 MiB */
#define MOST_RANGES 4096u
#define NR_PAGES    8192u /* frames */
#define NONE        (~0ul)

enum state { FREE, USED, RETIRED, FLUSHED, PUT };

static struct range {
	enum state state;
	unsigned long first, pages; /* without the guard */
	unsigned int flags;
	struct vmap_area *area;
} ranges[MOST_RANGES];

/* For each page 1 + number of the range that has it, as its guard too; 0: none. */
static u16 owner[MOST_PAGES];
static unsigned long nr_pages, base, nr_ranges, managed;
static struct range *ranges_end = ranges; /* after the last one used in this life */
static unsigned long model_lazy, model_lazy_frames;
static u16 in_use[MOST_RANGES]; /* numbers of the ranges that are USED */
static unsigned long nr_in_use;

static const struct ops_source *src;
static bool verbose, no_memory;
static unsigned int nested;
static unsigned long calls, nr_flushes;
static const char *doing = "setup";
static struct {
	unsigned long got, refused, retired, put, purges, overlapped;
} sums;

static void say(const char *fmt, ...) __printf(1, 2);
static void say(const char *fmt, ...)
{
	va_list args;

	if (!verbose)
		return;
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
}

#define SAME(got, want)                                                                 \
	do {                                                                            \
		u64 _got = (u64)(got);                                                  \
		u64 _want = (u64)(want);                                                \
		if (_got != _want) {                                                    \
			printf("# vmap_area: call %lu, %s: %s is %#llx, the model has " \
			       "%#llx (%s:%d)\n",                                       \
			       calls, doing, #got, _got, _want, __FILE__, __LINE__);    \
			fflush(stdout);                                                 \
			abort();                                                        \
		}                                                                       \
	} while (0)

static u8 byte(void)
{
	return src ? src->next(src->arg) : 0;
}

static unsigned int word(void)
{
	unsigned int high = byte();

	return high << 8 | byte();
}

/* --- the other layers of the kernel ----------------------------------------------------------- */

struct page *mem_map;
static struct page page_table[NR_PAGES];
static u16 frame_owner[NR_PAGES]; /* 1 + number of the range */
static unsigned long next_frame, nr_given, nr_descriptors;

int console_printf(const char *fmt, ...)
{
	return 0;
}

const char *symbol_format(unsigned long addr, char *buf)
{
	strcpy(buf, "caller");
	return buf;
}

unsigned long nr_managed_pages(void)
{
	return managed;
}

struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     unsigned int flags, void (*ctor)(void *object))
{
	SAME(size, sizeof(struct vmap_area));
	return (struct kmem_cache *)page_table;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	if (no_memory)
		return NULL;
	nr_descriptors++;
	return malloc(sizeof(struct vmap_area));
}

void kmem_cache_free(struct kmem_cache *cache, void *object)
{
	nr_descriptors--;
	free(object);
}

void free_page_chain(u32 pfn)
{
	while (pfn != PFN_NONE) {
		struct page *page = pfn_to_page(pfn);
		const struct range *range;

		SAME(frame_owner[pfn] != 0, true);
		range = &ranges[frame_owner[pfn] - 1];
		SAME(range->state == FLUSHED || range->state == PUT, true);
		frame_owner[pfn] = 0;
		nr_given--;
		pfn = page->a;
		page->a = 0x5a5a5a5a;
	}
}

static bool lock_is_held(void)
{
	return vmap_area_lock.owner != vmap_area_lock.next;
}

/*
 * Only whole ranges are cleared, as they are retired. Without the model there are no ranges. If a
 * range is in the list already, another CPU could purge it, unless the lock is held. Its addresses
 * would be free before its PTEs are clear.
 */
void clear_range(unsigned long vaddr, unsigned long count)
{
	unsigned long page = (vaddr - base) / PAGE_SIZE;
	unsigned int number = page < nr_pages ? owner[page] : 0;

	if (!number)
		return;
	SAME(ranges[number - 1].state, RETIRED);
	SAME(base + ranges[number - 1].first * PAGE_SIZE, vaddr);
	SAME(ranges[number - 1].pages, count);
	if (lazy.newest && lazy.newest->node.start == vaddr)
		SAME(lock_is_held(), true);
}

/* Gives a range of VM_ALLOC up to three frames, enough to see that the whole chain is freed. */
static void give_frames(struct range *range)
{
	for (unsigned long i = 0; i < min(range->pages, 3ul); i++) {
		struct page *page;

		for (unsigned int k = 0; k < NR_PAGES && frame_owner[next_frame % NR_PAGES]; k++)
			next_frame++;
		if (frame_owner[next_frame % NR_PAGES])
			return;
		page = pfn_to_page(next_frame % NR_PAGES);
		frame_owner[page_to_pfn(page)] = (u16)(range - ranges + 1);
		nr_given++;
		page->a = range->area->frames;
		range->area->frames = (u32)page_to_pfn(page);
	}
}

/* --- the model -------------------------------------------------------------------------------- */

static unsigned long address(const struct range *range)
{
	return base + range->first * PAGE_SIZE;
}

/* The first page of the lowest gap of this many pages. */
static unsigned long lowest_gap(unsigned long wanted)
{
	unsigned long run = 0;

	for (unsigned long page = 0; page < nr_pages;) {
		if (owner[page]) {
			page += ranges[owner[page] - 1].pages + 1;
			run = 0;
			continue;
		}
		page++;
		if (++run == wanted)
			return page - wanted;
	}
	return NONE;
}

static void set_owner(const struct range *range, u16 number)
{
	for (unsigned long i = 0; i <= range->pages; i++)
		owner[range->first + i] = number;
}

static struct range *new_range(unsigned long first, unsigned long pages, unsigned int flags)
{
	struct range *range = ranges;

	while (range->state != FREE)
		range++;
	ranges_end = max(ranges_end, range + 1);
	*range = (struct range){ .state = USED, .first = first, .pages = pages, .flags = flags };
	set_owner(range, (u16)(range - ranges + 1));
	in_use[nr_in_use++] = (u16)(range - ranges);
	nr_ranges++;
	return range;
}

static void model_free(struct range *range)
{
	set_owner(range, 0);
	range->state = FREE;
	nr_ranges--;
}

/* After a purge all ranges that its flush covered are free. */
static void model_purged(void)
{
	for (struct range *range = ranges; model_lazy && range < ranges_end; range++) {
		if (range->state != FLUSHED)
			continue;
		model_lazy -= range->pages + 1;
		if (range->flags == VM_ALLOC)
			model_lazy_frames -= range->pages;
		model_free(range);
	}
}

/* Removes one of the ranges in use from their list. */
static struct range *take_in_use(unsigned int which)
{
	unsigned long i;
	struct range *range;

	if (!nr_in_use)
		return NULL;
	i = which % nr_in_use;
	range = &ranges[in_use[i]];
	in_use[i] = in_use[--nr_in_use];
	return range;
}

/* --- a flush, and calls during it ------------------------------------------------------------- */

static void retire_one(void);
static void get_one(void);
static void purge(void);

void flush_tlb_kernel_range(unsigned long start, unsigned long end, enum tlb_cause cause)
{
	nr_flushes++;
	sums.purges++;
	SAME(cause, TLB_UNMAP);
	SAME(lock_is_held(), false);
	for (struct range *range = ranges; range < ranges_end; range++) {
		if (range->state != RETIRED)
			continue;
		SAME(start <= address(range), true);
		SAME(end >= address(range) + range->pages * PAGE_SIZE, true);
		range->state = FLUSHED;
	}
	if (nested || byte() % 4)
		return;
	nested++;
	sums.overlapped++;
	for (unsigned int i = byte() % 4; i; i--)
		retire_one();
	if (byte() % 2)
		purge();
	if (byte() % 2)
		retire_one();
	nested--;
}

/* Only the stub of lab vmap calls it: a flush for each range, which the model does not expect. */
void unmap_range(unsigned long vaddr, unsigned long count)
{
	clear_range(vaddr, count);
	flush_tlb_kernel_range(vaddr, vaddr + count * PAGE_SIZE, TLB_UNMAP);
}

static void purge(void)
{
	unsigned long before = nr_flushes;
	bool empty = model_lazy == 0;

	say("purge\n");
	vm_unmap_aliases();
	SAME(nr_flushes == before, empty);
	SAME(spares == NULL, true);
	model_purged();
}

/* --- calls ------------------------------------------------------------------------------------ */

static const unsigned int kinds[] = { VM_ALLOC, VM_MAP, VM_IOREMAP };

static unsigned long random_size(void)
{
	unsigned int how = byte();

	if (how < 200)
		return 1 + how % 8;
	if (how < 250)
		return 1 + word() % 100;
	return 1 + word() % nr_pages;
}

static void get_one(void)
{
	unsigned int flags = kinds[byte() % 3];
	unsigned long pages = random_size(), before = nr_flushes, first;
	struct range *range;
	struct vmap_area *area;

	doing = "get";
	if (nr_ranges >= MOST_RANGES - 8)
		return;
	first = lowest_gap(pages + 1);
	say("get %lu pages\n", pages);
	area = vmap_area_get(pages * PAGE_SIZE, flags, 0x1234);
	model_purged();
	SAME(nr_flushes == before || first == NONE || no_memory, true);
	if (nr_flushes != before)
		first = lowest_gap(pages + 1);
	if (!area) {
		SAME(first == NONE || no_memory, true);
		sums.refused++;
		return;
	}
	SAME(vmap_area_addr(area), base + first * PAGE_SIZE);
	SAME(vmap_area_pages(area), pages);
	SAME(area->flags, flags);
	range = new_range(first, pages, flags);
	range->area = area;
	sums.got++;
	if (flags == VM_ALLOC)
		give_frames(range);
}

static void retire_one(void)
{
	struct range *range = take_in_use(word());
	unsigned long before = nr_flushes;
	bool enough;

	doing = "retire";
	if (!range)
		return;
	say("retire %#lx, %lu pages\n", address(range), range->pages);
	range->state = RETIRED;
	model_lazy += range->pages + 1;
	if (range->flags == VM_ALLOC)
		model_lazy_frames += range->pages;
	enough = model_lazy > min(512ul, managed / 64);
	SAME(vmap_area_retire(address(range), range->flags), true);
	SAME(nr_flushes != before, enough);
	SAME(vmap_area_find(address(range)) == NULL, true);
	SAME(vmap_area_retire(address(range), range->flags), false);
	if (nr_flushes != before)
		model_purged();
	sums.retired++;
}

static void put_one(void)
{
	struct range *range = take_in_use(word());

	doing = "put";
	if (!range)
		return;
	say("put %#lx, %lu pages\n", address(range), range->pages);
	SAME(vmap_area_claim(address(range), range->flags) == range->area, true);
	range->state = PUT;
	vmap_area_put(range->area);
	model_free(range);
	sums.put++;
}

/* Looks up any address: which range holds it or follows it, and does a range in use start there? */
static void look(void)
{
	unsigned long page = word() % (nr_pages + 2), addr = base + page * PAGE_SIZE + byte() % 3;
	const struct range *range = NULL;
	struct vmap_area *begins = NULL;
	const struct range_node *node;

	doing = "look";
	while (page < nr_pages && !owner[page])
		page++;
	if (page < nr_pages)
		range = &ranges[owner[page] - 1];
	node = range_tree_first(&tree, addr);
	SAME(node != NULL, range != NULL);
	if (range)
		SAME(node == &range->area->node, true);
	if (range && address(range) == addr && range->state == USED)
		begins = range->area;
	SAME(vmap_area_find(addr) == begins, true);
	if (!begins || begins->flags != VM_MAP)
		SAME(vmap_area_claim(addr, VM_MAP) == NULL, true);
	SAME(range_tree_first(&tree, base - 1) == range_tree_first(&tree, base), true);
}

static void impossible(void)
{
	const unsigned long sizes[] = { 0, nr_pages * PAGE_SIZE, (nr_pages + 1) * PAGE_SIZE,
					~0ul - PAGE_SIZE + 1, ~0ul / 2 + 1 };

	doing = "impossible";
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++)
		SAME(vmap_area_get(sizes[i], VM_MAP, 0) == NULL, true);
}

/* --- a life ----------------------------------------------------------------------------------- */

static unsigned long nr_spares(void)
{
	unsigned long nr = 0;

	for (const struct vmap_area *area = spares; area; area = area->next)
		nr++;
	return nr;
}

static void check_all(void)
{
	const char *wrong = range_tree_check(&tree);
	unsigned long run = 0, longest = 0;

	if (wrong) {
		printf("# vmap_area: call %lu, after %s: %s\n", calls, doing, wrong);
		fflush(stdout);
		abort();
	}
	for (unsigned long page = 0; page < nr_pages; page++) {
		run = owner[page] ? 0 : run + 1;
		longest = max(longest, run);
	}
	SAME(vmap_area_largest_gap(), longest * PAGE_SIZE);
	SAME(tree.count, nr_ranges);
	SAME(vm_lazy_pages(), model_lazy_frames);
	SAME(lazy.pages, model_lazy);
	SAME(nr_descriptors, nr_ranges + nr_spares());
}

void vmap_area_reset(unsigned long start, unsigned long end, unsigned long frames)
{
	mem_map = page_table;
	managed = frames;
	memset(&lazy, 0, sizeof(lazy));
	vmap_area_init(start, end);
}

const struct range_tree *vmap_area_the_tree(void)
{
	return &tree;
}

static void set_up(void)
{
	static const unsigned int sizes[] = { 3, 16, 40, 100, 300, 1000, 3000, MOST_PAGES };
	static const unsigned long frames[] = { 0, 640, 4096, 1 << 20 };
	unsigned int how = byte();

	doing = "setup";
	nr_pages = sizes[how % ARRAY_SIZE(sizes)];
	/* In the middle, at the bottom, or up to the last but one page of 32 bits. */
	base = how & 8 ? 0xf7800000ul : how & 16 ? PAGE_SIZE : 0xffffe000ul - nr_pages * PAGE_SIZE;
	no_memory = false;
	ranges_end = ranges;
	vmap_area_reset(base, base + nr_pages * PAGE_SIZE, frames[how >> 6]);
	lazy.nr_retired = lazy.nr_purged = how & 32 ? 0xfffffff0u : 0; /* wraps soon */
}

static void one_call(void)
{
	unsigned int dice = byte();

	calls++;
	if (dice < 110)
		get_one();
	else if (dice < 180)
		retire_one();
	else if (dice < 205)
		put_one();
	else if (dice < 250)
		look();
	else if (dice < 253)
		purge();
	else if (dice < 254)
		impossible();
	else
		no_memory = !no_memory;
}

unsigned long vmap_area_ops_run(const struct ops_source *source, unsigned long most, bool talk)
{
	src = source;
	verbose = talk;
	calls = 0;
	set_up();
	while (calls < most && src->more(src->arg)) {
		one_call();
		if (calls % (most > 512 ? 512 : 16) == 0)
			check_all();
		if (calls % 4096 == 0)
			host_log_clear();
	}
	check_all();
	while (nr_in_use)
		byte() % 2 ? put_one() : retire_one();
	doing = "the end";
	do
		purge();
	while (model_lazy);
	check_all();
	SAME(nr_ranges, 0);
	SAME(nr_descriptors, 0);
	SAME(nr_given, 0);
	src = NULL;
	return calls;
}

void vmap_area_ops_summary(void)
{
	printf("# %lu ranges got, %lu refused, %lu retired, %lu put, %lu flushes, %lu overlapped\n",
	       sums.got, sums.refused, sums.retired, sums.put, sums.purges, sums.overlapped);
}
