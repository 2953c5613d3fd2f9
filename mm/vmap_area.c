/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <asm/tlbflush.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/proc_file.h>
#include <kernel/report_section.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <mm/map_range.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmap_area.h>

/*
 * To hand out a range of addresses is cheap: a range tree (<lib/range_tree.h>) finds the lowest
 * gap in a few steps. The last page of each range stays unmapped as a guard: an access beyond the
 * end faults.
 *
 * To take a range back is expensive, for one reason: every CPU has to be interrupted to flush its
 * TLB, and the caller has to wait for all of them. But one flush can serve many ranges. So
 * vfree() and vunmap() only clear the PTEs and *retire* the range. It keeps its addresses, and
 * its frames if vmalloc() owns them, until a *purge* flushes the TLBs for all retired ranges
 * together:
 *
 *	in use ──retire──▶ PTEs clear, waits, newest first ──purge──▶ free
 *	                   #7 ─▶ #6 ─▶ #5 ─▶ ...
 *
 * A purge notes the number of the newest retired range, flushes the TLBs of all CPUs without the
 * lock, and then frees every range up to that number. Ranges that were retired during the flush
 * have higher numbers and stay. Two CPUs may purge at once: each of them has flushed before it
 * frees anything, so it does not matter which one frees a range.
 *
 * Invariant: no TLB has a translation of an address that vmap_area_get() may return, and no TLB
 * has a translation to a free frame that was vmalloc()'s. A late access through the old address
 * of a retired range is still an error: it finds the old page until the purge and faults
 * afterwards. With DEBUG=1 every range is purged at once, so that such an access always faults.
 *
 * Descriptors are reused without the slab allocator: those of one purge serve the next ranges.
 * The next purge frees the ones that are left, so the pool rarely exceeds the size of one purge.
 *
 * Price: addresses and frames wait, and the page allocator cannot get at these frames. LAZY_MAX
 * limits both. The idea and the name vm_unmap_aliases() are Linux's (lazy flushing of vmap,
 * Piggin 2008).
 */

/*
 * Protects the tree, the retired ranges and their sums, and the spare descriptors. No CPU takes
 * it in an interrupt or with interrupts off, so neither a purge of hundreds of ranges nor
 * clearing PTEs under the lock delays an interrupt. No other lock is taken while it is held.
 */
static spinlock_t vmap_area_lock;

static struct range_tree tree;
static struct kmem_cache *area_cache __ro_after_init;

/* Descriptors without a range, linked by next. */
static struct vmap_area *spares;

/* The retired ranges, newest first, and their sums. */
static struct {
	struct vmap_area *newest;
	u32 nr_retired;           /* ranges retired since boot; the number of the newest */
	u32 nr_purged;            /* highest number that a purge has freed */
	unsigned long start, end; /* addresses that a flush has to cover */
	unsigned long pages;      /* of addresses, with guard pages */
	unsigned long frames;     /* of VM_ALLOC ranges */
} lazy;

/*
 * A purge follows when more pages of addresses than this wait. That is 256 ranges of one page,
 * enough to make the share of one flush small, and 2 MiB of an address space of at least 16 MiB.
 * The waiting frames may be at most 1/64 of the memory.
 */
#define LAZY_MAX 512ul
static unsigned long lazy_max __ro_after_init;

void vmap_area_init(unsigned long start, unsigned long end)
{
	area_cache = kmem_cache_create("vmap_area", sizeof(struct vmap_area), 0, SLAB_PANIC, NULL);
	range_tree_init(&tree, start, end);
	lazy_max = min(LAZY_MAX, nr_managed_pages() / 64);
}

static struct vmap_area *area_of(struct range_node *node)
{
	return node ? container_of(node, struct vmap_area, node) : NULL;
}

/* --- taking a range --------------------------------------------------------------------------- */

/*
 * Adds a spare descriptor. The lock is held on entry and on return, but not during the
 * allocation. Returns false if there is no memory and no other CPU has added a spare meanwhile.
 */
static noinline bool make_spare(void)
{
	struct vmap_area *area;

	spin_unlock(&vmap_area_lock);
	area = kmem_cache_alloc(area_cache, GFP_KERNEL);
	spin_lock(&vmap_area_lock);
	if (area) {
		area->next = spares;
		spares = area;
	}
	return spares;
}

/* Turns the first spare descriptor into a range; NULL if there is no gap. The lock is held. */
static inline struct vmap_area *use_spare(unsigned long size, unsigned int flags,
					  unsigned long caller)
{
	struct vmap_area *area = spares;

	if (unlikely(!range_tree_insert_lowest(&tree, &area->node, size)))
		return NULL;
	spares = area->next;
	area->flags = flags;
	area->frames = PFN_NONE;
	area->caller = caller;
	return area;
}

/* Returns NULL if there is no gap or no memory for a descriptor. */
static inline struct vmap_area *take_gap(unsigned long size, unsigned int flags,
					 unsigned long caller)
{
	struct vmap_area *area = NULL;

	spin_lock(&vmap_area_lock);
	if (likely(spares || make_spare()))
		area = use_spare(size, flags, caller);
	spin_unlock(&vmap_area_lock);
	return area;
}

/* Says nothing if a descriptor was missing: then the page allocator has printed a report. */
static void report_failure(unsigned long size, unsigned long caller)
{
	unsigned long range = tree.end - tree.start, largest = vmap_area_largest_gap();
	char name[SYMBOL_TEXT];

	if (largest >= size)
		return;
	pr_warn("vmalloc: no gap of %lu KiB for %s: the largest has %lu KiB; vmalloc=%luM would "
		"give more\n",
		size >> 10, symbol_format(caller, name), largest >> 10,
		(range >> 20) + (size >> 20) + 1);
}

static noinline struct vmap_area *purge_and_take(unsigned long size, unsigned int flags,
						 unsigned long caller)
{
	struct vmap_area *area;

	vm_unmap_aliases();
	area = take_gap(size, flags, caller);
	if (!area)
		report_failure(size, caller);
	return area;
}

struct vmap_area *vmap_area_get(unsigned long size, unsigned int flags, unsigned long caller)
{
	struct vmap_area *area;

	if (size == 0 || size > tree.end - tree.start - PAGE_SIZE)
		return NULL;
	area = take_gap(size + PAGE_SIZE, flags, caller);
	return likely(area) ? area : purge_and_take(size + PAGE_SIZE, flags, caller);
}

/* --- finding a range -------------------------------------------------------------------------- */

/* The range that holds @addr or follows it. The lock is held. */
static inline struct vmap_area *first_area(unsigned long addr)
{
	return area_of(range_tree_first(&tree, addr));
}

struct vmap_area *vmap_area_find(unsigned long addr)
{
	struct vmap_area *area;

	spin_lock(&vmap_area_lock);
	area = first_area(addr);
	if (area && (vmap_area_addr(area) != addr || area->flags & VM_LAZY))
		area = NULL;
	spin_unlock(&vmap_area_lock);
	return area;
}

/* Does the work of vmap_area_claim(). The lock is held. */
static inline struct vmap_area *claim(unsigned long addr, unsigned int flags)
{
	struct vmap_area *area = first_area(addr);

	if (unlikely(!area || vmap_area_addr(area) != addr || area->flags != flags))
		return NULL;
	area->flags = flags | VM_LAZY;
	return area;
}

struct vmap_area *vmap_area_claim(unsigned long addr, unsigned int flags)
{
	struct vmap_area *area;

	spin_lock(&vmap_area_lock);
	area = claim(addr, flags);
	spin_unlock(&vmap_area_lock);
	return area;
}

unsigned long vmap_area_largest_gap(void)
{
	unsigned long gap;

	spin_lock(&vmap_area_lock);
	gap = range_tree_largest_gap(&tree);
	spin_unlock(&vmap_area_lock);
	return gap;
}

/* --- freeing a range -------------------------------------------------------------------------- */

void vmap_area_put(struct vmap_area *area)
{
	u32 frames = area->frames;

	spin_lock(&vmap_area_lock);
	range_tree_remove(&tree, &area->node);
	spin_unlock(&vmap_area_lock);
	kmem_cache_free(area_cache, area);
	free_page_chain(frames);
}

/*
 * Adds a range to the retired ones. The lock is held. The guard page was never mapped, so the
 * flush need not cover it.
 */
static void add_lazy(struct vmap_area *area)
{
	area->retired = ++lazy.nr_retired;
	area->next = lazy.newest;
	if (!lazy.newest || area->node.start < lazy.start)
		lazy.start = area->node.start;
	if (!lazy.newest || area->node.end - PAGE_SIZE > lazy.end)
		lazy.end = area->node.end - PAGE_SIZE;
	lazy.newest = area;
	lazy.pages += vmap_area_pages(area) + 1;
	if (area->flags & VM_ALLOC)
		lazy.frames += vmap_area_pages(area);
}

/*
 * Removes the retired ranges up to a number from the list and from the tree. The lock is held. A
 * sweep is cheaper if they are a good part of all ranges.
 */
static struct vmap_area *take_lazy(u32 up_to)
{
	struct vmap_area **link = &lazy.newest, *taken;
	u32 nr = up_to - lazy.nr_purged;
	bool sweep = nr > tree.count / 4;

	/* A purge on another CPU may have taken these ranges. Numbers wrap around. */
	if ((s32)nr <= 0)
		return NULL;
	lazy.nr_purged = up_to;
	while ((s32)((*link)->retired - up_to) > 0)
		link = &(*link)->next;
	taken = *link;
	*link = NULL;
	for (struct vmap_area *area = taken; area; area = area->next) {
		lazy.pages -= vmap_area_pages(area) + 1;
		if (area->flags & VM_ALLOC)
			lazy.frames -= vmap_area_pages(area);
		if (sweep)
			range_tree_mark(&area->node);
		else
			range_tree_remove(&tree, &area->node);
	}
	if (sweep)
		range_tree_sweep(&tree);
	return taken;
}

/* Makes these descriptors, which are in no tree, the spare ones, and frees the old spares. */
static void replace_spares(struct vmap_area *areas)
{
	struct vmap_area *old, *next;

	spin_lock(&vmap_area_lock);
	old = spares;
	spares = areas;
	spin_unlock(&vmap_area_lock);
	for (; old; old = next) {
		next = old->next;
		kmem_cache_free(area_cache, old);
	}
}

static void purge_lazy(void)
{
	unsigned long start, end;
	struct vmap_area *areas;
	u32 up_to;

	spin_lock(&vmap_area_lock);
	areas = lazy.newest;
	up_to = lazy.nr_retired;
	start = lazy.start;
	end = lazy.end;
	spin_unlock(&vmap_area_lock);
	if (!areas)
		return;
	flush_tlb_kernel_range(start, end, TLB_UNMAP);
	spin_lock(&vmap_area_lock);
	areas = take_lazy(up_to);
	spin_unlock(&vmap_area_lock);
	for (const struct vmap_area *area = areas; area; area = area->next)
		if (area->flags & VM_ALLOC)
			free_page_chain(area->frames);
	replace_spares(areas);
}

bool vmap_area_retire(unsigned long addr, unsigned int flags)
{
	struct vmap_area *area;
	bool enough;

	spin_lock(&vmap_area_lock);
	area = claim(addr, flags);
	if (likely(area)) {
		clear_range(addr, vmap_area_pages(area));
		add_lazy(area);
	}
	enough = lazy.pages > lazy_max;
	spin_unlock(&vmap_area_lock);
	if (unlikely(enough || DEBUG))
		purge_lazy();
	return area;
}

void vm_unmap_aliases(void)
{
	purge_lazy();
	/* The caller may need the memory of the spare descriptors. */
	replace_spares(NULL);
}

unsigned long vm_lazy_pages(void)
{
	return READ_ONCE(lazy.frames);
}

/* --- the report ------------------------------------------------------------------------------- */

static const char *purpose(unsigned int flags)
{
	if (flags & VM_ALLOC)
		return "vmalloc";
	return flags & VM_MAP ? "vmap" : "ioremap";
}

static void show(const struct vmap_area *area, printf_fn *out)
{
	unsigned long start = area->node.start, end = area->node.end;
	char caller[SYMBOL_TEXT];

	out("0x%08lx-0x%08lx %8lu %s", start, end, end - start,
	    symbol_format(area->caller, caller));
	if (area->flags & VM_IOREMAP)
		out(" phys=0x%08llx", area->phys);
	else
		out(" pages=%lu", vmap_area_pages(area));
	out(" %s%s\n", purpose(area->flags), area->flags & VM_LAZY ? " unpurged" : "");
}

/* Copies the range that holds @addr or follows it, so that it is printed without the lock. */
static bool copy_next(unsigned long addr, struct vmap_area *copy)
{
	const struct vmap_area *area;

	spin_lock(&vmap_area_lock);
	area = first_area(addr);
	if (area)
		*copy = *area;
	spin_unlock(&vmap_area_lock);
	return area;
}

void vmap_area_describe(unsigned long addr, printf_fn *out)
{
	char caller[SYMBOL_TEXT];
	struct vmap_area area;

	if (copy_next(addr, &area) && addr >= area.node.start)
		out("%s range of %lu pages for %s%s", purpose(area.flags), vmap_area_pages(&area),
		    symbol_format(area.caller, caller), area.flags & VM_LAZY ? ", given up" : "");
}

void vmallocinfo_show(printf_fn *out)
{
	struct vmap_area area;

	for (unsigned long addr = tree.start; copy_next(addr, &area); addr = area.node.end)
		show(&area, out);
}

PROC_FILE("vmallocinfo", vmallocinfo_show, .mode = 0400);

static int vmallocinfo(int argc, char **argv)
{
	vmallocinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("vmallocinfo", "", "ranges of the vmalloc area", vmallocinfo,
	       .example = "vmalloc 64K; vmallocinfo");

static void area_values(struct json *json, const struct vmap_area *area)
{
	char caller[SYMBOL_TEXT];

	json_object(json, NULL);
	json_number(json, "start", area->node.start);
	json_number(json, "end", area->node.end);
	json_string(json, "purpose", purpose(area->flags));
	json_number(json, "pages", vmap_area_pages(area));
	if (area->flags & VM_IOREMAP)
		json_number(json, "phys", area->phys);
	json_string(json, "caller", symbol_format(area->caller, caller));
	json_bool(json, "unpurged", area->flags & VM_LAZY);
	json_object_end(json);
}

static void vmalloc_section(struct json *json)
{
	struct vmap_area area;

	json_number(json, "start", tree.start);
	json_number(json, "end", tree.end);
	json_number(json, "largest_gap", vmap_area_largest_gap());
	json_number(json, "unpurged_pages", vm_lazy_pages());
	json_array(json, "ranges");
	for (unsigned long addr = tree.start; copy_next(addr, &area); addr = area.node.end)
		area_values(json, &area);
	json_array_end(json);
}
REPORT_SECTION(430, "vmalloc", vmalloc_section);
