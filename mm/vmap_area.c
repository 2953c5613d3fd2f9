/* SPDX-License-Identifier: MIT */
#include <asm/page.h>
#include <asm/tlbflush.h>
#include <kernel/console.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <kernel/symbols.h>
#include <lib/command.h>
#include <mm/map_range.h>
#include <mm/page_alloc.h>
#include <mm/slab.h>
#include <mm/vmap_area.h>

/*
 * All ranges are in one tree (vmap_area_tree.c). Behind each one page stays unmapped, so that a run over its
 * end faults; the tree takes it for a part of the range.
 *
 * Taking a range away is dear because of one thing: each CPU has to be interrupted, and waited for, to
 * forget the translations. One such round can serve many ranges. So a range that nobody wants any more is
 * *retired*: it stays in the tree, and with it stay its frames, until the debt is worth a round:
 *
 *	in use ──retire──▶ PTEs clear, waits, newest first ──purge──▶ free
 *	                   #7 ─▶ #6 ─▶ #5 ─▶ ...
 *
 * A purge notes the number of the newest, has all CPUs flush, and then frees whatever has no higher
 * number. So two purges may run at once: each has flushed what it frees, whoever comes first frees it, and
 * when vm_unmap_aliases() returns no TLB knows of anything that was retired before, and its addresses are free.
 *
 * Invariant: no TLB has a translation of an address that vmap_area_get() may hand out, or to a frame that
 * vmalloc() had and that is free. The range itself is another matter: who still uses it is wrong, and
 * finds the old page until the purge. DEBUG=1 purges at once, so that the wrong ones fault.
 *
 * Descriptors go round: those of a purge serve the next ranges, without the way through the slab
 * allocator. The next purge frees what is left of them, so there are hardly more than one purge brings.
 * vm_unmap_aliases() keeps none: who asks for it may need the memory.
 *
 * Price: addresses and frames wait, and the page allocator does not know that it could have the frames; so
 * there is a limit to both, LAZY_MAX.
 */

/*
 * Guards the tree, the list of what is retired, its sums, and the spare descriptors. Never taken with
 * interrupts off, or in interrupts, so a purge that removes some hundred ranges delays none, nor does it
 * that the PTEs of a range are cleared with it held. Nothing is taken inside.
 */
static spinlock_t vmap_area_lock;

static struct vmap_area_tree tree;
static struct kmem_cache *area_cache __ro_after_init;

/* Descriptors without a range, linked by next. */
static struct vmap_area *spares;

/* What is retired, newest first, and how much that is. */
static struct {
	struct vmap_area *newest;
	u32 nr_retired;           /* so far, in all */
	unsigned long start, end; /* what a flush has to reach */
	unsigned long pages;      /* of addresses, with guards */
	unsigned long frames;     /* that vmalloc() gave back */
} lazy;

/*
 * So many pages of addresses wait at most: of small ranges 256, among which the cost of a round is no
 * longer to be seen, and 2 MiB of a vmalloc range that has at least 16. The frames behind them are no more
 * than a 64th of the memory.
 */
#define LAZY_MAX 512ul
static unsigned long lazy_max __ro_after_init;

void vmap_area_init(unsigned long start, unsigned long end)
{
	area_cache = kmem_cache_create("vmap_area", sizeof(struct vmap_area), 0, SLAB_PANIC, NULL);
	vmap_area_tree_init(&tree, start, end);
	lazy_max = min(LAZY_MAX, nr_managed_pages() / 64);
}

static struct vmap_area *area_of(struct vmap_area_node *node)
{
	return node ? container_of(node, struct vmap_area, node) : NULL;
}

/* --- taking a range ------------------------------------------------------------------------------- */

/* Has one more to spare, or returns false. The lock is held, but not while memory is asked for. */
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

/* The lock is held. Where there is no hole the descriptor stays to spare. */
static inline struct vmap_area *use_spare(unsigned long size, unsigned int flags,
					  unsigned long caller)
{
	struct vmap_area *area = spares;

	if (unlikely(!vmap_area_tree_insert(&tree, &area->node, size)))
		return NULL;
	spares = area->next;
	area->flags = flags;
	area->frames = PFN_NONE;
	area->caller = caller;
	return area;
}

/* NULL if there is no hole, or no descriptor. */
static inline struct vmap_area *take_hole(unsigned long size, unsigned int flags,
					  unsigned long caller)
{
	struct vmap_area *area = NULL;

	spin_lock(&vmap_area_lock);
	if (likely(spares || make_spare()))
		area = use_spare(size, flags, caller);
	spin_unlock(&vmap_area_lock);
	return area;
}

/* Unless it was for want of a descriptor: that the page allocator has told. */
static void report_failure(unsigned long size, unsigned long caller)
{
	unsigned long range = tree.end - tree.start, largest = vmap_area_largest_hole();
	char name[SYMBOL_TEXT];

	if (largest >= size)
		return;
	pr_warn("vmalloc: no hole of %lu KiB for %s: the largest has %lu KiB; vmalloc=%luM would "
		"give more\n",
		size >> 10, symbol_format(caller, name), largest >> 10,
		(range >> 20) + (size >> 20) + 1);
}

static noinline struct vmap_area *purge_and_take(unsigned long size, unsigned int flags,
						 unsigned long caller)
{
	struct vmap_area *area;

	vm_unmap_aliases();
	area = take_hole(size, flags, caller);
	if (!area)
		report_failure(size, caller);
	return area;
}

struct vmap_area *vmap_area_get(unsigned long size, unsigned int flags, unsigned long caller)
{
	struct vmap_area *area;

	if (size == 0 || size > tree.end - tree.start - PAGE_SIZE)
		return NULL;
	area = take_hole(size + PAGE_SIZE, flags, caller);
	return likely(area) ? area : purge_and_take(size + PAGE_SIZE, flags, caller);
}

/* --- finding one ---------------------------------------------------------------------------------- */

/* With the lock held. */
static struct vmap_area *begins_at(unsigned long addr)
{
	struct vmap_area *area = area_of(vmap_area_tree_find(&tree, addr));

	return area && vmap_area_addr(area) == addr && !(area->flags & VM_LAZY) ? area : NULL;
}

struct vmap_area *vmap_area_find(unsigned long addr)
{
	struct vmap_area *area;

	spin_lock(&vmap_area_lock);
	area = begins_at(addr);
	spin_unlock(&vmap_area_lock);
	return area;
}

/* With the lock held. */
static inline struct vmap_area *claim(unsigned long addr, unsigned int flags)
{
	struct vmap_area *area = area_of(vmap_area_tree_find(&tree, addr));

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

unsigned long vmap_area_largest_hole(void)
{
	unsigned long hole;

	spin_lock(&vmap_area_lock);
	hole = vmap_area_tree_largest_hole(&tree);
	spin_unlock(&vmap_area_lock);
	return hole;
}

/* --- giving it back ------------------------------------------------------------------------------- */

void vmap_area_put(struct vmap_area *area)
{
	u32 frames = area->frames;

	spin_lock(&vmap_area_lock);
	vmap_area_tree_remove(&tree, &area->node);
	spin_unlock(&vmap_area_lock);
	kmem_cache_free(area_cache, area);
	free_page_chain(frames);
}

static unsigned long nr_frames(const struct vmap_area *area)
{
	return area->flags & VM_ALLOC ? vmap_area_pages(area) : 0;
}

/* The lock is held. The guard has no translation: no flush need reach it. */
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
	lazy.frames += nr_frames(area);
}

/* The lock is held. Where a good part of the tree goes it is cheaper to build it anew. */
static void remove_all(struct vmap_area *area, unsigned long nr)
{
	bool sweep = nr > tree.count / 4;

	for (; area; area = area->next) {
		if (sweep)
			vmap_area_tree_mark(&area->node);
		else
			vmap_area_tree_remove(&tree, &area->node);
	}
	if (sweep)
		vmap_area_tree_sweep(&tree);
}

/* Takes what was retired up to a number off the list and out of the tree. The lock is held. */
static struct vmap_area *take_lazy(u32 up_to)
{
	struct vmap_area **link = &lazy.newest, *taken;
	unsigned long nr = 0;

	while (*link && (s32)((*link)->retired - up_to) > 0)
		link = &(*link)->next;
	taken = *link;
	*link = NULL;
	for (struct vmap_area *area = taken; area; area = area->next) {
		lazy.pages -= vmap_area_pages(area) + 1;
		lazy.frames -= nr_frames(area);
		nr++;
	}
	remove_all(taken, nr);
	return taken;
}

/* Frees the spare descriptors that are left; these, which are in no tree any more, take their place. */
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
	replace_spares(NULL);
}

unsigned long vm_lazy_pages(void)
{
	return READ_ONCE(lazy.frames);
}

/* --- the report ----------------------------------------------------------------------------------- */

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

/* A copy of the lowest range that ends above an address: the lock is not held while one is printed. */
static bool copy_next(unsigned long addr, struct vmap_area *copy)
{
	const struct vmap_area *area;

	spin_lock(&vmap_area_lock);
	area = area_of(vmap_area_tree_find(&tree, addr));
	if (area)
		*copy = *area;
	spin_unlock(&vmap_area_lock);
	return area;
}

void vmallocinfo_show(printf_fn *out)
{
	struct vmap_area area;

	for (unsigned long addr = tree.start; copy_next(addr, &area); addr = area.node.end)
		show(&area, out);
}

static int vmallocinfo(int argc, char **argv)
{
	vmallocinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("vmallocinfo", "", "ranges of the vmalloc area", vmallocinfo);
